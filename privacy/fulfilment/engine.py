"""Carries out requests step by step, so that a worker may die at any point and nothing is lost or done twice.

The rows are the queue of truth; a broker message is a doorbell. A worker claims a request with one conditional
UPDATE that raises its fence; every transaction afterwards locks the request and refuses an old fence, a cancel
and, for erasures, a legal hold. A local step is one such transaction (or several, each resumable); a remote step
is intent, call, record, with an idempotency key that is the same on every attempt.

Times that decide anything are the database's: workers' clocks may differ.
"""

import logging
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from time import monotonic

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.connectors.base import Done, Failed, Later, More, Outcome, Waiting
from privacy.fulfilment import audit
from privacy.fulfilment.requests import account_of, lock, transition
from privacy.models import (
    DataSubject,
    FulfilmentStep,
    Heartbeat,
    LegalHold,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Staff,
    StepState,
)
from privacy.selectors import queue

log = logging.getLogger(__name__)

# A step's slice is far shorter than the lease, and every record prolongs it; a slower remote handler calls `renew`.
LEASE = timedelta(seconds=90)
SLICE_SECONDS = 20
MAX_CLAIMS = 5
MAX_ATTEMPTS = 8
LONGEST_WAIT = timedelta(days=7)
# Bells rung at once. Each wakes a worker that goes on with whatever is due, so a few do for any number of requests.
BELLS = 20
# A lane in which something moved so lately has its workers awake: more bells would only stand before those of others.
AWAKE_SECONDS = 15
# One row tells that a lane moves, and all its workers write it: not at every step.
BEAT_EVERY = timedelta(seconds=3)
NAMESPACE = uuid.UUID("6f1b5c0e-3f0a-5d0e-9b7e-6b6f73656e61")
OPEN_STEPS = [StepState.PENDING, StepState.STARTED, StepState.WAITING]


class LeaseLost(Exception):
    """Another worker holds a newer fence, or the request was closed; this one must not write."""


class Stopped(Exception):
    """The request may not go on: it was cancelled, or a hold was placed."""


@dataclass(frozen=True)
class Lease:
    request_id: uuid.UUID
    fence: int
    lane: str


Handler = Callable[..., Outcome]

local_handlers: dict[str, Handler] = {}
remote_handlers: dict[str, Handler] = {}


def local(name: str) -> Callable[[Handler], Handler]:
    """Registers a handler `(request, step) -> Outcome` that runs inside one guarded transaction a call."""

    def wrap(handler):
        local_handlers[name] = handler
        return handler

    return wrap


def remote(name: str) -> Callable[[Handler], Handler]:
    """Registers a handler `(request, step, renew) -> Outcome` that runs outside transactions, after the intent
    was recorded. It may run again with the same `step.idempotency_key`, so a second run must do no harm.
    `renew()` prolongs the lease, `renew(result)` stores the evidence so far as well; both raise LeaseLost or
    Stopped."""

    def wrap(handler):
        remote_handlers[name] = handler
        return handler

    return wrap


@dataclass(frozen=True)
class Planned:
    """A step of a plan, before it has a row."""

    handler: str
    target: str = ""
    units: int = 0


def freeze(plans: dict[RightsRequest, list[Planned]]) -> None:
    """Writes each request's plan as step rows, in the caller's transaction. From here on it does not change."""
    FulfilmentStep.objects.bulk_create(
        FulfilmentStep(
            request=request, seq=seq, handler=p.handler, target=p.target, units_planned=p.units,
            idempotency_key=idempotency_key(request.id, p.handler, p.target),
        )
        for request, plan in plans.items()
        for seq, p in enumerate(plan, start=1)
    )  # fmt: skip
    links = [(r.id, {"steps": [f"{p.handler} {p.target}".strip() for p in plan]}) for r, plan in plans.items()]
    audit.append_many(links, "plan.frozen", actor=None)


def idempotency_key(request_id: uuid.UUID, handler: str, target: str) -> uuid.UUID:
    """The same for every attempt at a step, so that a processor can tell a repeat from a second wish."""
    return uuid.uuid5(NAMESPACE, f"{request_id}:{handler}:{target}")


def failpoint(name: str) -> None:
    """Where the kill test strikes (tests/fulfilment/test_kills.py)."""


def sweep() -> list[uuid.UUID]:
    """Ids of the requests whose bell must be rung: due, and not in any worker's hands. Says that it ran."""
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": Now()})
    prompt = queue.next_due(1 if is_awake(queue.PROMPT) else BELLS, queue.LANES[queue.PROMPT])
    return prompt + queue.next_due(1, queue.LANES[queue.BULK])


