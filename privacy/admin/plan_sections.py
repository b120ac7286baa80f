"""A plan in the order in which staff read it: what goes, what stays, and why. A receipt has the same sections."""

from dataclasses import dataclass

from privacy.selectors.plan import Plan

# Action of the plan: (title, whether the rows stay in some form and the reason matters).
ACTIONS = {
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


@dataclass(frozen=True)
class Section:
    """The models to whose rows one thing happens."""

    title: str
    lines: list[Line]
    gives_reasons: bool = False

    @property
    def total(self) -> int:
        return sum(line.rows for line in self.lines)


def erasure_sections(plan: Plan) -> list[Section]:
    """One section for each action that occurs."""
    sections = []
    for action, (title, gives_reasons) in ACTIONS.items():
        lines = [
            Line(line.name, line.actions[action], line.because if gives_reasons else [])
            for line in plan.lines
            if line.actions.get(action)
        ]
        if lines:
            sections.append(Section(title, by_name(lines), gives_reasons))
    return sections


def access_sections(plan: Plan) -> list[Section]:
    lines = [Line(line.name, line.rows, []) for line in plan.lines if line.rows]
    return [Section("In the package", by_name(lines))] if lines else []


def by_name(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.name)
