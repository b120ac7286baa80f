"""Writes what attempts came to: steps, what the audit trail says of them, and what it means for their jobs."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from privacy.evidence import audit, sealing
from privacy.evidence.events import Event
from privacy.jobs.claim import park
from privacy.jobs.outcomes import Done, Failed, Later, More, Outcome, Waiting
from privacy.models import Job, Staff, Step, StepState, sets

MAX_ATTEMPTS = 8
LONGEST_WAIT = timedelta(days=7)
WRITTEN = (
    "seq", "state", "attempts", "result", "problem", "sealed", "not_before", "started_at", "finished_at", "units_done",
)  # fmt: skip

Answer = tuple[Job, Step, Outcome]


def begin(step: Step) -> None:
    """Counts one more attempt, in memory."""
    step.state, step.attempts, step.started_at = StepState.STARTED, step.attempts + 1, step.started_at or step.now


@dataclass
class Minutes:
    """What a transaction writes down at its end: steps, audit entries and jobs, with the same few statements for many
    jobs as for one. `told` is by chain, {chain: what one entry tells of this transaction}."""

    steps: dict[UUID, Step] = field(default_factory=dict)
    told: dict[UUID, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    advanced: list[Job] = field(default_factory=list)
    parked: list[tuple[Job, str]] = field(default_factory=list)

    def record(self, answers: Sequence[Answer]) -> None:
        """Takes in the outcomes of attempts at steps of locked jobs. `attempts` counts from the last answer. Raises
        TypeError for what is no outcome, and whatever a Done brings with it raises."""
        for job, step, outcome in answers:
            if isinstance(outcome, More | Later | Waiting | Failed) and outcome.result is not None:
                step.result = outcome.result
            enter(job, step, outcome)
            self.steps[step.id] = step
            if isinstance(outcome, Done):
                self.told_of(job).setdefault("done", {})[str(step)] = outcome.result
            if isinstance(outcome, Done | More):
                self.advanced.append(job)
            if isinstance(outcome, Failed) or (isinstance(outcome, Later) and step.attempts >= MAX_ATTEMPTS):
                self.parked.append((job, f"{step}: {outcome.because}"))

    def told_of(self, job: Job) -> dict[str, Any]:
        told = self.told[job.chain]
        if not told:
            told["job"] = str(job.id)
        return told

    def intend(self, job: Job, step: Step) -> None:
        """Takes in that a call is about to be made."""
        self.steps[step.id] = step
        self.told_of(job).setdefault("intended", {})[str(step)] = step.attempts

    def change(self, job: Job, step: Step) -> None:
        """Takes in what a handler has done to a step that is not the one at hand: changed it, or joined it to the
        plan."""
        if step._state.adding and step.id not in self.steps:
            self.told_of(job).setdefault("joined", []).append(str(step))
        self.steps[step.id] = step

    def write(self) -> None:
        save(self.steps.values())
        if self.told:
            audit.append_many(list(self.told.items()), Event.JOB_ADVANCED, actor=None)
        made_progress(self.advanced)
        for job, because in self.parked:
            park(job, because)


def enter(job: Job, step: Step, outcome: Outcome) -> None:
    """Enters one outcome in the step, in memory."""
    match outcome:
        case Done():
            if outcome.record:
                outcome.record(job, step)
            finish(step, outcome.result, outcome.units)
        case More():
            step.units_done, step.problem, step.not_before, step.attempts = outcome.units, "", None, 0
        case Later():
            wait = backoff(step.attempts) if outcome.seconds is None else outcome.seconds
            step.problem, step.not_before = outcome.because[:300], after(step.now, wait)
        case Waiting():
            look = None if outcome.seconds is None else after(step.now, outcome.seconds)
            step.state, step.problem, step.not_before, step.attempts = (
                StepState.WAITING, outcome.because[:300], look, 0,
            )  # fmt: skip
        case Failed():
            step.problem, step.not_before = outcome.because[:300], None
        case _:
            raise TypeError(f"{step} answered with a {type(outcome).__name__}")


def finish(step: Step, result: dict[str, Any], units: int | None) -> None:
    """Closes the step with its evidence, in memory."""
    step.state, step.result, step.problem, step.sealed, step.not_before = StepState.DONE, result, "", "", None
    step.started_at, step.finished_at = step.started_at or step.now, step.now
    step.units_done = step.units_planned if units is None else units


def attest(words: Sequence[tuple[Job, Step, dict[str, Any]]], *, actor: Staff) -> None:
    """Closes steps of locked jobs on a person's word, (job, step, result), in the caller's transaction."""
    for _, step, result in words:
        finish(step, result, None)
    save([step for _, step, _ in words])
    told = [(job.chain, {"job": str(job.id), "step": str(step), "result": result}) for job, step, result in words]
    audit.append_many(told, Event.STEP_DONE, actor=actor)
    made_progress([job for job, _, _ in words])


def save(steps: Iterable[Step]) -> None:
    """Those of one name are alike, so of many they are written together; of few, all are. Those that joined the plan
    come last, when the step behind them has moved."""
    joined: list[Step] = []
    by_name: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        seal_names(step)
        if step._state.adding:
            joined.append(step)
        else:
            by_name[str(step)].append(step)
    of_many = [alike for alike in by_name.values() if len(alike) > 1]
    of_few = [step for alike in by_name.values() if len(alike) == 1 for step in alike]
    for together in [*of_many, of_few]:
        if together:
            columns = {name: [getattr(step, name) for step in together] for name in WRITTEN}
            sets.rewrite(Step, [step.pk for step in together], columns)
    if joined:
        Step.objects.bulk_create(joined)


def seal_names(step: Step) -> None:
    """What a handler has named in the step, if it is to be named again in another transaction."""
    if step.names is not None and step.is_open:
        step.sealed = sealing.seal(step.names) if step.names else ""


def made_progress(jobs: Sequence[Job]) -> None:
    """Forgets the claims that came to nothing; the one at hand stays counted until it is given back."""
    forgiven = [job for job in jobs if job.claims > 1]
    for job in forgiven:
        job.claims = 1
    if forgiven:
        Job.objects.filter(pk__in=[job.pk for job in forgiven]).update(claims=1)


def after(now: datetime, seconds: float) -> datetime:
    """That many seconds from now by the database's clock: never none, which would spin, nor for ever."""
    return now + min(timedelta(seconds=min(max(seconds, 1), LONGEST_WAIT.total_seconds())), LONGEST_WAIT)


def backoff(attempts: int) -> float:
    """Seconds to wait before the next attempt: 30 x 2^n up to six hours, with full jitter."""
    return random.uniform(1, min(6 * 3600, 30 * 2**attempts))  # noqa: S311  (jitter is no secret)


def fault(error: BaseException) -> Later:
    """Only what kind of error it was: its text could name a person."""
    return Later((isinstance(error, OSError) and error.strerror) or type(error).__name__)