def is_awake(lane: str) -> bool:
    moved = queue.heard_seconds(lane)
    return moved is not None and moved < AWAKE_SECONDS


def beat(lane: str) -> None:
    """Notes by the database's clock that work moves in this lane. Outside transactions: a step's would keep the row
    from all others."""
    if not Heartbeat.objects.filter(name=lane, at__gt=Now() - BEAT_EVERY).exists():
        Heartbeat.objects.update_or_create(name=lane, defaults={"at": Now()})


def run_due(first: uuid.UUID, among: Q = queue.LANES[queue.PROMPT]) -> list[uuid.UUID]:
    """Runs this request and then, for one time slice, whatever is the most urgent among these, looked up anew after
    each. Returns what is due next, if the slice was too short: the caller rings for it."""
    ends = monotonic() + SLICE_SECONDS
    following = [first]
    while following:
        run(following[0])
        following = queue.next_due(1, among)
        if monotonic() > ends:
            break
    return following


def run(request_id: uuid.UUID) -> None:
    """Carries the request as far as it goes now. Safe to call at any time, from any number of workers."""
    lease = claim(request_id)
    if lease is None:
        return
    failpoint("claimed")
    try:
        work(lease)
    except LeaseLost:
        log.warning("request %s: another worker has it, or it was closed", request_id)
        return
    except Stopped:
        log.info("request %s: stopped by a cancel or a hold", request_id)
    settle(lease)


def claim(request_id: uuid.UUID) -> Lease | None:
    """Takes the lease with one conditional UPDATE; None when there is nothing to do or another worker has it.

    A claim that is never given back (see `settle`) stays counted: after five the request is parked, because
    whatever kills the workers, it is this one.
    """
    with transaction.atomic():
        if not queue.due().filter(pk=request_id).update(
            lease_until=Now() + LEASE, fence=F("fence") + 1, claims=F("claims") + 1
        ):  # fmt: skip
            return None
        request = lock(request_id)
        failpoint("claiming")
        if request.claims <= MAX_CLAIMS:
            return Lease(request_id, request.fence, queue.lane_of(request))
        at = next(iter(within_reach(list(request.steps.all()))), "no step")
        park(request, f"{at}: the worker died or stalled {MAX_CLAIMS} times without finishing it")
        RightsRequest.objects.filter(pk=request_id).update(lease_until=None)
        return None


def work(lease: Lease) -> None:
    """Runs steps until the plan, the time slice or the patience of every processor ends."""
    ends = monotonic() + SLICE_SECONDS
    tried: set[uuid.UUID] = set()
    while monotonic() < ends and (step := next_step(lease, tried)):
        beat(lease.lane)
        outcome = attempt(lease, step)
        failpoint("attempted")
        if not isinstance(outcome, More):
            tried.add(step.id)


def next_step(lease: Lease, tried: set[uuid.UUID]) -> FulfilmentStep | None:
    """The first step within reach whose time has come and that this slice has not tried yet."""
    steps = FulfilmentStep.objects.filter(request=lease.request_id).annotate(now=Now()).order_by("seq")
    for step in within_reach(steps):
        if step.id not in tried and (step.not_before is None or step.not_before <= step.now):
            return step
    return None


def within_reach(steps: Sequence[FulfilmentStep]) -> list[FulfilmentStep]:
    """The open steps that may run as soon as their time has come: a local step when all before it are finished,
    remote steps side by side, so that a slow processor holds up no other. Steps that wait for a person's
    attestation are left out."""
    unfinished = [s for s in steps if s.state in OPEN_STEPS]
    if unfinished and unfinished[0].handler in local_handlers:
        return unfinished[:1]
    side_by_side = takewhile(lambda s: s.handler not in local_handlers, unfinished)
    return [s for s in side_by_side if s.state != StepState.WAITING or s.not_before]


def attempt(lease: Lease, step: FulfilmentStep) -> Outcome | None:
    """One attempt at one step, and the record of its outcome; None when a person closed the step meanwhile.

    A fault in a handler is an outcome like any other: back-off for this step, and no harm to its neighbours.
    """
    try:
        return attempt_local(lease, step) if step.handler in local_handlers else attempt_remote(lease, step)
    except (LeaseLost, Stopped):
        raise
    except Exception as error:
        log.exception("request %s: %s failed", lease.request_id, step)
        with guarded(lease, recording=True) as request:
            begin(step, step.attempts)  # a local attempt was rolled back together with its count
            return record(request, step, fault(error))


