"""Plan, progress, receipt and package count the same things, and say nothing that is not so."""

import json
import re
from zipfile import ZipFile

import pytest
from django.db.models import Q
from django.urls import reverse

from privacy.cases import processors
from privacy.cases.requests import ask, grant, grant_all
from privacy.jobs import run as engine
from privacy.models import AccessPackage, Batch, LegalHold, Step, Upload
from privacy.selectors import plans
from tests import working
from tests.factories import InvoiceFactory, ScriptCoAuthorFactory, ScriptFactory, StaffFactory, person_with_everything

ASKED = {"reason": "Asked for by mail", "verification": "signed_in"}


def erased(person):
    approver = StaffFactory()
    [request] = ask("erasure", subject_ids=[person.id], actor=StaffFactory(), **ASKED)
    grant(request_id=request.id, actor=approver)
    working.run(request.id)
    for step in request.steps.filter(state="waiting"):
        processors.attest(step_id=step.id, actor=approver, evidence="TICKET-7")
    working.run(request.id)
    request.refresh_from_db()
    return request


@pytest.mark.django_db
def test_kept_counts_only_rows_in_which_something_is_left():
    request = erased(person_with_everything())
    kept = request.receipt.body["kept"]
    assert "privacy.Step" not in kept
    assert kept["privacy.LegalHold"] == LegalHold.objects.filter(subject=request.subject_id).count()
    assert kept["billing.Invoice"] == 1
    assert kept.keys() == request.receipt.body["kept_because"].keys()


@pytest.mark.django_db
def test_progress_counts_what_is_erased_and_not_what_is_kept():
    person = person_with_everything()
    counted = plans.row_counts([person.id])[person.id]
    gone = sum(n for actions in counted.values() for action, n in actions.items() if action != "keep")
    assert any("keep" in actions for actions in counted.values())
    step = erased(person).steps.get(name="erasure.rows")
    assert step.units_planned == step.units_done == gone


@pytest.mark.django_db
def test_a_receipt_made_by_the_hundred_keeps_the_same():
    one, *many = [person_with_everything() for _ in range(4)]
    Upload.objects.all().delete()  # a set that deletes files goes in more than one transaction
    AccessPackage.objects.all().delete()
    single = erased(one)
    asks, approves = StaffFactory(), StaffFactory()
    batch = Batch.objects.create(kind="erasure", actor=asks)
    opened = ask("erasure", subject_ids=[p.id for p in many], actor=asks, batch=batch, **ASKED)
    grant_all(request_ids=[request.id for request in opened], actor=approves)
    as_a_set = Q(case__batch=batch)
    assert engine.run(as_a_set) and not engine.run(as_a_set)
    for step in Step.objects.filter(job__case__batch=batch, state="waiting"):
        processors.attest(step_id=step.id, actor=approves, evidence="TICKET-7")
    assert engine.run(as_a_set) and not engine.run(as_a_set)
    assert [r.receipt.body["kept"] for r in batch.cases.all()] == [single.receipt.body["kept"]] * 3


@pytest.mark.django_db(transaction=True)
def test_plan_step_manifest_and_page_give_one_number():
    person = person_with_everything()
    ScriptCoAuthorFactory(subject=person, script=ScriptFactory())  # read by the person, and not their own
    planned = plans.access_plan([person.id])
    [request] = ask("access", subject_ids=[person.id], actor=StaffFactory(), **ASKED)
    assert request.steps.get(name="access.package").units_planned == planned.rows
    working.run(request.id)
    package = request.package
    with ZipFile(package.file.path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        page = archive.read("index.html").decode()
    assert {line.label: line.rows for line in planned.lines} == {k: n for k, n in manifest["counts"].items() if n}
    told = int(re.search(r"<strong>(\d+)</strong><span>record", page)[1])
    assert {
        planned.rows,
        request.steps.get(name="access.package").units_done,
        package.rows,
        manifest["rows"],
        told,
    } == {planned.rows}
    assert planned.files == package.files == manifest["files"]


@pytest.mark.django_db
def test_the_receipt_promises_nothing_that_nobody_does(client):
    client.force_login(StaffFactory(is_superuser=True))
    request = erased(person_with_everything())
    page = client.get(reverse("admin:privacy_rightsrequest_receipt", args=[request.id])).content.decode()
    assert "replayed" not in page
    assert "Whoever restores a backup has to erase again" in page
    assert "It keeps backups until" in page


@pytest.mark.django_db
def test_a_row_is_kept_only_while_a_kept_field_says_something():
    invoice = InvoiceFactory()
    person = invoice.customer.subject
    assert plans.row_counts([person.id])[person.id]["billing.Invoice"] == {"keep": 1}
