"""In which order open cases are worked: by their date, and on the same day by what is at stake. Said once, for the
queue's order and for the words that explain a place in it."""

from typing import Any

from django.db import models
from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable, OrderBy

from privacy.catalogue import case_kinds
from privacy.models import Case, ChildFlag
from privacy.selectors import cases, deadlines

MAY_BE_A_CHILD = Exists(
    ChildFlag.objects.filter(subject=OuterRef("subject"), state__in=[ChildFlag.State.SUSPECTED, ChildFlag.State.CHILD])
)


def stakes() -> tuple[tuple[str, Q], ...]:
    """(words, when it is so), the gravest first: one outweighs all that follow it."""
    irreversible = [key for key, kind in case_kinds.items() if kind.is_dangerous]
    return (
        ("cannot be undone", Q(kind__in=irreversible)),
        ("may be a child’s", Q(MAY_BE_A_CHILD)),
        ("no verified rule", deadlines.NONE_VERIFIED),
        ("parked", Q(cases.IS_PARKED)),
        ("nobody’s", Q(owner=None)),
    )


def ranked(found: QuerySet[Any]) -> QuerySet[Any]:
    """The cases with `stake`, in which each of `stakes` has a bit."""
    found_stakes = stakes()
    bits: list[Combinable] = [
        models.Case(
            When(so, then=Value(2 ** (len(found_stakes) - 1 - place))), default=Value(0), output_field=IntegerField()
        )
        for place, (_, so) in enumerate(found_stakes)
    ]
    stake = bits[0]
    for bit in bits[1:]:
        stake = stake + bit
    weighed: QuerySet[Any] = found.annotate(stake=stake)
    return weighed


def order() -> list[OrderBy | str]:
    """Of cases that are `ranked`. The date comes first, so that an index gives the first page and only those that are
    due on the same day are weighed. What has no date comes last."""
    return [F("due_on").asc(nulls_last=True), F("stake").desc(), "received_at", "id"]


def why_here(case: Case) -> list[str]:
    """What gives a ranked open case its place among those of its day, in words; empty when it is the date alone."""
    words = [words for words, _ in stakes()]
    stake: int = case.stake  # type: ignore[attr-defined]  # annotated by ranked
    return [word for place, word in enumerate(words) if stake >> (len(words) - 1 - place) & 1]