def attempt_local(lease: Lease, step: FulfilmentStep) -> Outcome:
    with guarded(lease) as request:
        begin(step, step.attempts + 1)
        failpoint("before effect")
        outcome = local_handlers[step.handler](request, step)
        failpoint("after effect")
        record(request, step, outcome)
        failpoint("recorded")
    return outcome


def attempt_remote(lease: Lease, step: FulfilmentStep) -> Outcome | None:
    with guarded(lease) as request:
        if not begin(step, step.attempts + 1):
            return None
        audit.append(request.id, "step.intended", actor=None, step=str(step), attempt=step.attempts)
        failpoint("intending")
    failpoint("intended")
    outcome = remote_handlers.get(step.handler, unknown)(
        request, step, lambda result=None: renew(lease, step, result)
    )  # fmt: skip
    failpoint("called")
    with guarded(lease, recording=True) as request:
        record(request, step, outcome)
        failpoint("recording")
    return outcome


def unknown(request: RightsRequest, step: FulfilmentStep, renew: Callable[[], None]) -> Later:
    """For a handler that this process does not have, as while a new version is rolled out."""
    return Later(f"This worker does not know how to do {step.handler}")


def begin(step: FulfilmentStep, attempts: int) -> bool:
    """Marks the step as started, in the caller's transaction; False when a person closed it meanwhile."""
    step.state, step.attempts, step.started_at = StepState.STARTED, attempts, step.started_at or step.now
    return bool(
        FulfilmentStep.objects.filter(pk=step.pk, state__in=OPEN_STEPS).update(
            state=step.state, attempts=step.attempts, started_at=step.started_at
        )
    )


def fault(error: Exception) -> Later:
    """Only what kind of error it was: its text could name a person."""
    return Later((isinstance(error, OSError) and error.strerror) or type(error).__name__)


@contextmanager
def guarded(lease: Lease, *, recording: bool = False) -> Iterator[RightsRequest]:
    """A transaction with the request locked, in which nothing happens after the lease is lost, the request
    cancelled, or (for an erasure) a hold placed. `recording` is for what has happened already, which neither a
    cancel nor a hold undoes. Raises LeaseLost or Stopped."""
    with transaction.atomic():
        request = lock(lease.request_id)
        if request.fence != lease.fence or request.status not in queue.RUNNABLE:
            raise LeaseLost
        if not recording and (request.cancel_requested or is_stopped_by_hold(request)):
            raise Stopped
        yield request


def is_stopped_by_hold(request: RightsRequest) -> bool:
    """Whether a hold keeps this request from going on. Locks the person's row until the transaction ends, as
    placing and releasing a hold lock it: a hold and an erasure's step never pass each other."""
    if request.kind != RequestKind.ERASURE:
        return False
    DataSubject.objects.select_for_update().get(pk=request.subject_id)
    return is_held(request.subject_id)


def is_held(subject_id: uuid.UUID) -> bool:
    """Whether a hold is in force or ordered: an ordered hold counts from the moment it was asked for."""
    ordered = RightsRequest.objects.filter(subject=subject_id, kind=RequestKind.HOLD_PLACE).exclude(
        status__in=RequestStatus.closed()
    )
    return LegalHold.objects.filter(subject=subject_id, released_at__isnull=True).exists() or ordered.exists()


def renew(lease: Lease, step: FulfilmentStep, result: dict | None) -> None:
    """Prolongs the lease during long work, and keeps the evidence so far if there is any; raises LeaseLost or
    Stopped."""
    with guarded(lease) as request:
        prolong(request)
        if result is not None:
            FulfilmentStep.objects.filter(pk=step.pk, state__in=OPEN_STEPS).update(result=result)
    beat(lease.lane)


def prolong(request: RightsRequest) -> None:
    RightsRequest.objects.filter(pk=request.pk).update(lease_until=Now() + LEASE)


