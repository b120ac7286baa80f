"""The days of grace before an erasure, and what an open request shields."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from privacy import regimes
from privacy.cases import requests
from privacy.cases.requests import ask, grant
from privacy.evidence import chains
from privacy.fulfilment.importing import content
from privacy.models import Case, DataSubject, Identifier, Limit, Note, State
from privacy.selectors import cases
from tests import factories as f
from tests import working

pytestmark = pytest.mark.django_db
WHY = {"reason": "Asked by mail", "verification": "signed_in"}


@pytest.fixture(autouse=True)
def _three_days(settings):
    settings.GRACE_DAYS = 3


@pytest.fixture
def agent(db):
    return f.StaffFactory(role="agent")


@pytest.fixture
def approver(db):
    return f.StaffFactory(role="approver")


@pytest.fixture
def person(db):
    found = f.DataSubjectFactory(country="DE")
    f.IdentifierFactory(subject=found, kind="email", value="ada@example.com")
    return found


def approved(person, agent, approver, **given) -> Case:
    [case] = ask("erasure", subject_ids=[person.id], actor=agent, **WHY | given)
    return grant(request_id=case.id, actor=approver)


def waits_for(case: Case) -> str:
    return cases.waits_for(cases.with_work(Case.objects.filter(pk=case.pk)).get())


def limited(person) -> bool:
    return Limit.objects.filter(subject=person, ground="grace", lifted_at=None).exists()


def erased(person) -> bool:
    return DataSubject.objects.get(pk=person.pk).erased_at is not None


class TestGrace:
    def test_nothing_is_erased_for_three_days_and_the_person_is_limited_meanwhile(self, person, agent, approver):
        case = approved(person, agent, approver)
        job = case.job
        assert timedelta(days=2.9) < job.not_before - datetime.now(UTC) <= timedelta(days=3)
        assert not working.is_due(case.id) and limited(person)
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            f.NoteFactory(author=person)
        assert chains.faults_of_chain(case.pk) == []

    def test_then_it_is(self, person, agent, approver):
        case = working.run_again(approved(person, agent, approver))
        assert erased(person) and case.state == State.ANSWERING
        assert not Identifier.objects.filter(subject=person).exists()

    def test_it_can_be_taken_back_and_everything_is_as_before(self, person, agent, approver):
        case = approved(person, agent, approver)
        requests.cancel(request_id=case.id, actor=agent)
        assert not limited(person) and f.NoteFactory(author=person).pk
        working.let_time_pass()
        working.run_all()
        assert not erased(person) and Case.objects.get(pk=case.pk).outcome == "withdrawn"

    def test_none_where_the_person_confirmed_twice_or_is_a_child(self, person, agent, approver):
        case = approved(person, agent, approver, verification="confirmed_twice")
        assert case.job.not_before is None and not limited(person)
        child = f.DataSubjectFactory()
        f.ChildFlagFactory(subject=child, state="child", decided_by=approver, decided_at=datetime.now(UTC))
        assert approved(child, agent, approver).job.not_before is None

    def test_never_past_the_day_to_aim_at(self, person, agent, approver):
        late = datetime.now(UTC) - timedelta(days=18)
        case = approved(person, agent, approver, received_at=late)
        target = case.clocks.get(kind="internal").planned_on
        assert regimes.day_of(case.job.not_before) <= target
        past = approved(f.DataSubjectFactory(country="DE"), agent, approver, received_at=late - timedelta(days=8))
        assert past.job.not_before is None

    def test_the_page_counts_down_and_offers_to_cancel(self, client, person, agent, approver):
        case = approved(person, agent, approver)
        client.force_login(agent)
        page = client.get(reverse("admin:privacy_rightsrequest_change", args=[case.pk])).content.decode()
        assert "It begins on" in page and "until then it can be cancelled" in page and "Cancel…" in page
        assert "In grace" in page and waits_for(case) == "its days of grace"


class TestShield:
    def test_an_erasure_asked_with_a_copy_waits_until_the_copy_was_answered(self, person, agent, approver):
        [copy] = ask("access", subject_ids=[person.id], actor=agent, **WHY)
        case = approved(person, agent, approver)
        assert case.after_id == copy.pk
        working.run_again(case)
        assert not erased(person) and waits_for(case) == "the copy that is owed"
        working.run(copy.id)
        working.run_again(case)
        assert not erased(person)  # it is built, and not yet given
        requests.answer(request_id=copy.id, actor=agent, how="email")
        working.run_again(case)
        assert erased(person)

    @pytest.mark.parametrize("kind", ["access", "restriction"])
    def test_a_file_changes_nothing_of_what_an_open_request_is_about(self, person, agent, kind):
        note = f.NoteFactory(author=person, body="As it was")
        [case] = ask(kind, subject_ids=[person.id], actor=agent, **WHY | {"verification": ""})
        note.body = "Changed by a file"
        [arrival] = content.take_in(rows=[note], actor=f.StaffFactory(role="manager"))
        assert "open request" in arrival.reason and Note.objects.get(pk=note.pk).body == "As it was"
        requests.set_aside(request_id=case.id, actor=f.StaffFactory(role="manager"), event="duplicate")
        content.take_in(rows=[note], actor=f.StaffFactory(role="manager"))
        assert Note.objects.get(pk=note.pk).body == "Changed by a file"
