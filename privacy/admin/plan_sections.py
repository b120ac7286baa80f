"""A plan as the table that staff read: a line a model, a column an action that occurs."""

from dataclasses import dataclass

from privacy.selectors.plan import Plan

COLUMNS = {"delete": "Delete", "anonymise": "Anonymise", "hand over": "Hand over", "keep": "Keep"}


@dataclass(frozen=True)
class Row:
    name: str
    cells: list[int]
    because: list[str]


@dataclass(frozen=True)
class PlanTable:
    columns: list[str]
    rows: list[Row]
    totals: list[int]


def erasure_table(plan: Plan) -> PlanTable:
    """Columns for the actions that occur; the reasons stand beside what stays."""
    actions = [action for action in COLUMNS if any(line.actions.get(action) for line in plan.lines)]
    rows = [Row(line.name, [line.actions.get(action, 0) for action in actions], line.because) for line in plan.lines]
    totals = [sum(line.actions.get(action, 0) for line in plan.lines) for action in actions]
    return PlanTable([COLUMNS[action] for action in actions], rows, totals)


def access_table(plan: Plan) -> PlanTable:
    rows = [Row(line.name, [line.rows], []) for line in plan.lines]
    return PlanTable(["Rows"], rows, [plan.rows])
