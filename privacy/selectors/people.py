"""Who perhaps is one person. Everybody asks here: an e-mail address is not a person."""

from collections.abc import Collection, Iterable
from itertools import batched
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from privacy.catalogue import CaseKind
from privacy.models import DataSubject, Identifier, Likeness
from privacy.models.accounts import CHUNK, accounts_of

PERSON, TWIN = Coalesce("subject__merged_into", "subject"), Coalesce("other__merged_into", "other")


def reached(kind: type[CaseKind], subject_ids: Collection[UUID]) -> list[UUID]:
    """Of whom a case is opened when this is asked about these people or accounts."""
    if kind.reach == "account":
        return list(subject_ids)
    people = person_of(subject_ids)
    found = set(people.values()) if kind.reach == "person" else accounts_of(set(people.values()))
    return sorted(found)


def person_of(subject_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """{account: person} of these accounts."""
    of_some = DataSubject.objects.filter(pk__in=subject_ids).order_by()
    return dict(of_some.values_list("pk", Coalesce("merged_into", "pk")))


def asked() -> QuerySet[Likeness]:
    """What staff have still to say of all people, from both sides: whether `person` and `twin` are one. `subject` and
    `other` are the accounts of theirs that have one address."""
    of_two = Likeness.objects.annotate(person=PERSON, twin=TWIN).exclude(person=F("twin"))
    return of_two.filter(apart_at=None, subject__erased_at=None, other__erased_at=None)


def likenesses_of(subject_ids: Collection[UUID]) -> QuerySet[Likeness]:
    """Whom these people, with all their accounts, perhaps are as well."""
    return likenesses_among(list(accounts_of(subject_ids)))


def likenesses_among(accounts: Collection[UUID]) -> QuerySet[Likeness]:
    """The same, of whom all accounts are known."""
    return asked().filter(subject__in=accounts).order_by("since", "pk")


def shared_with_others(identifiers: Iterable[Identifier], accounts: Collection[UUID]) -> set[UUID]:
    """Ids of those of these identifiers, of these accounts, that somebody else has as well. Whoever has them is locked
    until the transaction ends: of two that are erased at the same time, the second finds nobody else."""
    values = {(i.kind, i.value): i.pk for i in identifiers if i.kind in Identifier.SHARED}
    theirs, found = {*accounts}, set[UUID]()
    for some in batched(values, CHUNK // 2):
        of_kinds = [Q(kind=kind, value__in=[v for k, v in some if k == kind]) for kind in Identifier.SHARED]
        rows = Identifier.objects.select_for_update().filter(of_kinds[0] | of_kinds[1]).order_by("pk")
        found |= {values[row.kind, row.value] for row in rows if row.subject_id not in theirs}
    return found
