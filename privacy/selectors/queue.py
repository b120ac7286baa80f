"""What is due, what waits, and for how long. Times are the database's own."""

from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from privacy.models import Heartbeat, RequestStatus, RightsRequest

RUNNABLE = [RequestStatus.IN_PROGRESS, RequestStatus.AWAITING_PROCESSORS]


def due() -> QuerySet[RightsRequest]:
    """Requests that a worker may claim now: running, not parked, not leased, not backing off."""
    return RightsRequest.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        Q(not_before__isnull=True) | Q(not_before__lte=Now()),
        status__in=RUNNABLE,
        parked_because="",
    )


def next_due(limit: int) -> list[UUID]:
    """The most urgent due requests: duties without a date first (a hold, a child's account), then by deadline."""
    urgency = [F("due_on").asc(nulls_first=True), "received_at", "id"]
    return list(due().order_by(*urgency).values_list("id", flat=True)[:limit])


def parked() -> QuerySet[RightsRequest]:
    return RightsRequest.objects.filter(status__in=RUNNABLE).exclude(parked_because="")


def oldest_due_seconds() -> float | None:
    """Seconds since the oldest due request became due; None when nothing is due."""
    since = Coalesce("lease_until", "not_before", "approved_at", "received_at")
    row = due().annotate(since=since, now=Now()).order_by("since").values_list("since", "now").first()
    return (row[1] - row[0]).total_seconds() if row else None


def last_sweep_seconds() -> float | None:
    """Seconds since the sweeper last ran; None when it never did."""
    row = Heartbeat.objects.filter(name="sweep").annotate(now=Now()).values_list("at", "now").first()
    return (row[1] - row[0]).total_seconds() if row else None
