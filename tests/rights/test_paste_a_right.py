"""A developer adds a right by pasting one module: no other file changes. Here the README's own lines run."""

import re
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.checks import run_checks
from django.urls import reverse

from privacy import roles
from privacy.admin.requests import steps
from privacy.catalogue import case_kinds, job_kinds
from privacy.evidence import chains
from privacy.jobs.handlers import local_handlers
from privacy.models import AuditEntry, Case, Job, Receipt
from tests import factories as f
from tests import working

MODULE = (settings.BASE_DIR / "tests/rights/naming_of_recipients.txt").read_text()
KEY = "recipients"


@pytest.fixture
def pasted(db, monkeypatch):
    for registry in (case_kinds, job_kinds, local_handlers):
        for key in {*registry}:
            monkeypatch.setitem(registry, key, registry[key])
    before = [{*registry} for registry in (case_kinds, job_kinds, local_handlers)]
    steps.labels.cache_clear()
    exec(compile(MODULE, "recipients.py", "exec"), {"__name__": "privacy.rights.recipients"})
    roles.sync_groups("default")
    yield case_kinds[KEY]
    for registry, keys in zip((case_kinds, job_kinds, local_handlers), before, strict=True):
        for key in {*registry} - keys:
            del registry[key]
    steps.labels.cache_clear()


@pytest.fixture
def agent(client, pasted):
    client.force_login(f.StaffFactory(role="agent"))
    return client


def texts(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_readme_shows_these_lines():
    assert f"```python\n{MODULE}```" in (settings.BASE_DIR / "README.md").read_text()


def test_it_passes_the_checks_and_its_permission_is_given_to_its_roles(pasted):
    assert not run_checks()
    groups = set(Permission.objects.get(codename="name_recipients").group_set.values_list("name", flat=True))
    assert groups == {"agent", "approver", "manager"}


def test_it_appears_in_the_admin_runs_and_is_told_in_the_receipt(agent):
    person = f.DataSubjectFactory(full_name="Amara Okafor", country="DE")
    f.IdentifierFactory(subject=person, kind="clerk_id", value="user_amara")
    page = reverse("admin:privacy_datasubject_change", args=[person.id])
    assert "Name recipients" in texts(agent.get(page))
    form = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.id, KEY]))
    assert "Which data do they ask about" in texts(form) and "A worker writes down" in texts(form)
    given = {"subjects": str(person.id), "token": str(uuid4()), "reason": "Asked for by letter", "data": "",
             "verification": "email_round_trip", "reply_to": "amara@example.org"}  # fmt: skip
    refused = agent.post(reverse("admin:privacy_datasubject_act", args=[KEY]), given)
    assert "Say which data." in texts(refused)
    asked = agent.post(reverse("admin:privacy_datasubject_act", args=[KEY]), given | {"data": "All scripts of Amara"})
    case = Case.objects.get()
    assert asked.url == reverse("admin:privacy_rightsrequest_change", args=[case.id])
    assert case.due_on and "Amara" not in case.sealed
    working.run_all()
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("answering", "fulfilled")
    shown = texts(agent.get(asked.url))
    assert "Naming of recipients" in shown and "Write down who has got it" in shown and "amara@example.org" in shown
    assert "Naming of recipients" in texts(
        agent.get(reverse("admin:privacy_rightsrequest_changelist") + f"?kind__exact={KEY}")
    )
    receipt = texts(agent.get(reverse("admin:privacy_rightsrequest_receipt", args=[case.id])))
    assert "Receipt: naming of recipients" in receipt and "Clerk" in receipt
    assert "Amara" not in str(list(Receipt.objects.values())) + str(list(AuditEntry.objects.values()))
    agent.post(reverse("admin:privacy_rightsrequest_answer", args=[case.id]), {"how": "email"})
    case.refresh_from_db()
    assert (case.state, case.sealed) == ("closed", "")
    assert not chains.walk().faults


def test_another_wish_is_another_work_and_the_same_wish_the_same(pasted):
    from privacy.cases.requests import ask

    person, actor = f.DataSubjectFactory(), f.StaffFactory()
    asked = {"subject_ids": [person.id], "actor": actor, "reason": "A letter", "verification": "signed_in"}
    for data in ("Scripts", "Scripts", "Invoices"):
        ask(KEY, **asked, data=data)
    assert Job.objects.count() == 2
    assert Case.objects.exclude(joined=None).count() == 1


def test_who_may_not_cannot(client, pasted):
    client.force_login(f.StaffFactory(role="auditor"))
    person = f.DataSubjectFactory()
    assert client.get(reverse("admin:privacy_datasubject_act_on", args=[person.id, KEY])).status_code == 403
    assert not Case.objects.exists()
