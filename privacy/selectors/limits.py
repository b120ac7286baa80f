"""What of people may not be processed now. Everybody asks here: pages, intake, billing."""

from collections.abc import Collection
from itertools import batched
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from privacy.datamap import Use
from privacy.models import DataSubject, Limit

CHUNK = 900  # SQLite takes 999 parameters in its oldest builds
IN_FORCE = Limit.objects.filter(lifted_at__isnull=True)
ASKED_FOR = IN_FORCE.filter(ground__in=Limit.Ground.asked_for())
# Of those whose data is stored and not used, for a purpose or for all. Who has opted out of something is not among
# them, nor who waits for the erasure itself.
RESTRICTED = IN_FORCE.filter(ground__in=[Limit.Ground.CHILD, *Limit.Ground.asked_for()])
FROZEN = IN_FORCE.filter(purpose="")
# Of a person's row. One who is erased is that and nothing else: there is nothing left to be limited.
IS_LIMITED = Q(Exists(IN_FORCE.filter(subject=OuterRef("pk"))), erased_at=None)
IS_FROZEN = Q(Exists(FROZEN.filter(subject=OuterRef("pk"))), erased_at=None)
ARE_FROZEN = Q(pk__in=FROZEN.values("subject"), erased_at=None)  # the same, where the few are looked for among many


def covering(subject_ids: Collection[UUID], purposes: Collection[Use]) -> set[UUID]:
    """Those of the people who are limited for one of these purposes, or erased."""
    free: set[UUID] = set()
    for some in batched(sorted(subject_ids), CHUNK):
        people = DataSubject.objects.free_for(*purposes).filter(pk__in=some)
        free.update(people.order_by().values_list("pk", flat=True))
    return set(subject_ids) - free


def in_force(subject: DataSubject) -> QuerySet[Limit]:
    """The limits that count for this person now, the oldest first."""
    return IN_FORCE.filter(subject=subject, subject__erased_at=None).order_by("since", "pk")
