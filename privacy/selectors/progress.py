"""How far requests are: the numbers that the progress pages show and ask for again while a worker works."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.timezone import localtime, now

from privacy.catalogue import case_kinds
from privacy.models import Batch, Case, Job, Outcome, State, Step, StepState
from privacy.selectors import redactions

OTHERS = "Waits until somebody has said which others are left out"
FINISHED = [StepState.DONE, StepState.WAIVED]


@dataclass(frozen=True)
class StepBar:
    """A step's progress in units (rows or files); a step without units is a single one."""

    id: UUID
    state: str
    done: int
    planned: int

    @property
    def text(self) -> str:
        if self.planned <= 1:
            return StepState(self.state).label
        return f"{self.done:,} of {self.planned:,}"


@dataclass(frozen=True)
class Progress:
    """`version` changes when more than numbers changed, so that the page must be read again."""

    is_open: bool
    version: str
    sentence: str
    done: int
    total: int
    bars: tuple[StepBar, ...] = ()


def of_case(case: Case, job: Job | None, steps: Sequence[Step]) -> Progress:
    finished = sum(step.state in FINISHED for step in steps)
    of_job = (job.parked_because, job.cancel_requested, bool(job.stopped_at)) if job else ()
    facts = [case.state, case.outcome, *of_job, *((s.state, s.problem) for s in steps)]
    return Progress(
        is_open=case.is_open or bool(job and job.is_open),
        version=_version(facts),
        sentence=OTHERS if redactions.is_awaited(steps) else _sentence(case, job, finished, len(steps)),
        done=finished,
        total=len(steps),
        bars=tuple(_bar(step) for step in steps),
    )


@dataclass(frozen=True)
class Tally:
    """What becomes of the rows of one model: {action: (rows done, rows planned)}."""

    label: str
    rows: Mapping[str, tuple[int, int]]


def tallies(steps: Iterable[Step], left: Mapping[str, Mapping[str, int]]) -> list[Tally]:
    """What these steps of one job have done to which rows, and what of it is `left`, {model label: {action: rows}}."""
    done: dict[str, Counter[str]] = {}
    for step in steps:
        for label, actions in _done_by(step).items():
            done.setdefault(label, Counter()).update(actions)
    return [_tally(label, done.get(label, Counter()), left.get(label, {})) for label in sorted({*done, *left})]


def _tally(label: str, done: Mapping[str, int], left: Mapping[str, int]) -> Tally:
    found = {action: done.get(action, 0) for action in sorted({*done, *left})}
    return Tally(label, {action: (rows, rows + left.get(action, 0)) for action, rows in found.items()})


def _done_by(step: Step) -> Mapping[str, Mapping[str, int]]:
    """{model label: {action: rows}}, of a big table also while it goes."""
    if step.name == "erasure.slices":
        return {step.target: {"delete": step.units_done}}
    return rows if isinstance(rows := step.result.get("rows"), dict) else {}


def are_rows_to_go(steps: Iterable[Step]) -> bool:
    """Whether the step that erases the rows of all tables is still to come."""
    return any(step.name == "erasure.rows" and step.is_open for step in steps)


def of_batch(batch: Batch) -> tuple[Progress, dict[str, int]]:
    """(progress, {state: cases}) with one query."""
    by_state = Counter(dict(batch.cases.order_by().values_list("state").annotate(Count("id"))))
    total = by_state.total()
    closed = by_state[State.CLOSED]
    progress = Progress(
        is_open=closed < total,
        version=_version(sorted(by_state.items())),
        sentence=f"{closed:,} of {total:,} requests closed",
        done=closed,
        total=total,
    )
    return progress, {state: by_state[state] for state in State.values if by_state[state]}


def time_left(done: int, total: int, seconds: float) -> str:
    """In words, from the speed so far."""
    left = seconds * max(total - done, 0) / max(done, 1)
    if left < 1:
        return "almost done"
    return f"about {left:.0f} s left" if left < 100 else f"about {left / 60:.0f} min left"


def _bar(step: Step) -> StepBar:
    planned = max(step.units_planned, 1)
    done = planned if step.state in FINISHED else min(step.units_done, planned)
    return StepBar(step.id, step.state, done, planned)


def _sentence(case: Case, job: Job | None, finished: int, total: int) -> str:
    kind = case_kinds[case.kind]
    if job and job.is_open and job.parked_because:
        return "Stopped: a person has to look at it"
    steps = f"{finished} of {total} steps done"
    if job and job.is_open and case.after_id and case.after and case.after.state != State.CLOSED:
        return f"Waits until “{case.after}” is answered, {steps}"
    if job and in_grace(case, job, finished):
        until = date_format(localtime(job.not_before), "j M Y, H:i")
        return f"Approved. It begins on {until}; until then it can be cancelled, and the person is limited"
    if job and job.is_open and job.stopped_at:
        return f"Stopped by {kind.stopped_words}, {steps}"
    match case.state:
        case State.VERIFYING:
            return "Waits for proof of who asks" if kind.proof else "Not in effect yet: a doubt is weighed"
        case State.DECIDING:
            return kind.decision.waits if kind.decision else "Waits for a decision"
        case State.FULFILLING:
            return steps
        case State.ANSWERING if job and job.is_open:
            return f"To be answered with what is so: {steps}, and the work goes on"
        case State.ANSWERING:
            is_done = kind.steps and case.outcome != Outcome.DENIED
            return "Done; the person is still to be answered" if is_done else "To be answered"
    if job and job.is_open:
        return f"Answered; {steps}, and a second answer is owed"
    if case.outcome == Outcome.FULFILLED:
        return "Done"
    if not kind.steps and case.answered_at:
        return f"{case.get_outcome_display()}, and answered"
    return f"{case.get_outcome_display()}, and nothing was done" if not finished else f"Closed, {steps}"


def in_grace(case: Case, job: Job, finished: int) -> bool:
    """Whether it is decided, and its days of grace are not over."""
    waits = job.is_open and not job.fence and not finished and not job.stopped_at
    return waits and case_kinds[case.kind].has_grace and bool(job.not_before and job.not_before > now())


def _version(facts: Sequence[object]) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
