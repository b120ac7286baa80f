"""Who is held. Everybody asks here: pages, plans, the engine."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from privacy.models import LegalHold, RequestKind, RequestStatus, RightsRequest


def covering(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people under a hold, in force or ordered: an ordered one counts from the moment it was asked for."""
    ordered = RightsRequest.objects.filter(subject__in=subject_ids, kind=RequestKind.HOLD_PLACE).exclude(
        status__in=RequestStatus.closed()
    )
    both = _in_force(subject_ids).values_list("subject_id").union(ordered.order_by().values_list("subject_id"))
    return {subject_id for (subject_id,) in both}


def in_force(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those for whom a worker has put it in force, so that it can be released."""
    return set(_in_force(subject_ids).values_list("subject_id", flat=True))


def _in_force(subject_ids: Collection[UUID]) -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True)
