"""What is so about people, and what of it stands in the way of a right or duty."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value

from privacy.catalogue import CaseKind, Fact, Stage
from privacy.models import ChildFlag, DataSubject, LegalHold
from privacy.selectors import limits

# In the way because it is so, and because it is not.
IS = {
    Fact.ERASED: "Already erased.",
    Fact.HELD: "A legal hold is in force already.",
    Fact.FLAGGED: "Is flagged already.",
    Fact.CHILD: "Is decided to be a child’s account already.",
    Fact.MERGED: "Is merged into another person already.",
    Fact.LIMITED: "Processing is limited already, because it was asked for.",
}
IS_NOT = {
    Fact.ERASED: "Is not erased.",
    Fact.HELD: "No legal hold is in force.",
    Fact.FLAGGED: "Is not flagged.",
    Fact.CHILD: "Is not decided to be a child’s account.",
    Fact.MERGED: "Is not merged into another person.",
    Fact.LIMITED: "No restriction or objection is in force.",
}


def facts_of(subject_ids: Sequence[UUID]) -> dict[UUID, set[Fact]]:
    """{person: what is so}, in one query; people of whom nothing is are left out."""
    flags = ChildFlag.objects.filter(subject__in=subject_ids)
    first, *others = (
        _so(Fact.ERASED, DataSubject.objects.filter(pk__in=subject_ids, erased_at__isnull=False), "pk"),
        _so(Fact.HELD, LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True)),
        _so(Fact.FLAGGED, flags.filter(state=ChildFlag.State.SUSPECTED)),
        _so(Fact.CHILD, flags.filter(state=ChildFlag.State.CHILD)),
        _so(Fact.MERGED, DataSubject.objects.filter(pk__in=subject_ids, merged_into__isnull=False), "pk"),
        _so(Fact.LIMITED, limits.ASKED_FOR.filter(subject__in=subject_ids)),
    )
    facts: dict[UUID, set[Fact]] = defaultdict(set)
    for subject_id, fact in first.union(*others):
        facts[subject_id].add(Fact(fact))
    return dict(facts)


def _so(fact: Fact, rows: QuerySet[Any, Any], path: str = "subject") -> QuerySet[Any, Any]:
    return rows.order_by().values_list(path, Value(fact.value))


def blockers(
    kind: type[CaseKind],
    subject_ids: Sequence[UUID],
    stage: Stage = Stage.INTAKE,
    asked: Mapping[UUID, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[UUID, list[str]]:
    """{person: sentences that say why this cannot be asked, or decided, about them now}; people without any are left
    out. `asked` are the answers about each, where they are given already."""
    found: dict[UUID, list[str]] = {}
    if kind.needs.get(stage) or kind.refuses.get(stage):
        facts = facts_of(subject_ids)
        found = {subject_id: in_the_way(kind, facts.get(subject_id, set()), stage) for subject_id in subject_ids}
    for subject_id, sentences in kind.against(asked).items() if kind.against and asked else ():
        found[subject_id] = [*found.get(subject_id, []), *sentences]
    return {subject_id: sentences for subject_id, sentences in found.items() if sentences}


def in_the_way(kind: type[CaseKind], so: set[Fact], stage: Stage = Stage.INTAKE) -> list[str]:
    """What of these facts about one person is in the way, in sentences."""
    needs, refuses = kind.needs.get(stage, frozenset()), kind.refuses.get(stage, frozenset())
    missing = [IS_NOT[min(needs, key=list(Fact).index)]] if needs and not so.intersection(needs) else []
    return [IS[fact] for fact in sorted(so.intersection(refuses))] + missing
