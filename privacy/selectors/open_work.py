"""Rights requests that are open, by age and by when they are due, and how soon those of the last weeks were answered:
the same figures for the dashboard and for the register's page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from privacy import regimes
from privacy.catalogue.cases import answered_in_writing
from privacy.models import Case, Outcome, State
from privacy.selectors.small_numbers import ALL, Cell, Key, Published, Sum
from privacy.selectors.spreads import AGES, Days, took_so_long

WEEKS, DUE_DAYS = 12, 42
NEVER_ANSWERED = {*Outcome.nothing_done()} - {Outcome.DENIED}


@dataclass(frozen=True)
class Bucket:
    """So many, of a name; None of what is hidden."""

    name: str
    number: int | None
    is_small: bool = False


@dataclass(frozen=True)
class Answered:
    """How soon rights requests of a kind were answered that were closed in the last twelve weeks; `late` of them after
    their date."""

    key: str
    published: Published

    @property
    def buckets(self) -> list[Bucket]:
        return [self._bucket(AGES[place][0], "soon", str(place)) for place in range(len(AGES))]

    @property
    def late(self) -> Bucket:
        return self._bucket("Late", "late")

    @property
    def total(self) -> Bucket:
        return self._bucket("All", *ALL)

    def _bucket(self, name: str, *key: str) -> Bucket:
        return Bucket(name, self.published.shown(key), self.published.is_small(key))


def answered() -> list[Answered]:
    """Of each right that was answered, how soon, in one query."""
    since = datetime.now(UTC) - timedelta(weeks=WEEKS)
    written = Case.objects.filter(~Q(outcome__in=NEVER_ANSWERED), kind__in=answered_in_writing())
    rows = written.filter(closed_at__gte=since).alias(took=Days(F("closed_at"), F("received_at")))
    is_late = Q(limit_on__lt=TruncDate("closed_at", tzinfo=regimes.CONTROLLER_ZONE))
    parts: dict[Key, Q] = {("soon", str(place)): took_so_long(place) for place in range(len(AGES))}
    parts |= {("late",): is_late, ("in time",): ~is_late | Q(limit_on=None), ALL: Q()}
    return [Answered(row["kind"], _published(row, parts, _of_one)) for row in _counted(rows, parts, "kind")]


def _of_one(keys: Iterable[Key]) -> list[Sum]:
    return [Sum(ALL, tuple(key for key in keys if key[0] == "soon")), Sum(ALL, (("late",), ("in time",)))]


def _counted(rows: QuerySet[Case, Any], parts: Mapping[Key, Q], *by: str) -> list[dict[str, Any]]:
    """Cases and people of each of these parts, in one query."""
    columns = {
        f"{what}{place}": Count(column, distinct=what == "people", filter=part or None)
        for place, part in enumerate(parts.values())
        for what, column in (("number", "pk"), ("people", "subject"))
    }
    return list(rows.order_by(*by).values(*by).annotate(**columns)) if by else [rows.order_by().aggregate(**columns)]


def _published(row: Mapping[str, Any], parts: Mapping[Key, Q], sums: Any) -> Published:
    cells = {key: Cell(row[f"number{place}"], row[f"people{place}"]) for place, key in enumerate(parts)}
    return Published(settings.SMALLEST_FIGURE, cells, sums(cells))


def is_of_age(place: int) -> Q:
    """Open for so long: a place of AGES."""
    now, earliest, latest = datetime.now(UTC), AGES[place - 1][1] if place else None, AGES[place][1]
    before = Q(received_at__lte=now - timedelta(days=earliest)) if earliest else Q()
    return before & Q(received_at__gt=now - timedelta(days=latest)) if latest else before


def due_day(number: int) -> date:
    """So many days from today."""
    return regimes.today() + timedelta(days=number)


def open_columns() -> dict[str, Count]:
    """Columns by which open cases are counted by age (rights requests) and by the day on which they are due, for
    whoever counts other things of them in the same query."""
    ours = Q(kind__in=answered_in_writing())
    ages = {f"age_{place}": Count("pk", filter=ours & is_of_age(place)) for place in range(len(AGES))}
    return ages | {f"due_{number}": Count("pk", filter=Q(due_on=due_day(number))) for number in range(DUE_DAYS)}


def of_age(counts: Mapping[str, int]) -> list[Bucket]:
    """Open rights requests by the days since they were received, of `open_columns`."""
    return [Bucket(name, counts[f"age_{place}"]) for place, (name, _) in enumerate(AGES)]


def due_by_day(counts: Mapping[str, int]) -> list[tuple[date, int]]:
    """(day, open cases due on it) of the next six weeks, of `open_columns`; what is overdue is due on none of them."""
    return [(due_day(number), counts[f"due_{number}"]) for number in range(DUE_DAYS)]


@dataclass(frozen=True)
class OpenNow:
    """Rights requests that are open, by age and by the week in which they are due, as far as that may be told."""

    ages: list[Bucket]
    weeks: list[Bucket]
    total: Bucket


def open_now() -> OpenNow:
    """In one query."""
    rows = Case.objects.filter(~Q(state=State.CLOSED), kind__in=answered_in_writing())
    parts = {ALL: Q()} | {("age", str(place)): is_of_age(place) for place in range(len(AGES))}
    parts |= {("due", name): of_week for name, of_week in _weeks()}
    published = _published(_counted(rows, parts)[0], parts, _of_what_is_open)

    def buckets(kind: str) -> list[Bucket]:
        return [Bucket(key[1], published.shown(key), published.is_small(key)) for key in parts if key[0] == kind]

    ages = [Bucket(AGES[int(b.name)][0], b.number, b.is_small) for b in buckets("age")]
    return OpenNow(ages, buckets("due"), Bucket("All", published.shown(ALL), published.is_small(ALL)))


def _of_what_is_open(keys: Iterable[Key]) -> list[Sum]:
    found = list(keys)
    return [Sum(ALL, tuple(key for key in found if key[0] == kind)) for kind in ("age", "due")]


def _weeks() -> Iterator[tuple[str, Q]]:
    yield "Overdue", Q(due_on__lt=due_day(0))
    for first in range(0, DUE_DAYS, 7):
        day = due_day(first)
        yield f"Week of {day.day} {day:%b}", Q(due_on__gte=day, due_on__lt=due_day(first + 7))
    yield "Later, or no date", Q(due_on__gte=due_day(DUE_DAYS)) | Q(due_on=None)
