"""Who is held. Everybody asks here: pages, plans, the engine."""

from collections.abc import Collection
from uuid import UUID

from privacy.models import LegalHold


def covering(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people under a hold: one is in force from the moment it was ordered."""
    held = LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True)
    return set(held.values_list("subject_id", flat=True))


def silent(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people under a hold of which they must not learn."""
    held = LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True, silent=True)
    return set(held.values_list("subject_id", flat=True))
