"""What there is of one person, over all their accounts: rows by area of the data map, and what has happened."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, models
from django.utils.text import capfirst

from privacy.datamap import PersonalData, compiler
from privacy.datamap.scope import Scope, id_in
from privacy.evidence.commitments import pseudonyms
from privacy.models import AuditEntry, ChildFlag, LegalHold, SupportConversation

TOLD, CONVERSATIONS = 20, 5  # the newest entries of the trail, and of support


@dataclass(frozen=True)
class Line:
    """A table, and how many rows of it each account has."""

    declared: type[PersonalData]
    rows: Mapping[UUID, int]

    @property
    def name(self) -> str:
        return str(capfirst(self.declared.model._meta.verbose_name_plural))

    @property
    def total(self) -> int:
        return sum(self.rows.values())


@dataclass(frozen=True)
class Area:
    """An area of the data map is a file of it."""

    name: str
    lines: list[Line]

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)


def areas(accounts: Collection[UUID]) -> list[Area]:
    """What there is of these accounts, in one query; tables with nothing of theirs are left out."""
    declared = {d.label(): d for d in compiler.all_declarations() if not d.derived}
    scope = Scope.one(*accounts) if len(accounts) == 1 else Scope.many(accounts)
    rows: dict[str, Counter[UUID]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(*compiler.counts_of_all(declared.values(), scope))
        for label, account, _, number in cursor.fetchall():
            rows[label][id_in(account)] += number
    lines: dict[str, list[Line]] = defaultdict(list)
    for label in sorted(rows):
        lines[area_of(declared[label])].append(Line(declared[label], dict(rows[label])))
    return [Area(name, lines[name]) for name in sorted(lines)]


def tables(found: Iterable[Area]) -> set[type[models.Model]]:
    return {line.declared.model for area in found for line in area.lines}


def area_of(declared: type[PersonalData]) -> str:
    package, _, area = declared.__module__.rpartition(".")
    return str(capfirst((package if area == "personal_data" else area).replace("_", " ")))


def trail(accounts: Collection[UUID], case_ids: Collection[UUID]) -> list[AuditEntry]:
    """The newest entries about the accounts and these cases of theirs."""
    chains = [UUID(name) for account in accounts for name in pseudonyms(account)]
    entries = AuditEntry.objects.filter(chain__in=[*chains, *case_ids]).select_related("actor")
    return list(entries.order_by("-at", "-id")[:TOLD])


def holds(accounts: Collection[UUID]) -> list[LegalHold]:
    """Those in force first."""
    return list(LegalHold.objects.filter(subject__in=accounts).order_by("-released_at", "-placed_at"))


def flags(accounts: Collection[UUID]) -> list[ChildFlag]:
    return list(ChildFlag.objects.filter(subject__in=accounts).order_by("-flagged_at"))


def conversations(accounts: Collection[UUID]) -> list[SupportConversation]:
    return list(SupportConversation.objects.filter(subject__in=accounts).order_by("-opened_at")[:CONVERSATIONS])
