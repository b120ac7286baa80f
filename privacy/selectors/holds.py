"""Who is held. Everybody asks here: pages, plans, the engine."""

from collections.abc import Collection
from uuid import UUID

from privacy.models import LegalHold, RequestKind, RequestStatus, RightsRequest


def covering(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people under a hold, in force or ordered: an ordered one counts from the moment it was asked for."""
    ordered = RightsRequest.objects.filter(subject__in=subject_ids, kind=RequestKind.HOLD_PLACE).exclude(
        status__in=RequestStatus.closed()
    )
    return {*in_force(subject_ids), *ordered.values_list("subject_id", flat=True)}


def in_force(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those for whom a worker has put it in force, so that it can be released."""
    found = LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True)
    return set(found.values_list("subject_id", flat=True))
