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

MODULE = (settings.BASE_DIR / "tests/rights/name_rectification.txt").read_text()
KEY = "rectification"


@pytest.fixture
def pasted(db, monkeypatch):
    for registry in (case_kinds, job_kinds, local_handlers):
        for key in {*registry}:
            monkeypatch.setitem(registry, key, registry[key])
    before = [{*registry} for registry in (case_kinds, job_kinds, local_handlers)]
    steps.labels.cache_clear()
    exec(compile(MODULE, "rectification.py", "exec"), {"__name__": "privacy.rights.rectification"})
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
    groups = set(Permission.objects.get(codename="rectify_datasubject").group_set.values_list("name", flat=True))
    assert groups == {"agent", "approver", "manager"}


def test_it_appears_in_the_admin_runs_and_is_told_in_the_receipt(agent):
    person = f.DataSubjectFactory(full_name="Amara Okafr", country="DE")
    page = reverse("admin:privacy_datasubject_change", args=[person.id])
    assert "Rectify name" in texts(agent.get(page))
    form = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.id, KEY]))
    assert "The right name" in texts(form) and "A worker writes the name" in texts(form)
    given = {"subjects": str(person.id), "token": str(uuid4()), "reason": "Asked for by letter", "full_name": "",
             "verification": "email_round_trip", "reply_to": "amara@example.org"}  # fmt: skip
    refused = agent.post(reverse("admin:privacy_datasubject_act", args=[KEY]), given)
    assert "Enter the right name." in texts(refused)
    asked = agent.post(reverse("admin:privacy_datasubject_act", args=[KEY]), given | {"full_name": "Amara Okafor"})
    case = Case.objects.get()
    assert asked.url == reverse("admin:privacy_rightsrequest_change", args=[case.id])
    assert case.due_on and "Amara Okafor" not in case.sealed
    working.run_all()
    person.refresh_from_db()
    assert person.full_name == "Amara Okafor"
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("answering", "fulfilled")
    shown = texts(agent.get(asked.url))
    assert "Rectification" in shown and "Write the right name" in shown and "amara@example.org" in shown
    assert "Rectification" in texts(
        agent.get(reverse("admin:privacy_rightsrequest_changelist") + f"?kind__exact={KEY}")
    )
    receipt = texts(agent.get(reverse("admin:privacy_rightsrequest_receipt", args=[case.id])))
    assert "Receipt: rectification" in receipt and "names written: 1" in receipt
    assert "Amara" not in str(list(Receipt.objects.values())) + str(list(AuditEntry.objects.values()))
    agent.post(reverse("admin:privacy_rightsrequest_answer", args=[case.id]), {"how": "email"})
    case.refresh_from_db()
    assert (case.state, case.sealed) == ("closed", "")
    assert not chains.walk().faults


def test_another_name_is_another_work_and_the_same_name_the_same(pasted):
    from privacy.cases.requests import ask

    person, actor = f.DataSubjectFactory(), f.StaffFactory()
    asked = {"subject_ids": [person.id], "actor": actor, "reason": "A letter", "verification": "signed_in"}
    for name in ("Ada", "Ada", "Eva"):
        ask(KEY, **asked, full_name=name)
    assert Job.objects.count() == 2
    assert Case.objects.exclude(joined=None).count() == 1


def test_who_may_not_cannot(client, pasted):
    client.force_login(f.StaffFactory(role="auditor"))
    person = f.DataSubjectFactory()
    assert client.get(reverse("admin:privacy_datasubject_act_on", args=[person.id, KEY])).status_code == 403
    assert not Case.objects.exists()
