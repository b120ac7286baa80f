"""The engine's rules, one at a time, on whichever database the run is on."""

from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest
import time_machine
from django.db.models.functions import Now
from django.utils import timezone

from privacy import tasks
from privacy.cases import processors, requests
from privacy.cases.requests import ask
from privacy.catalogue import Planned
from privacy.jobs import bells, handlers, record
from privacy.jobs import run as engine
from privacy.jobs.due import next_due
from privacy.jobs.guard import LeaseLost
from privacy.jobs.outcomes import Done, Failed, Later, Waiting
from privacy.jobs.settle import settle
from privacy.models import AuditEntry, Case, Job, Outcome, State, Step, StepState
from privacy.selectors import queue
from tests import factories as f
from tests import working
from tests.jobs import steps
from tests.jobs.steps import given, local, remote
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_scripts():
    steps.scripts.clear()
    steps.ran.clear()


def state_of(request):
    request.refresh_from_db()
    return {s.target or s.name: s.state for s in request.steps.all()}


def seconds_until(moment):
    now = Case.objects.annotate(now=Now()).values_list("now", flat=True)[0]
    return (moment - now).total_seconds()


def is_due(request) -> bool:
    return working.is_due(request.id)


def let_time_pass(request):
    working.let_time_pass(working.of(request.id))


def fence_of(claim) -> int:
    [fence] = claim.fences.values()
    return fence


# --- Claims -----------------------------------------------------------------------------------------------------------


def test_a_claimed_request_is_not_claimed_again_before_its_lease_ends():
    request = given(local("a"))
    assert fence_of(working.claimed(request.id)) == 1
    assert working.claimed(request.id) is None
    let_time_pass(request)
    assert fence_of(working.claimed(request.id)) == 2


def test_a_request_that_is_unknown_closed_parked_or_not_yet_due_is_not_claimed():
    closed = f.CaseFactory(closed=True)
    parked = given(local("a"), parked_because="A person has to look")
    early = given(local("a"), not_before=timezone.now() + timedelta(hours=1))
    assert [working.claimed(r.id) for r in (closed, parked, early)] == [None] * 3
    assert working.claimed(uuid4()) is None


def test_the_sixth_claim_without_progress_parks_the_request_and_names_the_step():
    request = given(local("a"), local("b"))
    request.steps.filter(target="a").update(state="done", finished_at=Now())
    for fence in range(1, 6):
        assert fence_of(working.claimed(request.id)) == fence
        let_time_pass(request)
    assert working.claimed(request.id) is None
    request.refresh_from_db()
    assert request.job.parked_because.startswith("test local b: the worker died or stalled 5 times")
    assert request.job.lease_until is None
    assert not is_due(request)


def test_claims_that_were_given_back_do_not_park_a_request():
    request = given(remote("a"))
    steps.scripts["a"] = [Waiting("not yet", seconds=60)] * 20
    for _ in range(20):
        working.run(request.id)
        let_time_pass(request)
    request.refresh_from_db()
    assert (request.job.parked_because, request.job.claims) == ("", 0)


def test_a_poll_between_two_deaths_does_not_uncount_them():
    request = given(remote("polled"), remote("deadly"))
    steps.scripts["polled"] = [Waiting("not yet", seconds=60)] * 20

    def die(*args):
        raise KeyboardInterrupt  # no Exception: it ends the run as a kill would

    steps.scripts["deadly"] = [die] * 20
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            working.run(request.id)
        let_time_pass(request)
    working.run(request.id)
    request.refresh_from_db()
    assert request.job.parked_because
    assert steps.ran["deadly"] == 5


def test_an_old_worker_that_wakes_after_another_took_over_writes_nothing():
    request = given(remote("a"))
    steps.scripts["a"] = [
        lambda *_: let_time_pass(request) or working.claimed(request.id) and Done({"by": "the old one"})
    ]
    working.run(request.id)
    assert state_of(request) == {"a": StepState.STARTED}
    assert request.steps.get().result == {}
    assert request.job.fence == 2
    assert request.job.lease_until is not None


