"""What is so about people, and what of it stands in the way of a right or duty."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value

from privacy.catalogue import CaseKind, Fact, Stage
from privacy.datamap.scope import Scope
from privacy.models import Case, ChildFlag, DataSubject, LegalHold, Limit
from privacy.models.accounts import scope_over
from privacy.selectors import limits, people, shields

NAMED_AT_MOST = 5
Rows = QuerySet[Any, tuple[UUID, str, UUID]]

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


class Going(StrEnum):
    """What goes on about a person, and stands in nobody's way."""

    ERASURE = "erasure asked for"
    COPY = "copy owed"
    RESTRICTION = "restriction in force"


@dataclass(frozen=True)
class Standing:
    """{person: what is so}, {person: what goes on}, {account: person} of all that they have, and {person: whom they
    perhaps are as well}."""

    facts: dict[UUID, set[Fact]]
    going_on: dict[UUID, set[Going]]
    accounts: dict[UUID, UUID]
    twins: dict[UUID, set[UUID]]

    def scope(self, subject_ids: Iterable[UUID]) -> Scope:
        """All rows of some of them."""
        some = set(subject_ids)
        return scope_over({account: person for account, person in self.accounts.items() if person in some})


def facts_of(subject_ids: Sequence[UUID]) -> dict[UUID, set[Fact]]:
    """{person: what is so}, in one query."""
    return _read(subject_ids, [*_facts(subject_ids)]).facts


def facts_in(subject: DataSubject, flags: Iterable[ChildFlag], limited: Iterable[Limit], *, is_held: bool) -> set[Fact]:
    """The same of one person, from what was read of them already."""
    states = {flag.state for flag in flags if flag.subject_id == subject.pk}
    so = {
        Fact.ERASED: subject.erased_at is not None,
        Fact.HELD: is_held,
        Fact.FLAGGED: ChildFlag.State.SUSPECTED in states,
        Fact.CHILD: ChildFlag.State.CHILD in states,
        Fact.MERGED: subject.merged_into_id is not None,
        Fact.LIMITED: any(limit.is_asked_for for limit in limited),
    }
    return {fact for fact, is_so in so.items() if is_so}


def of(subject_ids: Sequence[UUID]) -> Standing:
    """What is so of these people, in one query."""
    return _read(subject_ids, [rows for asked in (_facts, _going_on, _accounts, _twins) for rows in asked(subject_ids)])


def _read(subject_ids: Sequence[UUID], asked: Sequence[Rows]) -> Standing:
    so = Standing(
        defaultdict(set), defaultdict(set), dict(zip(subject_ids, subject_ids, strict=True)), defaultdict(set)
    )
    for subject_id, what, other_id in asked[0].union(*asked[1:]):
        if what in Going:
            so.going_on[subject_id].add(Going(what))
        elif what in Fact:
            so.facts[subject_id].add(Fact(what))
        elif what == "twin":
            so.twins[subject_id].add(other_id)
        else:
            so.accounts[other_id] = subject_id
    return so


def _facts(subject_ids: Sequence[UUID]) -> Iterator[Rows]:
    flags = ChildFlag.objects.filter(subject__in=subject_ids)
    rows = DataSubject.objects.filter(pk__in=subject_ids)
    yield _so(Fact.ERASED, rows.filter(erased_at__isnull=False), "pk")
    yield _so(Fact.HELD, LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True))
    yield _so(Fact.FLAGGED, flags.filter(state=ChildFlag.State.SUSPECTED))
    yield _so(Fact.CHILD, flags.filter(state=ChildFlag.State.CHILD))
    yield _so(Fact.MERGED, rows.filter(merged_into__isnull=False), "pk")
    yield _so(Fact.LIMITED, limits.ASKED_FOR.filter(subject__in=subject_ids))


def _going_on(subject_ids: Sequence[UUID]) -> Iterator[Rows]:
    cases = Case.objects.filter(shields.IS_OPEN, subject__in=subject_ids)
    yield _so(Going.ERASURE, cases.filter(kind="erasure"))
    yield _so(Going.COPY, cases.filter(kind__in=shields.COPIES))
    yield _so(Going.RESTRICTION, limits.RESTRICTED.filter(subject__in=subject_ids))


