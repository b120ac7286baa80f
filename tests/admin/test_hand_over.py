"""A batch of packages is handed over by one click: links in the one answer, as a list and as CSV, and nowhere else."""

import base64
import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import roles
from privacy.cases.packages import give_links
from privacy.cases.requests import ask_as_batch
from privacy.catalogue import NotAllowed
from privacy.evidence.chains import faults_of_chain
from privacy.jobs.claim import park
from privacy.models import AccessPackage, AuditEntry, Case, State
from privacy.selectors.packages import by_token
from tests import factories as f
from tests import working
from tests.admin.clients import REASON, signed_in, texts

pytestmark = pytest.mark.django_db


def exported(number: int, staff, parked: int = 0, **given) -> list[Case]:
    people = [f.DataSubjectFactory(full_name=f"=cmd|{n} Verrault") for n in range(number)]
    for n, person in enumerate(people):
        f.IdentifierFactory(subject=person, value=f"ottilie{n}@example.com")
    cases = ask_as_batch(
        "access", subject_ids=[p.pk for p in people], actor=staff, reason=REASON, verification="signed_in", **given
    )
    for case in cases[parked:]:
        working.run(case.pk)
    for case in cases[:parked]:
        with transaction.atomic():
            park(case.job, "No space left on device")
    return cases


def batch_url(cases, name: str = "change") -> str:
    return reverse(f"admin:privacy_batch_{name}", args=[cases[0].batch_id])


def table_in(page) -> list[dict[str, str]]:
    _, _, content = page.context["csv"].partition(";base64,")
    return list(csv.DictReader(io.StringIO(base64.b64decode(content).decode("utf-8-sig"))))


def tokens_in(table) -> list[str]:
    return [line["Link"].rstrip("/").rpartition("/")[2] for line in table]


def test_all_are_answered_and_each_link_is_of_its_person(agent):
    cases = exported(3, agent.staff, reply_to="Unter den Linden 1")
    assert "Hand over all 3" in agent.get(batch_url(cases)).text
    page = agent.post(batch_url(cases, "links"))
    table = table_in(page)
    for line, token in zip(table, tokens_in(table), strict=True):
        case = by_token(token).request
        assert (line["Short id"], line["Request"]) == (str(case.subject_id)[:8], str(case))
        assert line["Name"] == f"'{case.subject.full_name}"  # no spreadsheet runs it
        assert line["Masked address"].startswith("o••••@") and line["Where to answer"] == "Unter den Linden 1"
        assert f'value="{line["Link"]}"' in page.text
        assert (case.state, case.answered_how, case.sealed) == (State.CLOSED, "link", "")
        told = AuditEntry.objects.filter(chain=case.pk, event="package.link_issued", actor=agent.staff)
        assert told.count() == 1 and faults_of_chain(case.pk) == []
    assert {line["Request"] for line in table} == {str(case) for case in cases}
    assert page["Cache-Control"].startswith("max-age=0") and "no-store" in page["Cache-Control"]


def test_no_link_is_kept(agent):
    cases = exported(2, agent.staff)
    tokens = tokens_in(table_in(agent.post(batch_url(cases, "links"))))
    rows = [*AccessPackage.objects.values_list(), *AuditEntry.objects.values_list(), *Case.objects.values_list()]
    assert [token for token in tokens if token in str(rows)] == []


def test_a_second_click_leaves_the_first_links_good(agent):
    cases = exported(2, agent.staff)
    tokens = tokens_in(table_in(agent.post(batch_url(cases, "links"))))
    again = agent.post(batch_url(cases, "links"))
    assert again.status_code == 302 and "Nothing is ready" in texts(again)
    assert all(by_token(token) for token in tokens)


def test_what_is_not_ready_is_said_and_left_alone(agent):
    parked, gone, ready = cases = exported(3, agent.staff, parked=1)
    AccessPackage.objects.filter(request=gone).update(expires_at=datetime.now(UTC) - timedelta(days=1))
    page = agent.get(batch_url(cases)).text
    assert "Hand over the one that is ready" in page
    assert "1 is parked and needs a person" in page and "1 has no package to give" in page
    [line] = table_in(agent.post(batch_url(cases, "links")))
    assert line["Request"] == str(ready)
    assert set(Case.objects.exclude(state=State.CLOSED).values_list("pk", flat=True)) == {gone.pk, parked.pk}


def test_all_or_none(agent):
    cases = exported(2, agent.staff)
    AccessPackage.objects.filter(request=cases[0]).update(expires_at=datetime.now(UTC) - timedelta(days=1))
    with pytest.raises(NotAllowed, match="expired"):
        give_links(request_ids=[case.pk for case in cases], actor=agent.staff)
    assert not AccessPackage.objects.exclude(token_sha256="").exists()
    assert not Case.objects.filter(state=State.CLOSED).exists()


def test_many_take_the_queries_of_two(agent):
    numbers = []
    for number in (2, 9):
        cases = exported(number, agent.staff)
        agent.get(batch_url(cases))
        with CaptureQueriesContext(connection) as caught:
            agent.post(batch_url(cases, "links"))
        numbers.append(len(caught))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("role", [roles.AUDITOR, roles.DEVELOPER])
def test_who_answers_nobody_hands_over_nothing(agent, role):
    cases, other = exported(1, agent.staff), signed_in(role)
    assert "Hand over" not in other.get(batch_url(cases)).text
    assert other.post(batch_url(cases, "links")).status_code == 403
    with pytest.raises(PermissionDenied):
        give_links(request_ids=[cases[0].pk], actor=other.staff)
    assert not Case.objects.filter(state=State.CLOSED).exists()


def test_a_batch_of_erasures_has_nothing_to_hand_over(agent):
    cases = ask_as_batch(
        "erasure", subject_ids=[f.DataSubjectFactory().pk], actor=agent.staff, reason=REASON, verification="signed_in"
    )
    assert "Hand over" not in agent.get(batch_url(cases)).text
