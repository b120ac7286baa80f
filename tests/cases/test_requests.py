"""The verbs on a case, from asking to the answer: what each makes of the case, its work and what is kept sealed."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from privacy import regimes
from privacy.cases import refusals, reopening, requests
from privacy.cases.packages import download, give_link
from privacy.cases.plans import PlanChanged
from privacy.cases.processors import attest
from privacy.cases.requests import ask, ask_as_batch, grant, grant_all, prove
from privacy.catalogue import NotAllowed
from privacy.catalogue.cases import duties
from privacy.evidence.events import Event
from privacy.models import AuditEntry, Batch, Case, Identifier, Job, Note, Outcome, Staff, State
from privacy.personal_data.cases import DUTIES
from privacy.selectors import cases as selected
from tests import factories as f
from tests import working
from tests.reckoning import deadline_for
from tests.trail import since_the_release
from tests.working import run_again as run

pytestmark = pytest.mark.django_db

WHY = "Asked for by letter"
LONG_AGO = date(2025, 3, 3)


@pytest.fixture
def person():
    return f.DataSubjectFactory(country="DE")


@pytest.fixture
def agent():
    return f.StaffFactory(role="agent")


@pytest.fixture
def approver():
    return f.StaffFactory(role="approver")


def asked(key, person, actor, **given) -> Case:
    [case] = ask(key, subject_ids=[person.id], actor=actor, **{"reason": WHY, "verification": "signed_in"} | given)
    return case


def events_of(case: Case) -> list[str]:
    return list(AuditEntry.objects.filter(chain=case.pk).order_by("n").values_list("event", flat=True))


def again(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def stands(case: Case) -> tuple[str, str]:
    case = again(case)
    return case.state, case.outcome


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_what_is_verified_later_waits_and_starts_as_it_is_proved(person, agent):
    case = asked("access", person, agent, verification="")
    assert stands(case) == (State.VERIFYING, "")
    assert case.job is None

    prove(request_id=case.id, actor=agent, verification="guardian")
    assert stands(case) == (State.FULFILLING, "")
    assert again(case).verification == "guardian"
    assert case.job.is_open
    assert [e for e in events_of(case) if e.startswith("case.")] == [Event.CASE_PROVED, Event.CASE_GRANTED]
    with pytest.raises(NotAllowed):
        prove(request_id=case.id, actor=agent, verification="signed_in")


def test_what_two_decide_still_waits_for_the_second_once_it_is_proved(person, agent, approver):
    case = asked("erasure", person, agent, verification="")
    with pytest.raises(NotAllowed), transaction.atomic():
        grant(request_id=case.id, actor=approver)
    prove(request_id=case.id, actor=agent, verification="signed_in")
    assert stands(case) == (State.DECIDING, "")
    assert case.job is None
    grant(request_id=case.id, actor=approver)
    assert stands(case) == (State.FULFILLING, "")


@pytest.mark.parametrize("way", ["", "controller", "a hunch"])
def test_a_way_that_proves_nothing_here_is_refused_in_words(person, agent, way):
    case = asked("access", person, agent, verification="")
    with pytest.raises(ValueError, match="who asks"):
        prove(request_id=case.id, actor=agent, verification=way)
    assert stands(case) == (State.VERIFYING, "")
    assert again(case).verification == ""
    if way:
        with pytest.raises(ValueError, match="who asks"):
            asked("access", person, agent, verification=way)


def test_who_is_not_proved_is_refused_and_told_or_the_case_expires(person, agent, approver):
    refused, left = (asked("erasure", person, agent, verification="") for _ in range(2))
    refusals.deny(request_id=refused.id, actor=approver, denial_reason="no_match")
    assert stands(refused) == (State.ANSWERING, Outcome.DENIED)
    assert again(refused).denial_reason == "no_match"
    requests.answer(request_id=refused.id, actor=agent, how="email")
    assert stands(refused) == (State.CLOSED, Outcome.DENIED)

    requests.set_aside(request_id=left.id, actor=approver, event="expired")
    assert stands(left) == (State.CLOSED, Outcome.EXPIRED)
    assert not Job.objects.exists()


@pytest.mark.parametrize("key", ["access", "erasure"])
def test_the_clock_runs_from_the_day_on_which_the_letter_arrived(person, agent, key):
    today = asked(key, person, agent)
    then = asked(key, person, agent, received_on=LONG_AGO)
    assert (then.regime, then.due_on) == ("gdpr", date(2025, 4, 3))
    assert regimes.day_of(then.received_at) == LONG_AGO
    assert again(then).due_on == then.due_on < today.due_on
    assert today.due_on == deadline_for(key, "DE", today.received_at)[1] > regimes.today()


def test_a_day_to_come_starts_no_clock_later_than_now(person, agent):
    case = asked("access", person, agent, received_on=regimes.today() + timedelta(days=9))
    assert abs(again(case).received_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_same_form_sent_twice_opens_nothing_twice(person, agent):
    token, other = uuid.uuid4(), f.DataSubjectFactory()
    assert asked("access", person, agent, token=token)
    given = {"actor": agent, "reason": WHY, "verification": "signed_in"}
    assert ask("access", subject_ids=[person.id], token=token, **given) == []
    assert ask_as_batch("access", subject_ids=[person.id], token=token, **given) == []
    assert not Batch.objects.exists()
    assert [c.subject_id for c in ask("access", subject_ids=[person.id, other.id], token=token, **given)] == [other.id]
    assert Case.objects.filter(subject=person).count() == Job.objects.filter(subject=person).count() == 1
    assert asked("access", person, agent, token=uuid.uuid4()).joined  # a form of its own is a case of its own


def test_a_person_about_whom_nothing_may_be_asked_is_left_out(person, agent):
    erased = f.DataSubjectFactory(erased_at=datetime.now(UTC), full_name="", country="")
    given = {"actor": agent, "reason": WHY, "verification": "signed_in"}
    assert [c.subject_id for c in ask("erasure", subject_ids=[erased.id, person.id], **given)] == [person.id]


def test_an_erasure_is_taken_in_and_approved_under_a_hold_and_then_stops(person, agent, approver):
    asked_for = {"subject_ids": [person.id], "actor": agent, "reason": "A court asks"}
    ask("hold_place", **asked_for)
    case = grant(request_id=asked("erasure", person, agent).id, actor=approver)
    assert stands(run(case)) == (State.FULFILLING, "")
    assert case.job.stopped_at and case.due_on
    assert selected.with_work(Case.objects.filter(pk=case.pk)).get().is_stopped
    person.refresh_from_db()
    assert person.erased_at is None


# --- Two cases about the same -----------------------------------------------------------------------------------------


@pytest.fixture
def pair(person, agent, approver):
    """Two erasures of the same person: the second has joined the work of the first."""
    first, second = (asked("erasure", person, agent) for _ in range(2))
    return grant(request_id=first.id, actor=approver), grant(request_id=second.id, actor=approver)


def test_a_second_case_joins_the_work_that_runs_and_is_answered_apart(pair, agent, person):
    first, second = pair
    assert second.joined == first.job == second.job
    assert Job.objects.filter(subject=person, kind="erasure").count() == 1
    assert events_of(second)[-1] == Event.CASE_JOINED and Event.CASE_JOINED not in events_of(first)

    run(first)
    assert stands(first) == stands(second) == (State.ANSWERING, Outcome.FULFILLED)
    assert again(second).receipt == again(first).receipt is not None

    requests.answer(request_id=first.id, actor=agent, how="email")
    assert stands(first) == (State.CLOSED, Outcome.FULFILLED)
    assert stands(second) == (State.ANSWERING, Outcome.FULFILLED)
    requests.answer(request_id=second.id, actor=agent, how="post")
    assert [again(case).answered_how for case in pair] == ["email", "post"]


def test_work_of_two_goes_on_for_the_second_when_the_first_is_withdrawn(pair, agent):
    first, second = pair
    requests.cancel(request_id=first.id, actor=agent)
    assert stands(first) == (State.CLOSED, Outcome.WITHDRAWN)
    assert stands(second) == (State.FULFILLING, "")
    run(second), run(again(second).job)
    assert stands(first) == (State.CLOSED, Outcome.WITHDRAWN)
    assert stands(second) == (State.ANSWERING, Outcome.FULFILLED)


def test_work_of_two_goes_on_for_the_second_when_the_first_is_withdrawn_in_a_workers_hands(pair, agent):
    first, second = pair
    assert working.claimed(first.id)
    requests.cancel(request_id=first.id, actor=agent)
    run(first)
    assert stands(first) == (State.CLOSED, Outcome.WITHDRAWN)
    assert stands(second)[1] != Outcome.WITHDRAWN
    run(again(second).job)
    assert stands(second) == (State.ANSWERING, Outcome.FULFILLED)


def test_who_withdraws_the_second_stays_withdrawn_when_the_work_of_the_first_ends(pair, agent):
    first, second = pair
    requests.cancel(request_id=second.id, actor=agent)
    assert stands(second) == (State.CLOSED, Outcome.WITHDRAWN)
    run(first)
    assert stands(first) == (State.ANSWERING, Outcome.FULFILLED)
    assert stands(second) == (State.CLOSED, Outcome.WITHDRAWN)


def test_who_joins_work_that_is_about_to_stop_is_not_withdrawn_with_it(person, agent, approver):
    first, second = (asked("erasure", person, agent) for _ in range(2))
    grant(request_id=first.id, actor=approver)
    assert working.claimed(first.id)
    requests.cancel(request_id=first.id, actor=agent)
    grant(request_id=second.id, actor=approver)
    run(first), run(again(second).job)
    assert stands(first) == (State.CLOSED, Outcome.WITHDRAWN)
    assert stands(second) == (State.ANSWERING, Outcome.FULFILLED)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the first first", "the second first"])
@pytest.mark.parametrize("is_claimed", [False, True])
def test_work_that_nobody_waits_for_any_more_stops_and_erases_nobody(pair, person, agent, order, is_claimed):
    if is_claimed:
        assert working.claimed(pair[0].id)
    for n in order:
        requests.cancel(request_id=pair[n].id, actor=agent)
    run(pair[0])
    assert {stands(case) for case in pair} == {(State.CLOSED, Outcome.WITHDRAWN)}
    assert not Job.objects.filter(subject=person, ended_at=None).exists()
    person.refresh_from_db()
    assert person.erased_at is None


def test_a_case_that_has_joined_work_once_may_be_taken_up_again_and_join_other_work(person, agent):
    first, second = (asked("access", person, agent) for _ in range(2))
    for case in (second, first):
        requests.cancel(request_id=case.id, actor=agent)
    third = asked("access", person, agent)
    reopening.reopen(request_id=second.id, actor=agent, why="Asked again")
    assert stands(second) == (State.FULFILLING, "")
    assert again(second).job == third.job


# --- Four eyes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["erasure", "hold_release", "child_clear"])
def test_nobody_decides_what_they_asked_for_whatever_they_may(person, key):
    both = f.StaffFactory(is_superuser=True)
    f.LegalHoldFactory(subject=person), f.ChildFlagFactory(subject=person)
    given = {"verification": "signed_in"} if key == "erasure" else {}
    [case] = ask(key, subject_ids=[person.id], actor=both, reason=WHY, **given)
    assert case.state == State.DECIDING
    with pytest.raises(PermissionDenied):
        grant(request_id=case.id, actor=both)
    assert stands(case) == (State.DECIDING, "")
    assert again(case).approved_by is None

    for columns in ({"approved_by": both}, {"state": State.FULFILLING}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(approved_at=datetime.now(UTC), **columns)
    assert not Job.objects.filter(case=case).exists()


def test_of_many_none_is_decided_when_one_was_asked_for_by_who_decides(person, approver):
    own = asked("erasure", person, approver)
    others = asked("erasure", f.DataSubjectFactory(), f.StaffFactory())
    with pytest.raises(PermissionDenied):
        grant_all(request_ids=[others.id, own.id], actor=approver)
    assert stands(own) == stands(others) == (State.DECIDING, "")
    assert not Job.objects.exists()


# --- An approval is of a plan -----------------------------------------------------------------------------------------


def test_what_is_new_since_the_approval_stops_the_erasure_until_another_approves_it_again(person, agent, approver):
    f.SessionFactory(subject=person)
    case = grant(request_id=asked("erasure", person, agent).id, actor=approver)
    approved = set(case.job.approved)
    assert "delete privacy.Session" in approved and "delete privacy.Note" not in approved

    f.NoteFactory(author=person)
    run(case)
    assert "Not as it was approved" in case.job.parked_because and "notes" in case.job.parked_because
    assert Note.objects.filter(author=person).exists()
    assert stands(case) == (State.FULFILLING, "")
    person.refresh_from_db()
    assert person.erased_at is None
    with pytest.raises(NotAllowed, match="approve it again"):
        requests.unpark(request_id=case.id, actor=approver)
    with pytest.raises(PermissionDenied):
        requests.approve_again(request_id=case.id, actor=agent)
    assert set(case.job.approved) == approved

    requests.approve_again(request_id=case.id, actor=approver)
    assert set(case.job.approved) > approved
    assert "delete privacy.Note" in case.job.approved
    entry = AuditEntry.objects.get(chain=case.pk, event=Event.PLAN_APPROVED_AGAIN)
    assert "delete privacy.Note" in entry.data["new"] and entry.actor == approver
    assert stands(run(case)) == (State.ANSWERING, Outcome.FULFILLED)
    assert not Note.objects.filter(author=person).exists()


def test_nobody_approves_again_their_own_or_what_has_not_changed(person, approver):
    both = f.StaffFactory(role="manager")
    case = grant(request_id=asked("erasure", person, both).id, actor=approver)
    with pytest.raises(NotAllowed, match="has not changed"):
        requests.approve_again(request_id=case.id, actor=approver)
    f.NoteFactory(author=person)
    run(case)
    with pytest.raises(PermissionDenied, match="asked for it"):
        requests.approve_again(request_id=case.id, actor=both)
    assert case.job.parked_because


def test_more_of_what_was_approved_is_nothing_new(person, agent, approver):
    f.SessionFactory(subject=person)
    case = grant(request_id=asked("erasure", person, agent).id, actor=approver)
    f.SessionFactory.create_batch(3, subject=person)
    assert stands(run(case)) == (State.ANSWERING, Outcome.FULFILLED)


def test_a_processor_that_has_got_to_know_the_person_is_new(person, agent, approver):
    case = grant(request_id=asked("erasure", person, agent).id, actor=approver)
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    run(case)
    assert "tell Clerk" in case.job.parked_because


def test_a_plan_that_is_more_than_what_was_shown_is_not_approved(person, agent, approver):
    f.NoteFactory(author=person)
    case = asked("erasure", person, agent)
    with pytest.raises(PlanChanged, match="notes"):
        grant(request_id=case.id, actor=approver, shown=["delete privacy.Session"])
    assert stands(case) == (State.DECIDING, "")
    assert again(case).approved_by is None


# --- Withdrawing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verification", ["", "signed_in"])
def test_a_case_that_is_withdrawn_ends_its_work_and_keeps_nothing_sealed(person, agent, verification):
    case = asked("access", person, agent, verification=verification, reply_to="ada@example.com")
    job = case.job
    requests.cancel(request_id=case.id, actor=agent)
    assert stands(case) == (State.CLOSED, Outcome.WITHDRAWN)
    assert again(case).sealed == ""
    if job:
        job.refresh_from_db()
        assert not job.is_open


def test_a_case_that_is_withdrawn_in_a_workers_hands_keeps_nothing_sealed_once_it_has_stopped(person, agent, approver):
    case = grant(request_id=asked("erasure", person, agent, reply_to="ada@example.com").id, actor=approver)
    assert working.claimed(case.id)
    requests.cancel(request_id=case.id, actor=agent)
    assert stands(case) == (State.FULFILLING, "")
    run(case)
    assert stands(case) == (State.CLOSED, Outcome.WITHDRAWN)
    assert again(case).sealed == ""


def test_what_is_erased_is_not_withdrawn_any_more(person, agent, approver):
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    case = run(grant(request_id=asked("erasure", person, agent).id, actor=approver))
    assert stands(case) == (State.FULFILLING, "")  # Clerk is still to be asked
    told = events_of(case)
    with pytest.raises(NotAllowed, match="cannot be taken back"):
        requests.cancel(request_id=case.id, actor=agent)
    assert stands(case) == (State.FULFILLING, "")
    assert events_of(case) == told and case.job.is_open


# --- Answering --------------------------------------------------------------------------------------------------------


def late_and_running(person, agent, approver) -> Case:
    """An erasure whose date is past, while a processor is still to be asked."""
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    given = {"received_on": LONG_AGO, "reply_to": "ada@example.com", "ticket": "SUP-1204"}
    return run(grant(request_id=asked("erasure", person, agent, **given).id, actor=approver))


def test_what_is_late_is_answered_with_what_is_so_and_owes_a_second_letter(person, agent, approver):
    case = late_and_running(person, agent, approver)
    early = asked("access", person, agent)
    owing = Case.objects.filter(selected.owes())
    assert requests.answer_before_due() == 1
    assert requests.answer_before_due() == 0
    assert stands(case) == (State.ANSWERING, Outcome.PARTLY)
    assert stands(early) == (State.FULFILLING, "")
    assert not owing.exists()

    requests.answer(request_id=case.id, actor=agent, how="email")
    assert stands(case) == (State.CLOSED, Outcome.PARTLY)
    assert again(case).answered_how == "email"
    assert owing.get() == case and case.job.is_open

    [step] = case.steps.filter(name="processors.erase", finished_at=None)
    attest(step_id=step.id, actor=approver, evidence="TICKET-4711")
    run(case)
    assert stands(case) == (State.ANSWERING, Outcome.FULFILLED)
    assert not owing.exists()
    requests.answer(request_id=case.id, actor=agent, how="post")
    assert stands(case) == (State.CLOSED, Outcome.FULFILLED)
    moves = [event for event in events_of(case) if event.startswith("case.")]
    assert moves == [
        Event.CASE_GRANTED, Event.CASE_DUE_SOON, Event.CASE_ANSWERED, Event.CASE_JOB_ENDED, Event.CASE_ANSWERED,
    ]  # fmt: skip


def test_what_was_sealed_is_kept_until_nothing_is_owed(person, agent, approver):
    case = late_and_running(person, agent, approver)
    kept = {"reply_to": "ada@example.com", "ticket": "SUP-1204"}
    assert selected.sealed_of(again(case)) == kept
    assert "ada" not in again(case).sealed and "1204" not in again(case).sealed

    requests.answer_before_due()
    requests.answer(request_id=case.id, actor=agent, how="email")
    assert again(case).state == State.CLOSED
    assert selected.sealed_of(again(case)) == kept  # the work goes on, and where to write must be known

    [step] = case.steps.filter(name="processors.erase", finished_at=None)
    attest(step_id=step.id, actor=approver, evidence="TICKET-4711")
    run(case)
    assert selected.sealed_of(again(case)) == kept  # a second letter is owed
    requests.answer(request_id=case.id, actor=agent, how="email")
    assert again(case).sealed == ""


def test_who_was_never_answered_twice_has_nothing_sealed_after_the_answer(person, agent, approver):
    case = asked("erasure", person, agent, ticket="SUP-1204")
    assert selected.sealed_of(case) == {"ticket": "SUP-1204"}
    refusals.deny(request_id=case.id, actor=approver, denial_reason="no_match")
    assert selected.sealed_of(again(case)) == {"ticket": "SUP-1204"}
    requests.answer(request_id=case.id, actor=agent, how="email")
    assert again(case).sealed == ""


def test_nothing_is_answered_before_there_is_an_answer_nor_in_the_future(person, agent, approver):
    case = asked("erasure", person, agent)
    with pytest.raises(NotAllowed):
        requests.answer(request_id=case.id, actor=agent, how="email")
    run(grant(request_id=case.id, actor=approver))
    with pytest.raises(ValueError, match="yet to come"):
        requests.answer(request_id=case.id, actor=agent, how="email", on=datetime.now(UTC) + timedelta(hours=1))
    assert again(case).answered_at is None
    yesterday = datetime.now(UTC) - timedelta(days=1)
    requests.answer(request_id=case.id, actor=agent, how="in_person", on=yesterday)
    assert again(case).answered_at == yesterday


def test_a_closed_case_is_taken_up_again_and_decided_anew(person, agent, approver):
    access, erasure = asked("access", person, agent), asked("erasure", person, agent)
    requests.cancel(request_id=access.id, actor=agent)
    refusals.deny(request_id=erasure.id, actor=approver, denial_reason="no_match")
    requests.answer(request_id=erasure.id, actor=agent, how="email")
    for case in (access, erasure):
        reopening.reopen(request_id=case.id, actor=approver, why="Asked again")
    assert stands(access) == (State.FULFILLING, "")  # nobody else has to decide
    assert access.job.is_open
    assert stands(erasure) == (State.DECIDING, "")
    assert not Job.objects.filter(case=erasure).exists()
    assert again(access).closed_at is again(erasure).closed_at is None


# --- Who may ----------------------------------------------------------------------------------------------------------


def about(case: Case, actor: Staff) -> dict:
    return {"subject_ids": [case.subject_id], "actor": actor, "reason": WHY, "verification": "signed_in"}


def by(case: Case, actor: Staff) -> dict:
    return {"request_id": case.id, "actor": actor}


VERBS = {
    "ask": lambda c, actor: ask("access", **about(c, actor)),
    "ask as a batch": lambda c, actor: ask_as_batch("access", **about(c, actor)),
    "prove": lambda c, actor: prove(**by(c, actor), verification="signed_in"),
    "grant": lambda c, actor: grant(**by(c, actor)),
    "deny": lambda c, actor: refusals.deny(**by(c, actor), denial_reason="no_match"),
    "set aside": lambda c, actor: requests.set_aside(**by(c, actor), event="duplicate"),
    "cancel": lambda c, actor: requests.cancel(**by(c, actor)),
    "unpark": lambda c, actor: requests.unpark(**by(c, actor)),
    "approve again": lambda c, actor: requests.approve_again(**by(c, actor)),
    "answer": lambda c, actor: requests.answer(**by(c, actor), how="email"),
    "reopen": lambda c, actor: reopening.reopen(**by(c, actor), why="Asked again"),
    "assign": lambda c, actor: requests.assign(**by(c, actor), owner=f.StaffFactory()),
    "give a link": lambda c, actor: give_link(**by(c, actor)),
    "download": lambda c, actor: download(**by(c, actor)),
    "attest": lambda c, actor: attest(step_id=c.steps.get().id, actor=actor, evidence="TICKET-1"),
}
# Where each verb would be taken if the role were right; the others are taken of a case that is carried out.
TAKEN_FROM = {
    "prove": State.VERIFYING, "grant": State.DECIDING, "deny": State.DECIDING, "set aside": State.VERIFYING,
    "answer": State.ANSWERING, "reopen": State.CLOSED, "give a link": State.ANSWERING, "download": State.ANSWERING,
}  # fmt: skip


@pytest.mark.parametrize("role", ["", "auditor", "developer"])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_refuses_who_may_not_and_changes_nothing(verb, role, approver):
    state = TAKEN_FROM.get(verb, State.FULFILLING)
    case = f.CaseFactory(
        kind="erasure",
        deciders=2,
        state=state,
        approved_by=approver,
        approved_at=datetime.now(UTC),
        outcome=Outcome.FULFILLED if state in (State.ANSWERING, State.CLOSED) else "",
        closed_at=datetime.now(UTC) if state == State.CLOSED else None,
    )
    f.StepFactory(job=f.JobFactory(case=case), name="processors.erase", target="clerk", state="waiting")
    row = Case.objects.filter(pk=case.pk).values().get()
    with pytest.raises(PermissionDenied):
        VERBS[verb](case, f.StaffFactory(role=role))
    assert Case.objects.filter(pk=case.pk).values().get() == row
    assert Case.objects.count() == Job.objects.count() == 1
    assert not since_the_release().exists()


def test_a_case_is_given_to_who_may_see_it_to_its_end(person, agent):
    case, other = asked("access", person, agent), f.StaffFactory(role="agent")
    assert case.owner == agent
    with pytest.raises(NotAllowed, match="role"):
        requests.assign(request_id=case.id, actor=agent, owner=f.StaffFactory(role="auditor"))
    with pytest.raises(NotAllowed):
        requests.assign(request_id=case.id, actor=agent, owner=f.StaffFactory(role="agent", is_active=False))
    assert again(case).owner == agent
    requests.assign(request_id=case.id, actor=agent, owner=other)
    assert again(case).owner == other
    assert events_of(case)[-1] == Event.CASE_ASSIGNED


def test_the_data_map_veils_the_reasons_of_all_duties_and_of_nothing_else():
    assert set(DUTIES) ^ set(duties()) == set()
