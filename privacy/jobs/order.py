"""How work is ordered, woken and ended. Whoever orders rings by it, so that no door forgets the bell."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet
from django.db.models.functions import Now

from privacy.catalogue import JobKind, Planned, Standing, job_kinds
from privacy.catalogue.jobs import nothing_stops
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.jobs.bells import ring
from privacy.models import Job, Step, StepState

NAMESPACE = uuid.UUID("6f1b5c0e-3f0a-5d0e-9b7e-6b6f73656e61")


def about(*things: object) -> str:
    """The digest that says what a job is about: there is one open job a kind and thing."""
    return hashlib.sha256(":".join(map(str, things)).encode()).hexdigest()


def order(jobs: Sequence[Job]) -> None:
    """Makes the jobs rows, and rings for them when that is committed. Raises like `make`."""
    make(jobs)
    ring(jobs)


def make(jobs: Sequence[Job]) -> None:
    """Makes the jobs, all of one kind and not saved yet, rows with their frozen plans, in the caller's transaction, for
    whoever carries them out without a bell. Raises IntegrityError where one is open about the same thing."""
    if not jobs:
        return
    plans = job_kinds[jobs[0].kind].plan_for(jobs)
    for job in jobs:
        job.at_step = plans[job][0].name
    Job.objects.bulk_create(jobs)
    freeze(plans)


def freeze(plans: Mapping[Job, Sequence[Planned]]) -> None:
    """Writes each job's plan as step rows. From here on it does not change."""
    if not plans:
        return
    Step.objects.bulk_create(step_of(job, p, seq) for job, plan in plans.items() for seq, p in enumerate(plan, start=1))
    links = [
        (job.chain, {"job": job.id, "steps": [f"{p.name} {p.target}".strip() for p in plan]})
        for job, plan in plans.items()
    ]
    audit.append_many(links, Event.PLAN_FROZEN, actor=None)


def join(job: Job, planned: Planned) -> Step:
    """Adds a step to the plan of a job that a local handler is at work on, before the last of it; rows are written, and
    the audit trail told, with the rest of the transaction."""
    last = job.open_steps[-1]
    step = step_of(job, planned, last.seq)
    step.now, last.seq = last.now, last.seq + 1
    job.open_steps.insert(-1, step)
    job.changed_steps += [step, last]
    return step


def step_of(job: Job, planned: Planned, seq: int) -> Step:
    return Step(
        job=job, seq=seq, name=planned.name, target=planned.target, units_planned=planned.units,
        key=key_of(job.id, planned.name, planned.target),
    )  # fmt: skip


def key_of(job_id: uuid.UUID, name: str, target: str) -> uuid.UUID:
    """The same for every attempt at a step, so that a processor can tell a repeat from a second wish."""
    return uuid.uuid5(NAMESPACE, f"{job_id}:{name}:{target}")


def wake(jobs: QuerySet[Job]) -> list[Job]:
    """Lets open jobs be looked at now, whatever they slept for, and tells who follows them; a plan of which nothing was
    done is made anew. Locks them, in the caller's transaction."""
    sleeping = list(jobs.filter(ended_at=None).select_for_update().order_by("id"))
    for kind, of_kind in _by_kind(sleeping):
        if untouched := [job for job in of_kind if not job.steps.exclude(state=StepState.PENDING).exists()]:
            Step.objects.filter(job__in=untouched).delete()
            freeze(kind.plan_for(untouched))
        kind.follow({Standing.RUNNING: of_kind})
    Job.objects.filter(pk__in=[job.pk for job in sleeping]).update(not_before=Now(), stopped_at=None)
    ring(sleeping)
    return sleeping


def stopped_kinds() -> list[str]:
    """Keys of the kinds that something can stop: what stopped them wakes them, and need not know them."""
    return [kind.key for kind in job_kinds.values() if kind.stops is not nothing_stops]


def _by_kind(jobs: Iterable[Job]) -> Iterator[tuple[JobKind, list[Job]]]:
    found: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        found[job.kind].append(job)
    for key, of_kind in found.items():
        yield job_kinds[key], of_kind


def end(jobs: Iterable[Job]) -> None:
    """No worker has anything to do with these locked jobs any more."""
    ids = [job.pk for job in jobs]
    if not ids:
        return
    Job.objects.filter(pk__in=ids).update(
        ended_at=Now(), lease=None, lease_until=None, not_before=None, at_step="", parked_because="", stopped_at=None
    )


def stop_short(jobs: Iterable[Job]) -> None:
    """Ends locked jobs of which steps are left. These keep nothing sealed: no call will be made."""
    stopped = list(jobs)
    Step.objects.filter(job__in=[job.pk for job in stopped]).exclude(sealed="").update(sealed="")
    end(stopped)