def test_a_handler_that_renews_keeps_the_lease_and_an_old_one_is_told_that_it_is_lost():
    request = given(remote("a"))
    heard = []

    def work(request, step, renew):
        Job.objects.filter(case=request).update(lease_until=Now() + timedelta(seconds=1))
        renew()
        request.refresh_from_db()
        heard.append(seconds_until(request.job.lease_until))
        let_time_pass(request)
        working.claimed(request.id)
        with pytest.raises(LeaseLost):
            renew()
        return Done()

    steps.scripts["a"] = [work]
    working.run(request.id)
    assert 80 < heard[0] <= 90
    assert state_of(request) == {"a": StepState.STARTED}


# --- Order ------------------------------------------------------------------------------------------------------------


def test_local_steps_run_in_order_and_the_request_is_fulfilled_with_an_entry_for_each_transaction():
    request = given(local("a"), remote("b"), local("c"))
    working.run(request.id)
    assert set(state_of(request).values()) == {StepState.DONE}
    assert request.outcome == Outcome.FULFILLED
    assert request.job.lease_until is None
    events = AuditEntry.objects.filter(chain=request.id).order_by("n").values_list("event", flat=True)
    assert list(events) == ["plan.frozen", "job.advanced", "job.advanced", "case.job_ended"]


def test_a_waiting_processor_holds_up_no_other_but_the_steps_that_follow_them_all():
    request = given(local("rows"), remote("slow"), remote("by hand"), remote("quick"), local("receipt"))
    steps.scripts["slow"] = [Later("busy")]
    steps.scripts["by hand"] = [Waiting("attest it")]
    working.run(request.id)
    assert state_of(request) == {
        "rows": "done", "slow": "started", "by hand": "waiting", "quick": "done", "receipt": "pending",
    }  # fmt: skip
    assert request.state == State.FULFILLING
    let_time_pass(request)
    working.run(request.id)
    assert state_of(request)["slow"] == "done"
    assert request.state == State.FULFILLING


def test_a_local_step_in_back_off_holds_up_everything_after_it():
    request = given(local("a"), remote("b"), local("c"))
    steps.scripts["a"] = [Later("not now")]
    working.run(request.id)
    assert state_of(request) == {"a": "started", "b": "pending", "c": "pending"}
    assert not is_due(request)


def test_a_step_that_waits_for_a_person_is_left_alone_until_attested():
    request = given(Planned("processors.erase", "by hand"), local("receipt"), kind="erasure")
    request.steps.filter(seq=1).update(state=StepState.WAITING)
    working.run(request.id)
    request.refresh_from_db()
    assert request.state == State.FULFILLING
    assert 23 * 3600 < seconds_until(request.job.not_before) <= 24 * 3600
    processors.attest(step_id=request.steps.get(seq=1).id, actor=f.StaffFactory(), evidence="TICKET-7")
    assert is_due(request)
    working.run(request.id)
    request.refresh_from_db()
    assert request.outcome == Outcome.FULFILLED


def test_a_step_attested_during_the_call_keeps_the_persons_evidence():
    for answer in (Done({"outcome": "late"}), Later("busy"), Waiting("accepted"), Failed("no")):
        request = given(Planned("test remote", "call"), kind="erasure")
        with owner_of_the_tables():
            Step.objects.filter(job__case=request).update(name="processors.erase")
        step = request.steps.get()

        def attested_meanwhile(job, step, renew, answer=answer):
            processors.attest(step_id=step.id, actor=f.StaffFactory(), evidence="TICKET-8")
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(handlers.remote_handlers, "processors.erase", attested_meanwhile)
            patch.delitem(handlers.known_answers, "processors.erase")
            working.run(request.id)
        step.refresh_from_db()
        request.refresh_from_db()
        assert (step.state, step.result["evidence"]) == (StepState.DONE, "TICKET-8")
        assert (request.outcome, request.job.parked_because) == (Outcome.FULFILLED, "")


