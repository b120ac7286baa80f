"""What becomes of what comes in: for whom nothing may, what no database would take, and what is told of it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from privacy.datamap import registry
from privacy.datamap.fields import Column
from privacy.fulfilment.importing.reading import why_not_storable
from privacy.models import DataSubject
from privacy.selectors import limits

ERASED = "This person was erased at their own request; the suppression ledger keeps them from coming back."
FROZEN = "The account is frozen as a possible child's: nothing new is taken in until that is decided."
HELD = "This person is under a legal hold; what is stored of them stays as it is until the hold is released."
CHUNK = 900  # SQLite takes 999 parameters in its oldest builds; a chunk leaves room for others


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"  # nothing is wrong with the row, but it must not come in
    REFUSED = "refused"  # the row is wrong


@dataclass
class Arrival:
    """What became of a row. `reason` is a sentence for staff, without any value; `row` is None when nothing is kept."""

    outcome: Outcome
    row: models.Model | None = None
    reason: str = ""


# What of these people is there: `lock_people` or `find_people`.
type GetPeople = Callable[[Iterable[UUID | None]], dict[UUID, DataSubject]]


def lock_people(subject_ids: Iterable[UUID | None]) -> dict[UUID, DataSubject]:
    """These people, their rows locked until the transaction ends, always in the same order."""
    return _people(DataSubject.objects.select_for_update().order_by("id"), subject_ids)


def find_people(subject_ids: Iterable[UUID | None]) -> dict[UUID, DataSubject]:
    """These people as they are now, for whoever only reads."""
    return _people(DataSubject.objects.all(), subject_ids)


def _people(rows: models.QuerySet[DataSubject], subject_ids: Iterable[UUID | None]) -> dict[UUID, DataSubject]:
    found: dict[UUID, DataSubject] = {}
    for some in batched(sorted(subject_id for subject_id in subject_ids if subject_id), CHUNK):
        found |= rows.in_bulk(some)
    return found


def why_not(subject: DataSubject | None, limited: Collection[UUID]) -> str:
    """Why nothing may come in for this person now; empty when it may. `limited` as `closed_to` gives them."""
    if subject is None:
        return ""
    return ERASED if subject.erased_at else FROZEN if subject.pk in limited else ""


def closed_to(model: type[models.Model], subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people of whom no row of this model may come in now. Asked after `lock_people`: then it stays so."""
    return limits.covering(subject_ids, registry.declarations[model].purposes())


def subject_id_of(row: models.Model) -> UUID | None:
    """Whose row it is, by the path that the data map declares."""
    *through, last = registry.declarations[type(row)].subject.split("__")
    for name in through:
        row = getattr(row, name)
    subject_id: UUID | None = getattr(row, f"{last}_id")
    return subject_id


def what_is_wrong(row: models.Model) -> str:
    """What the database would refuse about this row, in words and without its values; empty when nothing."""
    problems = []
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        if isinstance(value, str) and (reason := why_not_storable(value)):
            problems.append(f"{column.verbose_name}: {reason}")
        elif isinstance(value, str) and column.max_length and len(value) > column.max_length:
            problems.append(f"{column.verbose_name}: {len(value):,} characters; {column.max_length} is the most")
    if problems:
        return in_one_sentence(problems)
    try:
        # Foreign keys were resolved by whoever made the row; looking each up again would cost a query a row.
        row.clean_fields(exclude={f.name for f in row._meta.concrete_fields if f.is_relation or is_filled(f)})
    except ValidationError as error:
        return in_one_sentence(f"{name}: {' '.join(map(_fault, faults))}" for name, faults in error.error_dict.items())
    return ""


def _fault(error: ValidationError) -> str:
    """Django's words. For a choice that is none they would quote the cell, and the words are kept with the import."""
    return "This is none of the choices." if error.code == "invalid_choice" else " ".join(error.messages)


def is_filled(column: Column) -> bool:
    """Whether the database fills it by itself."""
    return bool(column.has_db_default())  # type: ignore[attr-defined]  # public, and not in the stubs yet


def counted(arrivals: Iterable[Arrival]) -> Counter[str]:
    """What one link of evidence says of a batch: how many came to what; empty if nothing was changed."""
    counts = Counter(str(a.outcome) for a in arrivals)
    return counts if counts[Outcome.CREATED] or counts[Outcome.UPDATED] else Counter()


def in_one_sentence(problems: Iterable[str]) -> str:
    text = "; ".join(problems)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
