"""What a worker may claim now, and in which order."""

from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from privacy.models import Job

ANY = Q()
# Duties without a date first (a hold, a child's account), then by deadline.
URGENCY = (F("due_on").asc(nulls_first=True), "ordered_at", "id")


def due() -> QuerySet[Job]:
    """Jobs that are open, not parked, not leased and not backing off."""
    return Job.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        Q(not_before__isnull=True) | Q(not_before__lte=Now()),
        ended_at=None,
        parked_because="",
    )


def next_due(limit: int, among: Q = ANY) -> list[UUID]:
    """Ids of the most urgent."""
    return list(due().filter(among).order_by(*URGENCY).values_list("id", flat=True)[:limit])