# --- Faults, back-off, parking ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [local, remote])
def test_a_fault_in_a_handler_backs_off_and_says_what_kind_it_was_and_nothing_personal(kind):
    request = given(kind("a"))
    steps.scripts["a"] = [ValueError("ada@example.com"), OSError(28, "No space left on device")]
    working.run(request.id)
    step = request.steps.get()
    assert (step.problem, step.attempts) == ("ValueError", 1)
    assert 0 < seconds_until(step.not_before) <= 60
    assert not is_due(request)
    let_time_pass(request)
    working.run(request.id)
    step.refresh_from_db()
    assert (step.problem, step.attempts) == ("No space left on device", 2)
    let_time_pass(request)
    working.run(request.id)
    step.refresh_from_db()
    assert (step.state, step.problem) == (StepState.DONE, "")


def test_a_local_fault_leaves_nothing_half_done():
    request = given(local("a"))

    def half_way(request, step, renew):
        Job.objects.filter(case=request).update(parked_because="half done")
        raise RuntimeError

    steps.scripts["a"] = [half_way]
    working.run(request.id)
    request.refresh_from_db()
    assert request.job.parked_because != "half done"


def test_an_answer_that_is_none_of_the_outcomes_is_a_fault_and_not_a_spin():
    request = given(remote("a"))
    steps.scripts["a"] = ["well"]
    working.run(request.id)
    assert request.steps.get().problem == "TypeError"
    assert not is_due(request)


def test_a_step_this_process_does_not_know_is_left_for_one_that_does():
    request = given(Planned("from tomorrow"))
    working.run(request.id)
    step = request.steps.get()
    assert "does not know" in step.problem
    assert step.not_before is not None


@pytest.mark.parametrize("kind", [local, remote])
def test_the_eighth_attempt_without_an_answer_parks(kind):
    request = given(kind("a"))
    steps.scripts["a"] = [Later("busy")] * 20
    for attempt in range(1, 9):
        request.refresh_from_db()
        assert request.job.parked_because == ""
        working.run(request.id)
        assert request.steps.get().attempts == attempt
        let_time_pass(request)
    request.refresh_from_db()
    assert request.job.parked_because.endswith(" a: busy")
    assert not is_due(request)
    assert request.job.lease_until is None


def test_unparked_it_gets_as_many_attempts_again_and_polls_go_on():
    request = given(remote("a"), remote("polled"), remote("by hand"))
    steps.scripts |= {
        "a": [Failed("403")],
        "polled": [Waiting("accepted", seconds=3600)],
        "by hand": [Waiting("attest")],
    }
    working.run(request.id)
    request.steps.update(attempts=8)
    requests.unpark(request_id=request.id, actor=f.StaffFactory(role="approver"))
    assert is_due(request)
    working.run(request.id)
    assert state_of(request) == {"a": "done", "polled": "done", "by hand": "waiting"}
    assert steps.ran["by hand"] == 1


def test_a_failed_processor_parks_the_request_after_the_others_were_asked():
    request = given(remote("refuses"), remote("willing"), local("receipt"))
    steps.scripts["refuses"] = [Failed("403: the key may not delete")]
    working.run(request.id)
    assert state_of(request) == {"refuses": "started", "willing": "done", "receipt": "pending"}
    assert request.job.parked_because == "test remote refuses: 403: the key may not delete"
    assert request.job.lease_until is None


def test_polls_over_weeks_use_up_no_attempts():
    request = given(remote("a"))
    steps.scripts["a"] = [*[Waiting("accepted", seconds=60)] * 30, Later("a blip")]
    for _ in range(31):
        working.run(request.id)
        let_time_pass(request)
    request.refresh_from_db()
    assert request.job.parked_because == ""


