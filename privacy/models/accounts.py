"""Which rows of people are one person's: those that were merged keep everything of theirs, and are read together."""

from collections.abc import Collection, Mapping
from itertools import batched
from uuid import UUID

from privacy.datamap.scope import Scope
from privacy.models.subjects import DataSubject

CHUNK = 900  # SQLite takes 999 parameters in its oldest builds


def accounts_of(subject_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """{account: person} of these people: their own rows, and those that were merged into them."""
    found = {subject_id: subject_id for subject_id in subject_ids}
    for some in batched(subject_ids, CHUNK):
        found |= dict(DataSubject.objects.filter(merged_into__in=some).order_by().values_list("pk", "merged_into"))
    return found


def scope_of(subject_ids: Collection[UUID]) -> Scope:
    """All rows of these people, under whichever of their accounts."""
    return scope_over(accounts_of(subject_ids))


def scope_over(accounts: Mapping[UUID, UUID]) -> Scope:
    """`accounts` as `accounts_of` gives them."""
    return Scope.one(*accounts) if len(accounts) == 1 else Scope.many(accounts, several(accounts))


def several(accounts: Mapping[UUID, UUID]) -> Mapping[UUID, UUID]:
    """The same, or nothing where everybody has one account only."""
    return accounts if len({*accounts.values()}) < len(accounts) else {}
