"""Of whom something may be done that goes beyond the service: written to, measured. Made here and nowhere else, so that
nobody is in such a list who is limited for what it is for, or erased."""

from dataclasses import dataclass
from itertools import batched
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from privacy.datamap import Use, registry
from privacy.models import DataSubject, Identifier, MarketingPreference
from privacy.selectors import suppression
from privacy.selectors.limits import CHUNK

Channel = MarketingPreference.Channel
EMAIL = Identifier.Kind.EMAIL


@dataclass(frozen=True)
class Selection:
    """Whom it is about, among those who are free for all of these purposes."""

    purposes: tuple[Use, ...]
    wanted: Q = Q()


def wants(channel: str) -> Q:
    chosen = MarketingPreference.objects.filter(subject=OuterRef("pk"), channel=channel, opted_in=True)
    return Q(Exists(chosen))


selections: dict[str, Selection] = {
    "news_by_email": Selection((Use.MARKETING,), wants(Channel.EMAIL)),
    "product_news": Selection((Use.MARKETING,), wants(Channel.PRODUCT_NEWS)),
    "measure": Selection((Use.IMPROVEMENT, Use.PERFORMANCE)),
}


def people_for(name: str) -> QuerySet[DataSubject]:
    """The people of a selection, each under the account that chose, and nobody under an address that the ledger bars;
    raises KeyError for one that there is not."""
    selection = selections[name]
    people = DataSubject.objects.free_for(*selection.purposes).filter(selection.wanted)
    return people.exclude(pk__in=at_a_barred_address(people)) if Use.MARKETING in selection.purposes else people


def at_a_barred_address(people: QuerySet[DataSubject]) -> set[UUID]:
    """Those of the people who have an e-mail address of somebody who was erased: brought back past the intake, such as
    by an old list or a restored table. The ledger has keyed hashes, so addresses are asked by the hundred and not by a
    join; where it holds none, nothing is read."""
    if not suppression.in_force().filter(kind=EMAIL).exists():
        return set()
    found: set[UUID] = set()
    rows = Identifier.objects.filter(kind=EMAIL, subject__in=people).order_by().values_list("value", "subject_id")
    for some in batched(rows.iterator(), CHUNK):
        barred = suppression.barred(EMAIL, {value for value, _ in some})
        found |= {subject_id for value, subject_id in some if value in barred}
    return found


def free_rows[R: QuerySet[Any, Any]](rows: R) -> R:
    """Of rows of one table, where all that they serve goes beyond the service, those of people who are free for it; of
    any other table all: what runs the service is stored and shown whatever else is limited."""
    declared = registry.declarations.get(rows.model)
    if declared is None or not declared.purpose.is_beyond_the_service:
        return rows
    return rows.filter(**{f"{declared.subject}__in": DataSubject.objects.free_for(*declared.purposes())})
