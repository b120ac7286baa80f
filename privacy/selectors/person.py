"""What there is of one person, over all their accounts: rows by area of the data map, and what has happened."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.text import capfirst

from privacy.datamap import PersonalData, compiler
from privacy.datamap.scope import Scope, id_in
from privacy.evidence.commitments import pseudonyms
from privacy.models import (
    AuditEntry,
    ChildFlag,
    ConsentWording,
    DataSubject,
    Identifier,
    LegalHold,
    Limit,
    MarketingPreference,
    Membership,
    SupportConversation,
)
from privacy.selectors import consents, limits

TOLD, CONVERSATIONS, TEAMS = 20, 5, 20  # the newest entries of the trail, and of support; the first teams

Few = dict[type[models.Model], list[Any]]
SUBJECT, NOBODY = F("subject"), Cast(Value(None), models.UUIDField())
NO_DAY, NO_WORD = Cast(Value(None), models.DateTimeField()), Value("")
# The columns of one query for the rows of small tables, and which fields of theirs stand in them.
COLUMNS = {"word": NO_WORD, "name": NO_WORD, "begun": NO_DAY, "ended": NO_DAY, "yes": Value(False)}
SHOWN: Mapping[type[models.Model], Mapping[str, str]] = {
    LegalHold: {"begun": "placed_at", "ended": "released_at", "yes": "silent"},
    ChildFlag: {"word": "state", "begun": "flagged_at", "ended": "decided_at"},
    Limit: {"word": "purpose", "name": "ground", "begun": "since"},
    SupportConversation: {"word": "status", "begun": "opened_at"},
    Membership: {"word": "role", "name": "team_name", "yes": "owns"},
    MarketingPreference: {"word": "channel", "begun": "changed_at", "yes": "opted_in"},
    Identifier: {"word": "kind", "name": "value", "yes": "is_primary"},
    ConsentWording: {"word": "topic", "name": "version"},
}


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
        for label, account, _, _, number, _ in cursor.fetchall():
            rows[label][id_in(account)] += number
    lines: dict[str, list[Line]] = defaultdict(list)
    for label in sorted(rows):
        lines[area_of(declared[label])].append(Line(declared[label], dict(rows[label])))
    return [Area(name, lines[name]) for name in sorted(lines)]


def area_of(declared: type[PersonalData]) -> str:
    package, _, area = declared.__module__.rpartition(".")
    return str(capfirst((package if area == "personal_data" else area).replace("_", " ")))


def trail(accounts: Collection[UUID], case_ids: Collection[UUID]) -> list[AuditEntry]:
    """The newest entries about the accounts and these cases of theirs."""
    chains = [UUID(name) for account in accounts for name in pseudonyms(account)]
    entries = AuditEntry.objects.filter(chain__in=[*chains, *case_ids]).select_related("actor")
    return list(entries.order_by("-at", "-id")[:TOLD])


def few(subject: DataSubject, accounts: Collection[UUID]) -> Few:
    """The rows of small tables that the person's page shows, in one query: holds, flags, limits, identifiers and the
    newest of support under any account; the teams and the choices of this one; and the wordings that are relied on for
    nothing. They have the fields of SHOWN."""
    talks = SupportConversation.objects.filter(subject__in=accounts)
    teams = subject.memberships.annotate(team_name=F("team__name"), owns=Q(team__owner=F("subject")))
    first, *others = (
        _columns(LegalHold.objects.filter(subject__in=accounts)),
        _columns(ChildFlag.objects.filter(subject__in=accounts)),
        _columns(limits.IN_FORCE.filter(subject__in=accounts)),
        _columns(talks.filter(pk__in=talks.order_by("-opened_at").values("pk")[:CONVERSATIONS])),
        _columns(teams.filter(pk__in=subject.memberships.order_by("team__name").values("pk")[:TEAMS])),
        _columns(subject.marketing_preferences.all()),
        _columns(Identifier.objects.filter(subject__in=accounts)),
        _columns(consents.relied_on_for_nothing(), NOBODY),
    )
    found: Few = {model: [] for model in SHOWN}
    for label, pk, subject_id, *values in first.union(*others, all=True).order_by("name", "-begun"):
        model = apps.get_model(label)
        row, told = model(pk=pk), dict(zip(COLUMNS, values, strict=True))
        row.subject_id = subject_id
        for column, field in SHOWN[model].items():
            setattr(row, field, told[column])
        found[model].append(row)
    return found


def _columns(rows: QuerySet[Any, Any], whose: F | Cast = SUBJECT) -> QuerySet[Any, Any]:
    fields = {column: F(field) for column, field in SHOWN[rows.model].items()}
    told = rows.order_by().annotate(what=Value(rows.model._meta.label), whose=whose, **COLUMNS | fields)
    columns: QuerySet[Any, Any] = told.values_list("what", "pk", "whose", *COLUMNS)
    return columns