def record(request: RightsRequest, step: FulfilmentStep, outcome: Outcome) -> Outcome:
    """Writes the outcome of an attempt, in the caller's transaction. `attempts` counts from the last answer."""
    row = FulfilmentStep.objects.filter(pk=step.pk, state__in=OPEN_STEPS)
    prolong(request)
    if not row.exists():  # attested by a person during the call: their evidence stands
        return outcome
    if isinstance(outcome, More | Later | Waiting | Failed) and outcome.result is not None:
        row.update(result=outcome.result)
    match outcome:
        case Done():
            if outcome.record:
                outcome.record(request, step)
            finish(request, step, StepState.DONE, outcome.result, outcome.units)
        case More():
            row.update(units_done=outcome.units, problem="", not_before=None, attempts=0)
            made_progress(request)
        case Later():
            wait = backoff(step.attempts) if outcome.seconds is None else outcome.seconds
            row.update(problem=outcome.because[:300], not_before=after(wait))
            if step.attempts >= MAX_ATTEMPTS:
                park(request, f"{step}: {outcome.because}")
        case Waiting():
            look = None if outcome.seconds is None else after(outcome.seconds)
            row.update(state=StepState.WAITING, problem=outcome.because[:300], not_before=look, attempts=0)
        case Failed():
            row.update(problem=outcome.because[:300], not_before=None)
            park(request, f"{step}: {outcome.because}")
        case _:
            raise TypeError(f"{step} answered with a {type(outcome).__name__}")
    return outcome


def finish(
    request: RightsRequest,
    step: FulfilmentStep,
    state: str,
    result: dict,
    units: int | None,
    actor: Staff | None = None,
) -> None:
    """Closes a step, with its evidence, in the caller's transaction."""
    FulfilmentStep.objects.filter(pk=step.pk).update(
        state=state, result=result, problem="", references="", not_before=None, finished_at=Now(),
        started_at=step.started_at or Now(), units_done=step.units_planned if units is None else units,
    )  # fmt: skip
    audit.append(request.id, f"step.{state}", actor=actor, step=str(step), result=result)
    made_progress(request)


def made_progress(request: RightsRequest) -> None:
    """Forgets the claims that came to nothing; the one at hand stays counted until it is given back."""
    request.claims = min(request.claims, 1)
    RightsRequest.objects.filter(pk=request.pk).update(claims=request.claims)


def after(seconds: float):
    """That many seconds from now by the database's clock: never none, which would spin, nor for ever."""
    return Now() + min(timedelta(seconds=max(seconds, 1)), LONGEST_WAIT)


def backoff(attempts: int) -> float:
    """Seconds to wait before the next attempt: 30 x 2^n up to six hours, with full jitter."""
    return random.uniform(1, min(6 * 3600, 30 * 2**attempts))  # noqa: S311  (jitter is no secret)


def park(request: RightsRequest, because: str) -> None:
    """Gives the request to a person, in the caller's transaction: no worker claims it again before `unpark`. The
    worker that holds it now still does the steps that can be done."""
    request.parked_because = because[:300]
    request.save(update_fields=["parked_because"])
    audit.append(request.id, "request.parked", actor=None)


def settle(lease: Lease) -> None:
    """Gives the lease back, uncounts the claim (the worker has come through), and moves the request to where its
    steps stand."""
    with transaction.atomic():
        request = lock(lease.request_id)
        if request.fence != lease.fence or request.status not in queue.RUNNABLE:
            return
        steps = list(request.steps.all())
        move(request, steps)
        RightsRequest.objects.filter(pk=request.pk).update(
            lease_until=None, claims=max(request.claims - 1, 0), not_before=next_look(steps)
        )
        failpoint("settling")
    failpoint("settled")


def move(request: RightsRequest, steps: Sequence[FulfilmentStep]) -> None:
    unfinished = [s for s in steps if s.state in OPEN_STEPS]
    if not unfinished:
        transition(request, RequestStatus.FULFILLED, actor=None, because="every step finished")
    elif request.cancel_requested:
        transition(request, RequestStatus.WITHDRAWN, actor=None, because="cancelled", **account_of(steps))
    elif is_stopped_by_hold(request):
        transition(request, RequestStatus.ON_HOLD, actor=None, because="legal hold", **account_of(steps))
    else:
        follow_processors(request, unfinished)


def follow_processors(request: RightsRequest, unfinished: Sequence[FulfilmentStep]) -> None:
    """Says so when nothing but processors is awaited, and when that is over."""
    waiting = list(takewhile(lambda s: s.state == StepState.WAITING, unfinished))
    rest = unfinished[len(waiting) :]
    is_awaiting = bool(waiting) and all(s.handler in local_handlers for s in rest)
    target = RequestStatus.AWAITING_PROCESSORS if is_awaiting else RequestStatus.IN_PROGRESS
    if target != request.status:
        transition(request, target, actor=None, because="steps remain")


def next_look(steps: Sequence[FulfilmentStep]):
    """When a step within reach is due: the same rule by which `next_step` picks, so that no claim is in vain."""
    times = [s.not_before for s in within_reach(steps)]
    if None in times:
        return Now()
    return min(times, default=Now() + timedelta(days=1))
