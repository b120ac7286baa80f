"""How far an erasure is with the rows of each table, while it runs and afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from privacy.admin.names import model_name
from privacy.admin.plans import ACTIONS
from privacy.models import Case, Job, Step
from privacy.selectors import plans, progress
from privacy.selectors.plans import Plan
from privacy.selectors.progress import Tally


@dataclass(frozen=True)
class Table:
    """`lines` are (table, cells); a cell is `12`, `3 of 12` while it goes, or empty."""

    titles: list[str]
    lines: list[tuple[str, list[str]]]
    totals: list[str]


def table_of(row: Case, job: Job | None, steps: Sequence[Step], plan: Plan | None) -> Table | None:
    """What its last job does to which rows; none for work that does nothing to rows."""
    of_job = [step for step in steps if job and step.job_id == job.id]
    tallies = progress.tallies(of_job, left_to_do(row, of_job, plan))
    actions = [action for action in ACTIONS if any(action in tally.rows for tally in tallies)]
    if not actions:
        return None
    lines = [(model_name(tally.label), [cell(tally, action) for action in actions]) for tally in tallies]
    return Table([ACTIONS[action][0] for action in actions], sorted(lines), [total(tallies, a) for a in actions])


def left_to_do(row: Case, steps: Sequence[Step], plan: Plan | None) -> dict[str, dict[str, int]]:
    """{model label: {action: rows}} of what is there while the step that erases them is still to come; `plan` is the
    dry run, where the page has one."""
    if not row.is_working or not progress.are_rows_to_go(steps):
        return {}
    if plan:
        return {line.label: line.actions for line in plan.lines}
    return plans.row_counts([row.subject_id])[row.subject_id]


def cell(tally: Tally, action: str) -> str:
    return in_words(action, *tally.rows[action]) if action in tally.rows else ""


def total(tallies: Sequence[Tally], action: str) -> str:
    found = [tally.rows[action] for tally in tallies if action in tally.rows]
    return in_words(action, sum(done for done, _ in found), sum(planned for _, planned in found))


def in_words(action: str, done: int, planned: int) -> str:
    """What is kept is no work done."""
    return f"{planned:,}" if done == planned or action == "keep" else f"{done:,} of {planned:,}"
