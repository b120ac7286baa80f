"""Who somebody is, for staff who decide or act: the one place where people are named to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from privacy.models import DataSubject, Identifier, Staff
from privacy.models.name_tokens import words_of

DOTS = "••••"


@dataclass(frozen=True)
class Who:
    """A person by name, masked address and short id. Of whom is erased, and for staff who may not see people, the id is
    all there is."""

    id: UUID
    name: str = ""
    address: str = ""
    is_shown: bool = False
    is_erased: bool = False

    @property
    def short_id(self) -> str:
        return str(self.id)[:8]

    @property
    def pseudonym(self) -> str:
        return f"Subject {self.short_id}"

    @property
    def title(self) -> str:
        """What a heading calls them."""
        return self.name or self.pseudonym

    def is_called(self, typed: str) -> bool:
        """Whether what was typed is of this person: any of the words of the name, or the short id."""
        typed_words = words_of(typed)
        if typed_words in (words_of(self.short_id), words_of(self.pseudonym)):
            return True
        return bool(typed_words) and set(typed_words) <= set(words_of(self.name))


def who(subject_ids: Iterable[UUID], viewer: Staff) -> dict[UUID, Who]:
    """{person: who they are}, in one query for any number; without one, and without a name, for a viewer who may not
    see people."""
    known = {subject_id: Who(subject_id) for subject_id in subject_ids}
    if not known or not viewer.sees_personal_data:
        return known
    rows = named(known).values_list("pk", "full_name", "address", "erased_at")
    return known | {row[0]: shown(*row) for row in rows}


def named(subject_ids: Iterable[UUID]) -> QuerySet[Any, Any]:
    """These people with `address`, for a query that asks for more than who they are."""
    mailbox = Identifier.objects.filter(subject=OuterRef("pk"), kind=Identifier.Kind.EMAIL)
    address = Subquery(mailbox.order_by("-is_primary", "value").values("value")[:1])
    people = DataSubject.objects.filter(pk__in=[*subject_ids]).order_by()
    return people.annotate(address=Coalesce(address, Value("")))


def shown(subject_id: UUID, name: str, address: str, erased_at: datetime | None) -> Who:
    """One of them, for a viewer who may see people."""
    return Who(subject_id, name, masked(address), is_shown=True, is_erased=erased_at is not None)


def masked(address: str) -> str:
    """`o••••@example.com`: enough to tell two people of a name apart, too little to write to."""
    mailbox, at, host = address.rpartition("@")
    return f"{mailbox[:1] if len(mailbox) > 1 else ''}{DOTS}{at}{host}" if address else ""
