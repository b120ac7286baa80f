"""How soon cases were answered: whole days from receipt to answer, counted in the database, and what follows from the
counts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Func, IntegerField, Q
from django.db.models.functions import Coalesce

from privacy.models import Outcome

# Days since a request was received, or until it was answered: the name, and where the next begins.
AGES: tuple[tuple[str, int | None], ...] = (
    ("Up to a week", 8), ("8 to 14 days", 15), ("15 to 30 days", 31), ("31 to 45 days", 46), ("Longer", None),
)  # fmt: skip
COMPLIED, DENIED = (Outcome.FULFILLED, Outcome.PARTLY), (Outcome.DENIED,)


class Days(Func):
    """Whole days from one moment to another: in SQLite by its own function, as Django's is Python's, row by row."""

    arity = 2
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **given: Any) -> Any:
        template = "CAST(julianday(%(expressions)s) AS INTEGER)"
        return super().as_sql(
            compiler, connection, template=template, arg_joiner=") - julianday(", **given
        )  # fmt: skip

    def as_postgresql(self, compiler: Any, connection: Any, **given: Any) -> Any:
        template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 86400) AS integer)"
        return super().as_sql(compiler, connection, template=template, arg_joiner=" - ", **given)


TOOK = Days(Coalesce("answered_at", "closed_at"), F("received_at"))
IS_ANSWERED = Q(outcome__in=(*COMPLIED, *DENIED)) & (Q(answered_at__isnull=False) | Q(closed_at__isnull=False))


def took_so_long(place: int) -> Q:
    """That `took` is in this one of AGES."""
    latest, earliest = AGES[place][1], AGES[place - 1][1] if place else None
    longer = Q(took__gte=earliest) if earliest else Q()
    return longer & Q(took__lt=latest) if latest else longer


@dataclass
class Spread:
    """How many were answered after so many days. Of these median and mean are exact, on every database."""

    days: Counter[int] = field(default_factory=Counter)

    @property
    def number(self) -> int:
        return self.days.total()

    @property
    def mean(self) -> float:
        return sum(days * number for days, number in self.days.items()) / self.number

    @property
    def median(self) -> float:
        """The middle one, or what lies between the two in the middle: PostgreSQL's percentile_cont(0.5)."""
        low, high = (self.number - 1) // 2, self.number // 2
        return (self._at(low) + self._at(high)) / 2

    def _at(self, place: int) -> int:
        for days in sorted(self.days):
            place -= self.days[days]
            if place < 0:
                return days
        raise IndexError(place)

    def within(self) -> list[int]:
        """So many in each of AGES."""
        found = [0] * len(AGES)
        for days, number in self.days.items():
            found[next(place for place, (_, end) in enumerate(AGES) if end is None or days < end)] += number
        return found