def test_retry_after_is_honoured_within_reason():
    for asked, least, most in ((120, 119, 120), (0, 0.5, 1), (-5, 0.5, 1), (1e12, 6.9 * 86400, 7 * 86400)):
        request = given(remote("a"))
        steps.scripts["a"] = [Later("429", seconds=asked)]
        working.run(request.id)
        assert least <= seconds_until(request.steps.get().not_before) <= most
        assert not is_due(request)


def test_back_off_grows_is_jittered_and_ends_at_six_hours():
    for attempts in range(1, 40):
        waits = {record.backoff(attempts) for _ in range(50)}
        assert len(waits) > 40
        assert 1 <= min(waits) <= max(waits) <= min(30 * 2**attempts, 6 * 3600)


# --- When to look again -----------------------------------------------------------------------------------------------


def test_the_request_is_due_when_its_next_step_is_and_not_a_day_later():
    request = given(remote("a"), remote("b"), remote("by hand"), local("receipt"))
    steps.scripts |= {
        "a": [Later("busy", seconds=500)], "b": [Waiting("accepted", seconds=200)], "by hand": [Waiting("attest")],
    }  # fmt: skip
    working.run(request.id)
    request.refresh_from_db()
    assert 190 < seconds_until(request.job.not_before) <= 200


def test_answers_are_written_down_while_the_next_call_is_made():
    """A worker that dies in the second call has kept the answer to the first."""
    request = given(remote("a"), remote("b"))
    seen = []
    steps.scripts["b"] = [lambda request, *_: seen.append(state_of(request)) or Done()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "CALLING_SECONDS", -1)
        working.run(request.id)
    assert seen == [{"a": "done", "b": "started"}]
    assert state_of(request) == {"a": "done", "b": "done"}


def test_after_any_run_that_came_through_nothing_is_due_unless_it_can_be_done():
    """Every pair of answers of two processors before a receipt: a second run right after the first does nothing."""
    answers = [Later("x"), Later("x", seconds=0), Waiting("x"), Waiting("x", seconds=0), Failed("x"), Done()]
    for one in answers:
        for other in answers:
            request = given(local("rows"), remote("a"), remote("b"), local("receipt"))
            steps.scripts |= {"a": [one], "b": [other]}
            working.run(request.id)
            request.refresh_from_db()
            assert not is_due(request), (one, other)


def test_a_long_plan_returns_when_its_slice_is_over_and_stays_due():
    request = given(Planned("test count", units=10), local("after"))
    ticks = count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "SLICE_SECONDS", 4)
        patch.setattr(engine, "monotonic", ticks.__next__)
        working.run(request.id)
    step = request.steps.get(seq=1)
    assert (step.state, step.problem) == (StepState.STARTED, "")
    assert 0 < step.units_done < 9
    assert (request.job.lease_until, request.job.claims) == (None, 0)
    assert is_due(request)
    assert queue.untouched_seconds() < 5
    working.run(request.id)
    assert state_of(request) == {"test count": "done", "after": "done"}


def test_one_bell_works_off_everything_that_is_due_duties_first_then_by_deadline():
    order = []
    late, soon, duty = (
        given(local(name), due_on=due) for name, due in (("late", "2026-12-24"), ("soon", "2026-12-01"), ("duty", None))
    )
    for name in ("late", "soon", "duty", "rung"):
        steps.scripts[name] = [lambda request, step, renew: order.append(step.target) or Done()]
    rung = given(local("rung"), due_on="2027-01-01")
    assert next_due(10) == [r.job.id for r in (duty, soon, late, rung)]
    tasks.work(str(rung.job.id))
    assert order == ["rung", "duty", "soon", "late"]


def test_a_slice_that_was_too_short_says_that_more_is_due():
    first, second = given(local("a"), due_on="2026-12-01"), given(local("b"), due_on="2026-12-02")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "SLICE_SECONDS", -1)
        assert engine.run_due()  # no time for a single step: still due
    assert not engine.run_due()
    assert {c.outcome for c in Case.objects.filter(pk__in=[first.id, second.id])} == {Outcome.FULFILLED}


