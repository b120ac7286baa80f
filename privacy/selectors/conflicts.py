"""What meets where several things are to happen to one person's data: which is in play, which wins, and why. The order
is said once, here; what enforces it are the holds' triggers, the stops of jobs and the plans."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from privacy.catalogue import CaseKind, Fact
from privacy.selectors.plans import Plan
from privacy.selectors.standing import Going, Standing


@dataclass(frozen=True)
class Claim:
    """`why` it goes before all that stand below it, which then are as `below` says; `kinds` are those of cases that ask
    for it or end it."""

    key: str
    name: str
    why: str
    below: str
    cites: str
    kinds: tuple[str, ...] = ()


LEFT = "For what is left"
RANKS = (
    Claim(
        "hold", "Legal hold", "What a dispute or an order needs stays", "Waits until the hold is released",
        "GDPR art. 17(3)(e)", ("hold_place", "hold_release"),
    ),
    Claim(
        "child", "Deletion of a child’s data", "It goes without anybody having to ask", LEFT,
        "GDPR art. 17(1)(f); 16 CFR 312.10", ("child_confirm",),
    ),
    Claim(
        "erasure", "Erasure", "What somebody asks to go goes now, and not when its period ends", LEFT,
        "GDPR art. 17(1)", ("erasure", "erasure_of_one"),
    ),
    Claim(
        "retention", "Retention", "What a law wants kept stays for its period, and goes then, restricted or not", LEFT,
        "GDPR art. 5(1)(e), 17(3)(b)",
    ),
    Claim("restriction", "Restriction", "What is there is stored, not used", "", "GDPR art. 18(2)", ("restriction",)),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A claim that meets another, of so many people, and what becomes of it."""

    claim: Claim
    people: int
    outcome: str


def conflicts(kind: type[CaseKind], subject_ids: Sequence[UUID], so: Standing, plan: Plan | None = None) -> list[Line]:
    """The claims that meet in these people, of whom this is so, once this kind of case is asked for, the one that goes
    first at the head; nothing where no two meet, or this kind is about none of them. `plan` is its dry run, which tells
    what is kept."""
    asked = next((claim.key for claim in RANKS if kind.key in claim.kinds), None)
    if asked is None:
        return []
    found = [keys | {asked} for keys in in_play(subject_ids, so, plan).values()]
    meeting = [keys for keys in found if len(keys) > 1]
    people = {claim: sum(claim.key in keys for keys in meeting) for claim in RANKS}
    return [Line(claim, number, _outcome(claim, meeting)) for claim, number in people.items() if number]


def _outcome(claim: Claim, meeting: Sequence[set[str]]) -> str:
    """What becomes of it where it meets others; of many people, by what most stands above it."""
    firsts = [next(other for other in RANKS if other.key in keys) for keys in meeting if claim.key in keys]
    above = Counter(first for first in firsts if first is not claim).most_common(1)
    if not above:
        return "Goes first"
    return above[0][0].below if len(firsts) == 1 or claim not in firsts else f"Goes first for {firsts.count(claim):,}"


def in_play(subject_ids: Sequence[UUID], so: Standing, plan: Plan | None = None) -> Mapping[UUID, set[str]]:
    """{person: keys of the claims that are so already}, of all of them."""
    return {subject_id: set(_claims(subject_id, so, plan)) for subject_id in subject_ids}


def _claims(subject_id: UUID, so: Standing, plan: Plan | None) -> Iterator[str]:
    facts, going_on = so.facts.get(subject_id, ()), so.going_on.get(subject_id, ())
    kept = any(part.startswith("keep ") for part in plan.parts_of.get(subject_id, ())) if plan else False
    is_so = {
        "hold": Fact.HELD in facts,
        "child": Fact.CHILD in facts,
        "erasure": Going.ERASURE in going_on,
        "retention": kept,
        "restriction": Going.RESTRICTION in going_on,
    }
    yield from (claim for claim, in_force in is_so.items() if in_force)
