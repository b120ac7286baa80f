"""Which steps of a job may run now, and when it is looked at again."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from operator import attrgetter
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast, Now

from privacy.jobs.handlers import local_handlers
from privacy.models import Job, Step, StepState

OPEN_STEPS = [StepState.PENDING, StepState.STARTED, StepState.WAITING]
# A job of which nothing but a person's word is awaited looks up once a day all the same.
IDLE = timedelta(days=1)


def read_open_steps(jobs: Iterable[Job]) -> None:
    """Gives each of the locked jobs `open_steps` in order, each with `now` by the database's clock, and an empty list
    for the `changed_steps` of a handler."""
    by_id = {job.id: job for job in jobs}
    for job in by_id.values():
        job.open_steps, job.changed_steps = [], []
    steps = Step.objects.filter(job__in=by_id, state__in=OPEN_STEPS).order_by()
    now = None
    for step in steps.annotate(clock=Cast(Now(), TextField())):  # as a text, which is read once for all rows
        now = now or moment_of(step.clock)
        step.now = now
        by_id[step.job_id].open_steps.append(step)
    for job in by_id.values():
        job.open_steps.sort(key=attrgetter("seq"))


def moment_of(clock: str) -> datetime:
    """SQLite leaves out that it is UTC."""
    moment = datetime.fromisoformat(clock)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def still_open(job: Job) -> list[Step]:
    """Those of `open_steps` that this transaction has not finished."""
    return [step for step in job.open_steps if step.is_open]


def within_reach(open_steps: Sequence[Step]) -> list[Step]:
    """Those that may run as soon as their time has come: a local step when all before it are finished, remote steps
    side by side, so that a slow processor holds up no other. Steps that wait for a person's word are left out."""
    if open_steps and open_steps[0].name in local_handlers:
        ahead = list(open_steps[:1])
    else:
        ahead = list(takewhile(lambda s: s.name not in local_handlers, open_steps))
    return [s for s in ahead if s.state != StepState.WAITING or s.not_before]


def due_steps(job: Job, tried: Collection[UUID]) -> list[Step]:
    """Those within reach whose time has come and that this claim has not tried yet."""
    return [
        step
        for step in within_reach(still_open(job))
        if step.id not in tried and (step.not_before is None or step.not_before <= step.now)
    ]


def next_look(open_steps: Sequence[Step], now: datetime) -> datetime:
    """When a step within reach is due: the same rule by which `due_steps` picks, so that no claim is in vain."""
    times = [s.not_before for s in within_reach(open_steps)]
    if None in times:
        return now
    return min((moment for moment in times if moment), default=now + IDLE)


def awaits_answers_only(open_steps: Sequence[Step]) -> bool:
    """Whether nothing but answers from outside is awaited before the local steps that are left."""
    waiting = list(takewhile(lambda s: s.state == StepState.WAITING, open_steps))
    rest = open_steps[len(waiting) :]
    return bool(waiting) and all(s.name in local_handlers for s in rest)
