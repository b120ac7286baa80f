"""Carries out requests step by step, so that a worker may die at any point and nothing is lost or done twice.

The rows are the queue of truth; a broker message is a doorbell. A worker claims a request with one conditional
UPDATE that raises its fence; every transaction afterwards locks the request and refuses an old fence, a cancel
and, for erasures, a legal hold. A local step is one such transaction (or several, each resumable); a remote step
is intent, call, record, with an idempotency key that is the same on every attempt.
"""

import logging
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from privacy.connectors.base import Done, Failed, Later, Waiting
from privacy.fulfilment import audit
from privacy.fulfilment.requests import lock, transition
from privacy.models import (
    DataSubject,
    FulfilmentStep,
    Heartbeat,
    LegalHold,
    RequestKind,
    RequestStatus,
    RightsRequest,
    StepState,
)
from privacy.selectors import queue

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
SLICE_SECONDS = 45
MAX_CLAIMS = 5
MAX_ATTEMPTS = 8
NAMESPACE = uuid.UUID("6f1b5c0e-3f0a-5d0e-9b7e-6b6f73656e61")
OPEN_STEPS = [StepState.PENDING, StepState.STARTED, StepState.WAITING]


class LeaseLost(Exception):
    """Another worker holds a newer fence; this one must not write."""


class Stopped(Exception):
    """The request may not go on: it was cancelled, or a hold was placed."""


@dataclass(frozen=True)
class Lease:
    request_id: uuid.UUID
    fence: int


@dataclass(frozen=True)
class More:
    """A slice is finished and there is more of it; `units` is how many rows the step has done so far."""

    units: int


Outcome = Done | More | Later | Waiting | Failed
Handler = Callable[..., Outcome]

local_handlers: dict[str, Handler] = {}
remote_handlers: dict[str, Handler] = {}


def local(name: str) -> Callable[[Handler], Handler]:
    """Registers a handler `(request, step) -> Done | More` that runs inside one guarded transaction a call."""

    def wrap(handler):
        local_handlers[name] = handler
        return handler

    return wrap


def remote(name: str) -> Callable[[Handler], Handler]:
    """Registers a handler `(request, step, renew) -> Outcome` that runs outside transactions, after the intent
    was recorded. It may run again with the same `step.idempotency_key`, so a second run must do no harm.
    `renew()` prolongs the lease and raises LeaseLost or Stopped."""

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


def run(request_id: uuid.UUID) -> None:
    """Carries the request as far as it goes now. Safe to call at any time, from any number of workers."""
    lease = claim(request_id)
    if lease is None:
        return
    failpoint("claimed")
    try:
        work(lease)
    except LeaseLost:
        log.info("lease lost", extra={"request": str(request_id)})
    except Stopped:
        settle(lease)
    except Exception:  # a bug must not spin: the claim stays counted, and the sixth one parks the request
        log.exception("step failed", extra={"request": str(request_id)})
        give_up_for_now(lease)


def claim(request_id: uuid.UUID) -> Lease | None:
    """Takes the lease with one conditional UPDATE; None when there is nothing to do or another worker has it.

    Five claims without a finished step park the request: whatever kills the workers, it is this one.
    """
    with transaction.atomic():
        if not queue.due().filter(pk=request_id).update(
            lease_until=Now() + LEASE, fence=F("fence") + 1, claims=F("claims") + 1
        ):  # fmt: skip
            return None
        request = lock(request_id)
        if request.claims > MAX_CLAIMS:
            park(request, "The worker died or stalled five times without finishing a step")
            return None
        return Lease(request_id, request.fence)


def work(lease: Lease) -> None:
    """Runs steps in order until the plan, the time slice or the patience of a processor ends."""
    ends = monotonic() + SLICE_SECONDS
    skipped: set[uuid.UUID] = set()
    while True:
        step = next_step(lease, skipped)
        if step is None:
            return settle(lease)
        outcome = attempt(lease, step)
        failpoint("attempted")
        if isinstance(outcome, Failed):
            return None
        if isinstance(outcome, Later | Waiting):
            skipped.add(step.id)
        if monotonic() > ends:
            return settle(lease)


