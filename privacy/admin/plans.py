"""A plan in the order in which staff read it: what goes, what stays, and why. A receipt has the same sections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from privacy.admin.base import person_cell
from privacy.selectors.plans import ModelLine, Plan
from privacy.selectors.who import Who

# Action of the plan: (title, whether the rows stay in some form and the reason matters).
ACTIONS = {
    "export": ("In the package", False),
    "join": ("One with the other person’s", False),
    "delete": ("Deleted", False),
    "anonymise": ("Anonymised", False),
    "hand over": ("Handed over", True),
    "keep": ("Kept", True),
}


@dataclass(frozen=True)
class Line:
    name: str
    rows: int
    because: list[str]
    heirs: list[tuple[Any, int]] = field(default_factory=list)
    named: int = 0


@dataclass(frozen=True)
class Section:
    """The models to whose rows one thing happens."""

    title: str
    lines: list[Line]
    gives_reasons: bool = False

    @property
    def total(self) -> int:
        return sum(line.rows for line in self.lines)


def heirs_in(plan: Plan | None) -> set[UUID]:
    """Whom the page of the plan names, beside those whom it is about."""
    return plan.heirs if plan else set()


def told_of(plan: Plan, known: Mapping[UUID, Who]) -> dict[str, Any]:
    """What the pages show of a plan; `known` are its heirs, as far as the viewer may know them."""
    return {"plan": plan, "sections": sections_of(plan, known), "recipients": recipients(plan)}


def sections_of(plan: Plan, known: Mapping[UUID, Who]) -> list[Section]:
    """One section for each action that occurs."""
    sections = []
    for action, (title, gives_reasons) in ACTIONS.items():
        lines = [
            line_of(line, action, known, gives_reasons=gives_reasons) for line in plan.lines if line.actions.get(action)
        ]
        if lines:
            sections.append(Section(title, by_name(lines), gives_reasons))
    return sections


def line_of(line: ModelLine, action: str, known: Mapping[UUID, Who], *, gives_reasons: bool) -> Line:
    if action != "hand over":
        return Line(line.name, line.actions[action], line.because if gives_reasons else [])
    heirs = [(person_cell(known[heir]), rows) for heir, rows in line.heirs.items()]
    return Line(line.name, line.actions[action], line.because, heirs, line.named)


# How a processor is told: (title, what the figure above says of it).
MODES = {
    "API": ("Told to erase by their API", "told by API"),
    "manual": ("Asked by a person, who attests the answer", "asked by a person"),
    "expiry": ("Cannot be asked; goes by the day that the receipt states", "by expiry"),
}


def recipients(plan: Plan) -> list[dict]:
    """The processors that know these people, by how they are told."""
    return [
        {"title": title, "told": told, "names": plan.processors[mode]}
        for mode, (title, told) in MODES.items()
        if plan.processors.get(mode)
    ]


def by_name(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.name)
