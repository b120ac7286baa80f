"""How many queries the pages take, whatever the rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kosenai_ops import staff_access
from privacy.catalogue import case_kinds
from privacy.models import State
from tests import factories as f
from tests.admin.pages import pages, row_of_everything

pytestmark = pytest.mark.django_db
MOST = 12


@pytest.fixture
def count(client, monkeypatch):
    """Call it with an address, and what is posted there: how many queries that takes, and what came back."""
    monkeypatch.setattr(staff_access, "SECONDS_BETWEEN_WRITES", 3_600)  # that somebody is here is written once a minute
    client.force_login(f.StaffFactory(role="manager", is_superuser=True))

    def queries_of(url: str, posted: dict | None = None):
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                answer = client.post(url, posted) if posted else client.get(url)
            if len(queries) <= MOST:
                break  # what is looked up once a process is there the second time: only then are they too many
        return len(queries), answer

    return queries_of


def test_every_page_takes_a_dozen_queries_at_most(count):
    row_of_everything()
    f.CaseFactory.create_batch(3, state="answering")
    taken = {page.url: count(page.url)[0] for page in pages()}
    assert {url: number for url, number in taken.items() if number > MOST} == {}


def test_of_a_person_with_everything_too_and_of_many(count):
    """Asking about them, deciding about them, and their own page."""
    person, other = f.person_with_everything(), f.person_with_everything()
    f.DataSubjectFactory(merged_into=person)
    waiting = [f.CaseFactory(subject=one, kind="erasure", state=State.DECIDING) for one in (person, other)]
    people, queue = (reverse(f"admin:privacy_{model}_changelist") for model in ("datasubject", "rightsrequest"))
    both, ids = {"_selected_action": [person.pk, other.pk]}, {"_selected_action": [case.pk for case in waiting]}
    asked = [
        (reverse("admin:privacy_datasubject_change", args=[person.pk]), None),
        (reverse("admin:privacy_rightsrequest_change", args=[waiting[0].pk]), None),
        (reverse("admin:privacy_rightsrequest_approve", args=[waiting[0].pk]), None),
        *((f"{queue}?queue=all", {"action": action} | ids) for action in ("approve", "deny")),
        *((reverse("admin:privacy_datasubject_act_on", args=[person.pk, key]), None) for key in case_kinds),
        *((people, {"action": key} | both) for key, kind in case_kinds.items() if not kind.alone),
    ]
    taken = [(url, (posted or {}).get("action"), *count(url, posted)) for url, posted in asked]
    assert {answer.status_code for *_, answer in taken} == {200}
    assert [told for *told, number, _ in taken if number > MOST] == []
