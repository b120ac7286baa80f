"""Two at once: workers, staff, holds. Threads with connections of their own, on whichever database the run is on."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Barrier, BrokenBarrierError, Thread
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from privacy.cases import refusals, requests
from privacy.cases.requests import ask, grant, grant_all
from privacy.cases.states import MOVES
from privacy.catalogue import NotAllowed, Planned, case_kinds, job_kinds
from privacy.evidence import audit
from privacy.jobs import handlers
from privacy.jobs import run as engine
from privacy.jobs.due import next_due
from privacy.jobs.outcomes import Done, Failed, Later, More, Waiting
from privacy.jobs.reach import OPEN_STEPS
from privacy.models import (
    AuditEntry,
    Case,
    DataSubject,
    Job,
    LegalHold,
    Note,
    Outcome,
    State,
    Step,
    UsageEvent,
)
from privacy.selectors.holds import covering
from tests import factories as f
from tests import working
from tests.jobs import steps
from tests.jobs.steps import given, local, remote


@handlers.local("test erase a row")
@handlers.one_by_one
def erase_a_row(job, step):
    row = UsageEvent.objects.filter(subject=job.subject_id).values_list("pk").first()
    if row is None:
        return Done(units=step.units_done)
    UsageEvent.objects.filter(pk=row[0]).delete()
    return More(step.units_done + 1)


def at_once(*deeds: Callable) -> list:
    """Does them in threads that start together; returns what each returned. What one raises, the test raises."""
    barrier, answers = Barrier(len(deeds)), [None] * len(deeds)

    def do(n):
        try:
            barrier.wait()
            answers[n] = deeds[n]()
        except BaseException as error:
            answers[n] = error
        finally:
            connection.close()

    threads = [Thread(target=do, args=[n]) for n in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


def rows_of(subject_id) -> int:
    return UsageEvent.objects.filter(subject=subject_id).count()


def run_all() -> None:
    for _ in range(20):
        for job_id in next_due(20):
            working.run(job_id)


@pytest.fixture(params=[5, pytest.param(30, marks=pytest.mark.attack)])
def rounds(request) -> int:
    """How often two meet: each time at a moment of its own."""
    return request.param


@pytest.fixture
def staff(transactional_db):
    return f.StaffFactory(), f.StaffFactory()


def test_two_workers_with_the_same_request_do_its_steps_once(staff, rounds):
    for _ in range(rounds):
        steps.ran.clear()
        request = given(local("a"), remote("b"), local("c"), requested_by=staff[0])
        at_once(*[lambda request=request: working.run(request.id)] * 3)
        request.refresh_from_db()
        assert request.outcome == Outcome.FULFILLED
        assert (steps.ran["a"], steps.ran["b"], steps.ran["c"], request.job.fence) == (1, 1, 1, 1)


def test_four_writers_work_off_a_queue_and_never_meet_a_locked_database(staff):
    ids = [given(local("a"), remote("b"), requested_by=staff[0]).id for _ in range(60)]
    steps.ran.clear()
    at_once(*[engine.run_due] * 4)
    assert Case.objects.filter(pk__in=ids, outcome=Outcome.FULFILLED).count() == len(ids)
    assert steps.ran == {"a": len(ids), "b": len(ids)}


def test_two_requests_for_the_same_erasure_are_two_cases_and_one_work(staff, rounds):
    third = f.StaffFactory()
    for _ in range(rounds):
        person = f.DataSubjectFactory()
        asked = {"subject_ids": [person.id], "reason": "Asked by mail", "verification": "signed_in"}
        cases = sum(at_once(*[lambda who=who, asked=asked: ask("erasure", actor=who, **asked) for who in staff]), [])
        assert len(cases) == 2
        at_once(*[lambda case=case: grant(request_id=case.id, actor=third) for case in cases])
        [job] = Job.objects.filter(subject=person)
        assert set(Case.objects.filter(subject=person).values_list("joined", flat=True)) == {None, job.id}
        while working.run(job.id):
            pass
        assert {case.outcome for case in Case.objects.filter(subject=person)} == {"fulfilled"}


def test_who_is_overtaken_between_looking_for_work_and_ordering_it_joins_it(staff, monkeypatch):
    person, third = f.DataSubjectFactory(), f.StaffFactory()
    asked = {"subject_ids": [person.id], "reason": "Asked by mail", "verification": "signed_in"}
    cases = [ask("erasure", actor=who, **asked)[0] for who in staff]
    look, both_have_looked = requests.lock_work, Barrier(2)

    def look_together(*what):
        found = look(*what)
        with suppress(BrokenBarrierError):  # SQLite lets one write at a time: there the other one never comes
            both_have_looked.wait(1)
        return found

    monkeypatch.setattr(requests, "lock_work", look_together)
    at_once(*[lambda case=case: grant(request_id=case.id, actor=third) for case in cases])
    [job] = Job.objects.filter(subject=person)
    assert set(Case.objects.filter(subject=person).values_list("joined", flat=True)) == {None, job.id}


def test_the_same_form_sent_twice_at_once_opens_one_case(staff, rounds):
    for _ in range(rounds):
        person, token = f.DataSubjectFactory(), uuid4()
        asked = {"subject_ids": [person.id], "reason": "Asked by mail", "verification": "signed_in", "token": token}
        opened = at_once(*[lambda asked=asked: ask("access", actor=staff[0], **asked)] * 2)
        assert sorted(map(len, opened)) == [0, 1]
        assert Case.objects.filter(subject=person).count() == 1


def test_no_row_is_erased_after_the_commit_of_a_hold(staff, rounds):
    """Until a hold has come in time, which is a matter of chance, and so many rounds at least."""
    stopped = 0
    for n in range(100):
        if stopped and n >= rounds:
            break
        person = f.DataSubjectFactory()
        f.UsageEventFactory.create_batch(120, subject=person)
        request = given(
            Planned("test erase a row", units=120), kind="erasure", subject=person,
            requested_by=staff[0], approved_by=staff[1],
        )  # fmt: skip
        left = []

        def hold(person=person, left=left):
            time.sleep(random.uniform(0, 0.05))
            ask("hold_place", subject_ids=[person.id], actor=staff[0], reason="A court asks")
            left.append(rows_of(person.id))

        at_once(lambda request=request: working.run(request.id), hold)
        assert rows_of(person.id) == left[0]
        request.refresh_from_db()
        assert request.job.stopped_at or not left[0]
        stopped += bool(left[0])
    assert stopped > 0


def test_a_release_never_misses_an_erasure_that_is_just_stopping(staff, rounds):
    for _ in range(rounds):
        person = f.DataSubjectFactory()
        request = given(local("a"), kind="erasure", subject=person, requested_by=staff[0], approved_by=staff[1])
        f.LegalHoldFactory(subject=person, placed_by=staff[0])
        [release] = ask("hold_release", subject_ids=[person.id], actor=staff[0], reason="The court is done")
        confirm = partial(grant_all, request_ids=[release.id], actor=staff[1])
        at_once(lambda request=request: working.run(request.id), confirm)
        at_once(lambda request=request: working.run(request.id), lambda release=release: working.run(release.id))
        run_all()
        request.refresh_from_db()
        assert request.outcome == Outcome.FULFILLED


def test_a_row_written_while_its_person_is_being_erased_is_refused(staff):
    person = f.DataSubjectFactory()
    is_erasing = Barrier(2)

    def erase():
        with transaction.atomic():
            DataSubject.objects.select_for_update().get(pk=person.pk)
            is_erasing.wait()
            time.sleep(0.3)
            DataSubject.objects.filter(pk=person.pk).update(full_name="", country="", erased_at=Now())

    def write():
        is_erasing.wait()
        with pytest.raises(IntegrityError, match="frozen or erased"):
            f.NoteFactory(author=person)

    at_once(erase, write)
    assert not Note.objects.filter(author=person).exists()


# --- Any order of deeds -----------------------------------------------------------------------------------------------

ANSWERS = {
    "done": lambda: Done(units=1),
    "busy": lambda: Later("busy"),
    "accepted": lambda: Waiting("accepted", seconds=60),
    "by hand": lambda: Waiting("attest it"),
    "refused": lambda: Failed("403"),
    "fault": lambda: RuntimeError(),
}
# As often as it takes for most lives to get somewhere.
DEEDS = {
    "run": 8, "time_passes": 4, "claim_and_die": 2, "ask_for_erasure": 2, "approve": 3, "place": 2, "release": 2,
    "flag": 1, "clear": 1, "confirm_child": 1, "cancel": 1, "deny": 1, "unpark": 2, "answer": 2, "due_soon": 1,
}  # fmt: skip


class Life(RuleBasedStateMachine):
    """One person, two members of staff, any deed at any time."""

    def __init__(self):
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        steps.scripts.clear()
        self.staff = f.StaffFactory(role="approver"), f.StaffFactory(role="approver")
        self.person = f.DataSubjectFactory()
        f.UsageEventFactory.create_batch(4, subject=self.person)
        self.done, self.rows, self.held = set(), 4, False

    def teardown(self):
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    # One rule for all deeds: of many, each life would be dealt a few only.
    @rule(
        deed=st.sampled_from([deed for deed, weight in DEEDS.items() for _ in range(weight)]),
        actor=st.sampled_from([0, 1]),
        which=st.integers(0, 9),
        answer=st.sampled_from(sorted(ANSWERS)),
        slices=st.integers(1, 6),
    )
    def anyone_does_anything(self, deed, actor, which, answer, slices):
        self.actor, self.which, self.answer, self.slices = self.staff[actor], which, ANSWERS[answer], slices
        with suppress(NotAllowed):
            getattr(self, deed)()

    def ask(self, key, **given):
        ask(key, subject_ids=[self.person.id], actor=self.actor, reason="Because", **given)

    def ask_for_erasure(self):
        self.ask("erasure", verification="signed_in")

    def place(self):
        self.ask("hold_place")

    def release(self):
        self.ask("hold_release")

    def flag(self):
        self.ask("child_flag")

    def clear(self):
        self.ask("child_clear")

    def confirm_child(self):
        self.ask("child_confirm")

    def approve(self):
        request = self.chosen(Case.objects.filter(state=State.DECIDING))
        if request:
            try:
                grant(request_id=request.id, actor=self.actor)
            except PermissionDenied:
                assert request.requested_by_id == self.actor.pk

    def answer(self):
        if request := self.chosen(Case.objects.filter(state=State.ANSWERING)):
            requests.answer(request_id=request.id, actor=self.actor, how="email")

    def due_soon(self):
        Case.objects.filter(state=State.FULFILLING, kind="erasure").update(due_on="2026-01-01")
        requests.answer_before_due()

    def chosen(self, cases):
        return self.one_of(list(cases.order_by("received_at", "id")))

    def one_of(self, ids):
        return ids[self.which % len(ids)] if ids else None

    def any_request(self):
        return self.one_of(list(Case.objects.order_by("received_at", "id").values_list("id", flat=True)))

    def cancel(self):
        if chosen := self.any_request():
            with suppress(PermissionDenied):  # nobody may cancel what is in force
                requests.cancel(request_id=chosen, actor=self.actor)

    def deny(self):
        if chosen := self.any_request():
            with suppress(PermissionDenied):
                refusals.deny(request_id=chosen, actor=self.actor, denial_reason="no_match")

    def unpark(self):
        for parked in Job.objects.filter(ended_at=None).exclude(parked_because=""):
            requests.unpark(request_id=parked.case_id, actor=self.actor)

    def run(self):
        if chosen := self.one_of(next_due(10)):
            steps.scripts["answers"] = [self.answer()]
            ticks = iter(range(1000))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(engine, "monotonic", ticks.__next__)
                patch.setattr(engine, "SLICE_SECONDS", self.slices + 0.5)
                working.run(chosen)

    def claim_and_die(self):
        if chosen := self.one_of(next_due(10)):
            working.claimed(chosen)

    def time_passes(self):
        working.let_time_pass()

    @invariant()
    def nothing_is_erased_while_held(self):
        rows, held = rows_of(self.person.id), bool(covering([self.person.id]))
        assert rows == self.rows or not (held and self.held)
        self.rows, self.held = rows, held

    @invariant()
    def what_is_done_stays_so(self):
        done = set(Step.objects.filter(state__in=["done", "waived"]).values_list("id", flat=True))
        assert self.done <= done
        self.done = done

    @invariant()
    def a_hold_that_was_asked_for_is_in_force_until_two_have_agreed(self):
        placed = Case.objects.filter(kind="hold_place").count()
        released = Case.objects.filter(kind="hold_release", approved_by__isnull=False).count()
        assert LegalHold.objects.filter(released_at=None).count() == placed - released

    @invariant()
    def one_open_work_of_a_kind_and_two_people_where_two_decide(self):
        kinds = list(Job.objects.filter(ended_at=None).values_list("kind", flat=True))
        assert len(kinds) == len(set(kinds))
        for request in Case.objects.filter(deciders=2, state__in=[State.FULFILLING, State.ANSWERING]):
            assert request.outcome == Outcome.DENIED or request.approved_by_id not in (None, request.requested_by_id)

    @invariant()
    def a_fulfilled_case_has_no_open_step_and_its_trail_is_lawful(self):
        for request in Case.objects.all():
            if request.outcome == Outcome.FULFILLED:
                assert not request.steps.filter(state__in=OPEN_STEPS).exists()
            previous, state = audit.GENESIS, None
            for n, entry in enumerate(AuditEntry.objects.filter(chain=request.id).order_by("n"), start=1):
                assert (entry.n, entry.previous, entry.digest) == (n, previous, audit.digest_of(entry))
                previous = entry.digest
                if "after" in entry.data:
                    before, after = entry.data["before"], entry.data["after"]
                    assert state in (None, before)
                    to = MOVES[before, entry.event.removeprefix("case.")]
                    is_answered = case_kinds[request.kind].answered_in_writing
                    assert after == (State.CLOSED if to == State.ANSWERING and not is_answered else to)
                    state = after
            assert state in (None, request.state)


@pytest.mark.django_db
@pytest.mark.parametrize("lives", [10, pytest.param(60, marks=pytest.mark.attack)])
def test_no_order_of_deeds_breaks_the_rules_of_a_request(monkeypatch, lives):
    plan = [Planned("test erase a row", units=4), Planned("test remote", "answers"), Planned("test local", "receipt")]
    kind = replace(job_kinds["erasure"], plan=lambda jobs: dict.fromkeys(jobs, plan))
    monkeypatch.setitem(job_kinds, kind.key, kind)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=lives, stateful_step_count=40, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # making a failure shorter takes many minutes
        ),
    )  # fmt: skip
