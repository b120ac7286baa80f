"""What is due, what waits, and for how long. Times are the database's own."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from privacy.models import Heartbeat, ImportRun, RequestKind, RequestStatus, RightsRequest

RUNNABLE = [RequestStatus.IN_PROGRESS, RequestStatus.AWAITING_PROCESSORS]
# Two lanes, each with messages and a worker of its own: what is asked for many at once never stands before what one
# person waits for. A hold or a child flag is prompt for however many, because it protects.
PROMPT, BULK = "prompt", "bulk"
PROTECTS = [RequestKind.HOLD_PLACE, RequestKind.CHILD_FLAG]
LANES = {
    PROMPT: Q(batch__isnull=True) | Q(kind__in=PROTECTS),
    BULK: Q(batch__isnull=False) & ~Q(kind__in=PROTECTS),
}
ANY = Q()
# Due work that nobody has touched for so long, or a sweep unheard for so long, is a fault. A step's slice is 20 seconds
# at most, and the sweep runs every 15.
PATIENCE_SECONDS = 60


def lane_of(request: RightsRequest) -> str:
    return PROMPT if request.batch_id is None or request.kind in PROTECTS else BULK


def bulk_among(request_ids: Sequence[UUID]) -> set[UUID]:
    return set(RightsRequest.objects.filter(LANES[BULK], pk__in=request_ids).values_list("id", flat=True))


def due() -> QuerySet[RightsRequest]:
    """Requests that a worker may claim now: running, not parked, not leased, not backing off."""
    return RightsRequest.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        Q(not_before__isnull=True) | Q(not_before__lte=Now()),
        status__in=RUNNABLE,
        parked_because="",
    )


def imports_due() -> QuerySet[ImportRun]:
    """Unfinished imports that no worker holds."""
    return ImportRun.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()), finished_at=None)


def next_due(limit: int, among: Q = ANY) -> list[UUID]:
    """The most urgent due requests: duties without a date first (a hold, a child's account), then by deadline."""
    urgency = [F("due_on").asc(nulls_first=True), "received_at", "id"]
    return list(due().filter(among).order_by(*urgency).values_list("id", flat=True)[:limit])


def parked() -> QuerySet[RightsRequest]:
    return RightsRequest.objects.filter(status__in=RUNNABLE).exclude(parked_because="")


def untouched_seconds(lanes: Sequence[str] = tuple(LANES)) -> float | None:
    """The longest that work has been due in one of the lanes with no worker moving anything in it; None when nothing is
    due. A long queue that is being worked off is touched all the time."""
    found = [_untouched(lane) for lane in lanes]
    return max((seconds for seconds in found if seconds is not None), default=None)


def _untouched(lane: str) -> float | None:
    waited = max(_waited(lane), default=None)
    moved = heard_seconds(lane)
    return waited if moved is None or waited is None else min(waited, moved)


def _waited(lane: str) -> Iterator[float]:
    """Seconds since the oldest of each kind of work became due. Imports share the lane of bulk."""
    requests = due().filter(LANES[lane])
    kinds = [(requests, Coalesce("lease_until", "not_before", "approved_at", "received_at"))]
    if lane == BULK:
        kinds.append((imports_due(), Coalesce("lease_until", "created_at")))
    for rows, since in kinds:
        oldest = rows.annotate(since=since, now=Now()).order_by("since").values_list("since", "now").first()
        if oldest:
            yield (oldest[1] - oldest[0]).total_seconds()


def last_sweep_seconds() -> float | None:
    """Seconds since the sweeper last ran; None when it never did."""
    return heard_seconds("sweep")


def heard_seconds(name: str) -> float | None:
    """Seconds since this heartbeat; None when there was none."""
    row = Heartbeat.objects.filter(name=name).annotate(now=Now()).values_list("at", "now").first()
    return (row[1] - row[0]).total_seconds() if row else None


def workers_are_silent() -> bool:
    """Whether nobody sweeps, or nobody touches what is due: work is safe in the database but stands still."""
    swept = last_sweep_seconds()
    return swept is None or max(swept, untouched_seconds() or 0) > PATIENCE_SECONDS
