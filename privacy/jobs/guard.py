"""The transaction in which a worker may write: its jobs locked, and only those that are still its own.

Locks are taken in one order everywhere: job, case, subject, head of the chain; of each by id.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from privacy.jobs.claim import Claim, prolong
from privacy.jobs.heartbeats import beat
from privacy.jobs.reach import OPEN_STEPS
from privacy.models import Job, Step

# What of a job no worker needs at every turn: it is long, or takes long to read.
NOT_READ = ("approved", "ordered_at", "lease_until")


class LeaseLost(Exception):
    """Another worker holds a newer fence, or the job was ended; this one must not write."""


class Stopped(Exception):
    """The job may not go on: it was cancelled, or something stops its kind."""


@contextmanager
def guarded(part: Claim) -> Iterator[list[Job]]:
    """A transaction with the jobs locked that are still this worker's; what is stale has dropped out. What has happened
    outside may be recorded in it; what is to be done first asks `unstopped`."""
    with transaction.atomic():
        held = [pk for pk in part.fences if pk not in part.given_back]
        found = Job.objects.select_for_update().filter(pk__in=held).defer(*NOT_READ).order_by("id")
        yield [job for job in found if job.fence == part.fences[job.pk] and job.is_open]


def unstopped(part: Claim, jobs: Sequence[Job]) -> list[Job]:
    """Those of the locked jobs that were neither cancelled nor are stopped by what their kind asks about."""
    stopped = part.kind.stops([job.subject_id for job in jobs if job.subject_id]) if jobs else set()
    return [job for job in jobs if not job.cancel_requested and job.subject_id not in stopped]


def renewal(part: Claim, job: Job, step: Step) -> Callable[..., None]:
    """What a remote handler calls during long work: prolongs the claim's lease, and keeps the evidence so far if there
    is any; raises LeaseLost or Stopped."""

    def renew(result: dict[str, Any] | None = None) -> None:
        alone = part.of([job.pk])
        with guarded(alone) as jobs:
            if not jobs:
                raise LeaseLost
            if not unstopped(alone, jobs):
                raise Stopped
            prolong(part)
            if result is not None:
                Step.objects.filter(pk=step.pk, state__in=OPEN_STEPS).update(result=result)
        beat(part.lane)

    return renew