def _accounts(subject_ids: Sequence[UUID]) -> Iterator[Rows]:
    yield _so("account", DataSubject.objects.filter(merged_into__in=subject_ids), "merged_into", "pk")


def _twins(subject_ids: Sequence[UUID]) -> Iterator[Rows]:
    yield _so("twin", people.asked().filter(subject__in=subject_ids), "subject", "twin")
    of_accounts = people.asked().filter(subject__merged_into__in=subject_ids)
    yield _so("twin", of_accounts, "subject__merged_into", "twin")


def _so(what: str, rows: QuerySet[Any, Any], path: str = "subject", other: str = "") -> Rows:
    """(person, what, whom else it is about); of a fact that is nobody else."""
    return rows.order_by().values_list(path, Value(str(what)), other or path)


def blockers(
    kind: type[CaseKind],
    subject_ids: Sequence[UUID],
    stage: Stage = Stage.INTAKE,
    asked: Mapping[UUID, Mapping[str, Any]] = MappingProxyType({}),
    so: Standing | None = None,
) -> dict[UUID, list[str]]:
    """{person: sentences that say why this cannot be asked, or decided, about them now}; people without any are left
    out. `asked` are the answers about each, where they are given already; `so` is what was read of them already."""
    found: dict[UUID, list[str]] = {}
    if kind.needs.get(stage) or kind.refuses.get(stage):
        facts = so.facts if so else facts_of(subject_ids)
        found = {subject_id: in_the_way(kind, facts.get(subject_id, set()), stage) for subject_id in subject_ids}
    for subject_id, sentences in kind.against(asked).items() if kind.against and asked else ():
        found[subject_id] = [*found.get(subject_id, []), *sentences]
    return {subject_id: sentences for subject_id, sentences in found.items() if sentences}


def in_the_way(kind: type[CaseKind], so: set[Fact], stage: Stage = Stage.INTAKE) -> list[str]:
    """What of these facts about one person is in the way, in sentences."""
    needs, refuses = kind.needs.get(stage, frozenset()), kind.refuses.get(stage, frozenset())
    missing = [IS_NOT[min(needs, key=list(Fact).index)]] if needs and not so.intersection(needs) else []
    return [IS[fact] for fact in sorted(so.intersection(refuses))] + missing


def held_in_words(subject_ids: Collection[UUID], so: Standing) -> list[str]:
    """What whoever asks or decides about these people's erasure should know."""
    held = sum(Fact.HELD in so.facts.get(subject_id, ()) for subject_id in subject_ids)
    if not held:
        return []
    whom = "A legal hold is" if len(subject_ids) == 1 else f"Legal holds on {held:,} of these people are"
    return [f"{whom} in force: the request is taken in and its clock runs, and nothing is erased until it is released."]


def copies_in_words(subject_ids: Collection[UUID], so: Standing) -> list[str]:
    """What whoever asks or decides about these people's erasure should know of copies that go before it."""
    owed = sum(Going.COPY in so.going_on.get(subject_id, ()) for subject_id in subject_ids)
    if not owed:
        return []
    whom = "the person" if len(subject_ids) == 1 else f"{owed:,} of these people"
    return [f"A copy is still owed to {whom}: nothing is erased before that was answered."]


def alike_in_words(subject_ids: Collection[UUID], so: Standing) -> list[str]:
    """What whoever asks or decides about these people should know of whom they perhaps are as well."""
    twins = set().union(*(so.twins.get(subject_id, ()) for subject_id in subject_ids)).difference(subject_ids)
    if not twins:
        return []
    names = ", ".join(f"Subject {str(twin)[:8]}" for twin in sorted(twins)[:NAMED_AT_MOST])
    more = f" and {len(twins) - NAMED_AT_MOST:,} more" if len(twins) > NAMED_AT_MOST else ""
    return [f"Perhaps the same person, with the same address, and not part of this: {names}{more}."]