def test_the_sweep_rings_for_a_few_of_many_and_says_that_it_ran():
    for _ in range(bells.AT_ONCE + 5):
        given(local("a"))
    assert queue.last_sweep_seconds() is None
    rung: list = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bells, "_publish", rung.extend)
        bells.sweep()
    assert len(rung) == bells.AT_ONCE
    assert 0 <= queue.last_sweep_seconds() < 5


# --- Cancel and hold --------------------------------------------------------------------------------------------------


def last_entry(request):
    return AuditEntry.objects.filter(chain=request.id).order_by("n").last()


def test_cancelled_before_any_worker_had_it_nothing_is_done():
    request = given(local("a", units=3))
    requests.cancel(request_id=request.id, actor=f.StaffFactory(role="approver"))
    working.run(request.id)
    assert state_of(request) == {"a": "pending"}
    assert request.outcome == Outcome.WITHDRAWN
    assert last_entry(request).data["kept"] == {"test local a": 3}


def test_cancelled_in_a_workers_hands_it_stops_before_the_next_step_and_says_what_is_gone():
    request = given(local("a", units=3), remote("b"), local("c", units=5))
    steps.scripts["b"] = [
        lambda request, *_: requests.cancel(request_id=request.id, actor=f.StaffFactory(role="approver")) and Done()
    ]
    working.run(request.id)
    assert state_of(request) == {"a": "done", "b": "done", "c": "pending"}
    assert request.outcome == Outcome.WITHDRAWN
    account = last_entry(request).data
    assert account["done"] == {"test local a": 1, "test remote b": 0}
    assert account["kept"] == {"test local c": 5}


def test_a_hold_stops_an_erasure_at_its_next_step_and_nothing_else_before_any_worker_has_seen_it():
    request = given(local("a", units=3), remote("b"), local("c", units=5), kind="erasure")

    def hold(request, *_):
        ask("hold_place", subject_ids=[request.subject_id], actor=f.StaffFactory(), reason="A court asks")
        return Done()

    steps.scripts["b"] = [hold]
    working.run(request.id)
    assert state_of(request) == {"a": "done", "b": "done", "c": "pending"}
    assert request.job.stopped_at
    assert request.job.lease_until is None
    account = last_entry(request).data
    assert set(account["done"]) == {"test local a", "test remote b"}
    assert account["kept"] == {"test local c": 5}
    access = given(local("read"), subject=request.subject)
    working.run(access.id)
    assert state_of(access) == {"read": "done"}


def test_a_hold_stops_a_remote_call_that_renews_and_says_that_it_was_begun():
    request = given(remote("a"), kind="erasure")
    steps.scripts["a"] = [lambda request, step, renew: f.LegalHoldFactory(subject=request.subject) and renew()]
    working.run(request.id)
    assert state_of(request) == {"a": "started"}
    assert request.job.stopped_at
    assert last_entry(request).data["begun"] == ["test remote a"]


# --- Clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-400, 400])
def test_a_worker_whose_clock_is_wrong_neither_takes_a_lease_nor_loses_one_nor_waits_wrongly(days):
    """The database's clock stands still here against the worker's, which has jumped."""
    held, backing_off, due = given(local("a")), given(remote("b")), given(local("c"))
    assert working.claimed(held.id)
    steps.scripts["b"] = [Later("busy", seconds=100)]
    with time_machine.travel(timezone.now() + timedelta(days=days), tick=True):
        working.run(backing_off.id)
        assert working.claimed(held.id) is None
        backing_off.refresh_from_db()
        assert 90 < seconds_until(backing_off.job.not_before) <= 100
        assert next_due(10) == [due.job.id]
        working.run(due.id)
        let_time_pass(held)
        lease = working.claimed(held.id)
        held.refresh_from_db()
        assert 80 < seconds_until(held.job.lease_until) <= 90
        engine.work(lease)
        settle(lease)
    held.refresh_from_db()
    assert held.outcome == Outcome.FULFILLED
    assert state_of(due) == {"c": "done"}