def next_step(lease: Lease, skipped: set[uuid.UUID]) -> FulfilmentStep | None:
    """The first open step that is due. A processor that lets us wait does not hold up the steps after it,
    except the last, which closes the plan."""
    steps = list(
        FulfilmentStep.objects.filter(request_id=lease.request_id).annotate(now=Now()).order_by("seq")
    )
    unfinished = [s for s in steps if s.state in OPEN_STEPS]
    for step in unfinished:
        is_due = step.id not in skipped and (step.not_before is None or step.not_before <= step.now)
        attended = step.state == StepState.WAITING and step.not_before is None
        if is_due and not attended and (step is not steps[-1] or len(unfinished) == 1):
            return step
        if step.handler in local_handlers:
            return None  # local steps keep their order
    return None


def attempt(lease: Lease, step: FulfilmentStep) -> Outcome:
    """One attempt at one step, local or remote, and the record of its outcome."""
    if step.handler in local_handlers:
        return attempt_local(lease, step)
    with guarded(lease) as request:
        FulfilmentStep.objects.filter(pk=step.pk).update(
            state=StepState.STARTED, attempts=F("attempts") + 1, started_at=Now()
        )
        audit.append(request.id, "step.intended", actor=None, step=str(step), attempt=step.attempts + 1)
    step.refresh_from_db()
    failpoint("intended")
    try:
        outcome = remote_handlers[step.handler](request, step, lambda: renew(lease))
    except (LeaseLost, Stopped):
        raise
    except OSError as error:
        outcome = Later(f"{type(error).__name__}: {error.strerror or 'no answer'}")
    failpoint("called")
    with guarded(lease, hold_stops=False) as request:
        record(request, step, outcome)
    return outcome


def attempt_local(lease: Lease, step: FulfilmentStep) -> Outcome:
    with guarded(lease) as request:
        if step.started_at is None:
            FulfilmentStep.objects.filter(pk=step.pk).update(
                state=StepState.STARTED, attempts=F("attempts") + 1, started_at=Now()
            )
        failpoint("before effect")
        outcome = local_handlers[step.handler](request, step)
        failpoint("after effect")
        record(request, step, outcome)
        failpoint("recorded")
    return outcome


@contextmanager
def guarded(lease: Lease, *, hold_stops: bool = True) -> Iterator[RightsRequest]:
    """A transaction with the request locked, in which nothing happens after the lease is lost, the request
    cancelled, or (for an erasure) a hold placed. The subject's row is locked too, as placing a hold locks it:
    a hold and an erasure step never pass each other. Raises LeaseLost or Stopped."""
    with transaction.atomic():
        request = lock(lease.request_id)
        if request.fence != lease.fence:
            raise LeaseLost
        if request.kind == RequestKind.ERASURE and hold_stops:
            DataSubject.objects.select_for_update().get(pk=request.subject_id)
            if is_held(request.subject_id):
                raise Stopped
        if request.cancel_requested and hold_stops:
            raise Stopped
        yield request


def is_held(subject_id: uuid.UUID) -> bool:
    """Whether a hold is in force or ordered: an ordered hold counts from the moment it was asked for."""
    ordered = RightsRequest.objects.filter(subject=subject_id, kind=RequestKind.HOLD_PLACE).exclude(
        status__in=RequestStatus.closed()
    )
    return LegalHold.objects.filter(subject=subject_id, released_at__isnull=True).exists() or ordered.exists()


def renew(lease: Lease) -> None:
    """Prolongs the lease during long work; raises LeaseLost or Stopped."""
    with guarded(lease) as request:
        RightsRequest.objects.filter(pk=request.pk).update(lease_until=Now() + LEASE)


def record(request: RightsRequest, step: FulfilmentStep, outcome: Outcome) -> None:
    """Writes the outcome of an attempt, in the caller's transaction."""
    row = FulfilmentStep.objects.filter(pk=step.pk)
    match outcome:
        case Done():
            if outcome.record:
                outcome.record(request, step)
            finish(request, step, StepState.DONE, outcome.result, outcome.units)
        case More():
            row.update(units_done=outcome.units)
            made_progress(request)
        case Later():
            wait = outcome.seconds if outcome.seconds is not None else backoff(step.attempts)
            row.update(problem=outcome.because[:300], not_before=Now() + timedelta(seconds=wait))
            if step.attempts >= MAX_ATTEMPTS:
                park(request, f"{step}: {outcome.because}")
        case Waiting():
            wait = None if outcome.seconds is None else Now() + timedelta(seconds=outcome.seconds)
            row.update(state=StepState.WAITING, problem=outcome.because[:300], not_before=wait)
            made_progress(request)
        case Failed():
            row.update(problem=outcome.because[:300])
            park(request, f"{step}: {outcome.because}")


