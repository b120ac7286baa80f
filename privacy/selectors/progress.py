"""How far requests are: the numbers that the progress pages show and ask for again while a worker works."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from privacy.models import Batch, Job, RequestKind, RequestStatus, RightsRequest, Step, StepState
from privacy.selectors import deadlines, queue

FINISHED = [StepState.DONE, StepState.WAIVED]


@dataclass(frozen=True)
class StepBar:
    """A step's progress in units (rows or files); a step without units is a single one."""

    id: UUID
    state: str
    done: int
    planned: int

    @property
    def text(self) -> str:
        if self.planned <= 1:
            return StepState(self.state).label
        return f"{self.done:,} of {self.planned:,}"


@dataclass(frozen=True)
class Progress:
    """`version` changes when more than numbers changed, so that the page must be read again."""

    is_open: bool
    version: str
    sentence: str
    done: int
    total: int
    bars: tuple[StepBar, ...] = ()


def of_request(request: RightsRequest, job: Job | None, steps: Sequence[Step]) -> Progress:
    finished = sum(step.state in FINISHED for step in steps)
    of_job = (job.parked_because, job.cancel_requested) if job else ()
    facts = [request.status, *of_job, *((s.state, s.problem) for s in steps)]
    return Progress(
        is_open=request.is_open,
        version=_version(facts),
        sentence=_sentence(request, job, finished, len(steps)),
        done=finished,
        total=len(steps),
        bars=tuple(_bar(step) for step in steps),
    )


def of_batch(batch: Batch) -> tuple[Progress, dict[str, int]]:
    """(progress, {status: requests}) with one query."""
    by_status = Counter(dict(batch.requests.order_by().values_list("status").annotate(Count("id"))))
    total = by_status.total()
    closed = sum(by_status[status] for status in RequestStatus.closed())
    progress = Progress(
        is_open=closed < total,
        version=_version(sorted(by_status.items())),
        sentence=f"{closed:,} of {total:,} requests closed",
        done=closed,
        total=total,
    )
    return progress, {status: by_status[status] for status in RequestStatus.values if by_status[status]}


def time_left(done: int, total: int, seconds: float) -> str:
    """In words, from the speed so far."""
    left = seconds * max(total - done, 0) / max(done, 1)
    if left < 1:
        return "almost done"
    return f"about {left:.0f} s left" if left < 100 else f"about {left / 60:.0f} min left"


def queue_counts(approver_id: int | None) -> dict[str, int]:
    """How many open requests stand on each tab of the queue, with one query; what an approver asked for does not
    wait for that approver."""
    open_statuses = [status for status in RequestStatus.values if status not in RequestStatus.closed()]
    return RightsRequest.objects.filter(status__in=open_statuses).aggregate(
        open=Count("id"),
        approval=Count("id", filter=Q(status=RequestStatus.AWAITING_APPROVAL) & ~Q(requested_by=approver_id)),
        running=Count("id", filter=Q(status__in=RequestStatus.carried_out()) & ~Q(queue.IS_PARKED)),
        parked=Count("id", filter=Q(queue.IS_PARKED)),
        overdue=Count("id", filter=deadlines.overdue()),
    )


def erasures_touched_by(kind: str, subject_ids: Sequence[UUID]) -> int:
    """How many open erasures a hold would stop, or its release set going again."""
    erasures = RightsRequest.objects.filter(subject__in=subject_ids, kind=RequestKind.ERASURE)
    if kind == RequestKind.HOLD_PLACE:
        return erasures.exclude(status__in=[*RequestStatus.closed(), RequestStatus.ON_HOLD]).count()
    if kind == RequestKind.HOLD_RELEASE:
        return erasures.filter(status=RequestStatus.ON_HOLD).count()
    return 0


def _bar(step: Step) -> StepBar:
    planned = max(step.units_planned, 1)
    done = planned if step.state in FINISHED else min(step.units_done, planned)
    return StepBar(step.id, step.state, done, planned)


def _sentence(request: RightsRequest, job: Job | None, finished: int, total: int) -> str:
    if job and job.parked_because and request.is_open:
        return "Stopped: a person has to look at it"
    steps = f"{finished} of {total} steps done"
    match request.status:
        case RequestStatus.AWAITING_APPROVAL:
            return "Waits for another person’s approval"
        case RequestStatus.ON_HOLD:
            return f"Stopped by a legal hold, {steps}" if total else "Stopped by a legal hold"
        case RequestStatus.IN_PROGRESS:
            return steps
        case RequestStatus.AWAITING_PROCESSORS:
            return f"{steps}; answers of processors are awaited or have to be attested"
        case RequestStatus.FULFILLED:
            return "Done"
    return "Closed, and nothing was done" if not finished else f"Closed, {steps}"


def _version(facts: Sequence[object]) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