def finish(request: RightsRequest, step: FulfilmentStep, state: str, result: dict, units: int | None, actor=None) -> None:
    """Closes a step, with its evidence, in the caller's transaction."""
    FulfilmentStep.objects.filter(pk=step.pk).update(
        state=state, result=result, problem="", references="", not_before=None, finished_at=Now(),
        started_at=step.started_at or Now(), units_done=step.units_planned if units is None else units,
    )  # fmt: skip
    audit.append(request.id, f"step.{state}", actor=actor, step=str(step), result=result)
    made_progress(request)


def made_progress(request: RightsRequest) -> None:
    RightsRequest.objects.filter(pk=request.pk).update(claims=0, lease_until=Now() + LEASE)


def backoff(attempts: int) -> float:
    """Seconds to wait before the next attempt: 30 x 2^n up to six hours, with full jitter."""
    return random.uniform(1, min(6 * 3600, 30 * 2**attempts))


def park(request: RightsRequest, because: str) -> None:
    """Gives the request to a person, in the caller's transaction."""
    request.parked_because = because[:300]
    request.lease_until = None
    request.save(update_fields=["parked_because", "lease_until"])
    audit.append(request.id, "request.parked", actor=None)


def give_up_for_now(lease: Lease) -> None:
    """Gives the lease back after a fault of ours, and backs off."""
    RightsRequest.objects.filter(pk=lease.request_id, fence=lease.fence).update(
        lease_until=None, not_before=Now() + timedelta(seconds=backoff(1))
    )


def settle(lease: Lease) -> None:
    """Gives the lease back and moves the request to where its steps stand."""
    with transaction.atomic():
        request = lock(lease.request_id)
        if request.fence != lease.fence:
            return
        steps = list(request.steps.all())
        unfinished = [s for s in steps if s.state in OPEN_STEPS]
        gone = [str(s) for s in steps if s.units_done or s.state in (StepState.DONE, StepState.STARTED)]
        if not unfinished:
            transition(request, RequestStatus.FULFILLED, actor=None, because="every step finished")
        elif request.cancel_requested:
            transition(request, RequestStatus.WITHDRAWN, actor=None, because="cancelled", done=gone)
        elif request.kind == RequestKind.ERASURE and is_held(request.subject_id):
            transition(request, RequestStatus.ON_HOLD, actor=None, because="legal hold", done=gone,
                       kept=[str(s) for s in unfinished])  # fmt: skip
        else:
            wait_for(request, unfinished)
        request.lease_until, request.claims = None, 0
        request.save(update_fields=["lease_until", "claims", "not_before"])
        failpoint("settled")


def wait_for(request: RightsRequest, unfinished: list[FulfilmentStep]) -> None:
    """Sets when to look at the request again, and says so if only processors are awaited."""
    waiting = all(s.handler in remote_handlers for s in unfinished[:-1]) and unfinished[0].handler in remote_handlers
    target = RequestStatus.AWAITING_PROCESSORS if waiting else RequestStatus.IN_PROGRESS
    if target != request.status:
        transition(request, target, actor=None, because="steps remain")
    times = [s.not_before for s in unfinished if s.not_before]
    undated = [s for s in unfinished if s.not_before is None and s.state != StepState.WAITING]
    first_is_due = bool(undated) and undated[0] is unfinished[0]
    far = datetime.now(UTC) + timedelta(days=1)
    request.not_before = None if first_is_due else min(times, default=far)


def sweep(limit: int = 500) -> list[uuid.UUID]:
    """Ids of the requests whose bell must be rung: due, and not in any worker's hands. Says that it ran."""
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": Now()})
    return list(queue.due().order_by("received_at").values_list("id", flat=True)[:limit])
