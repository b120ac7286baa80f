"""Gives jobs back, and tells whoever keeps an account of them where they stand."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest, Now

from privacy.catalogue import Standing
from privacy.jobs import failpoints
from privacy.jobs.bells import ring
from privacy.jobs.claim import Claim
from privacy.jobs.guard import guarded, unstopped
from privacy.jobs.order import end, stop_short
from privacy.jobs.reach import IDLE, awaits_answers_only, next_look, read_open_steps, still_open
from privacy.models import Job

Standings = dict[Standing, list[Job]]


def settle(claim: Claim) -> None:
    """Gives back what the claim still holds. Jobs whose lease was lost are left to who has it."""
    if claim.given_back >= claim.fences.keys():
        return
    with guarded(claim) as jobs:
        read_open_steps(jobs)
        give_back(claim, jobs, free=unstopped(claim, jobs))
        failpoints.strike("settling")
    failpoints.strike("settled")


def give_back(part: Claim, jobs: Sequence[Job], *, free: Sequence[Job]) -> None:
    """Gives back the leases of these locked jobs, of which `free` are those that nothing stops, uncounts the claim (the
    worker has come through), and tells who follows them, in the caller's transaction."""
    if not jobs:
        return
    standings: Standings = defaultdict(list)
    may_go_on = {job.pk for job in free}
    for job in jobs:
        standings[standing_of(job, job.pk not in may_go_on)].append(job)
    end(standings[Standing.ENDED])
    if standings[Standing.CANCELLED]:
        stop_short(standings[Standing.CANCELLED])
    for standing in (Standing.RUNNING, Standing.WAITING, Standing.PARKED):
        let_go(standings[standing])
    let_sleep(standings[Standing.STOPPED])
    part.kind.follow({standing: found for standing, found in standings.items() if found})
    part.given_back.update(job.pk for job in jobs)
    part.leave(job.pk for job in jobs)


def standing_of(job: Job, is_stopped: bool) -> Standing:
    open_steps = still_open(job)
    if not open_steps:
        return Standing.ENDED
    if job.cancel_requested:
        return Standing.CANCELLED
    if is_stopped:
        return Standing.STOPPED
    if job.parked_because:
        return Standing.PARKED
    return Standing.WAITING if awaits_answers_only(open_steps) else Standing.RUNNING


def let_go(jobs: list[Job]) -> None:
    by_place = defaultdict(list)
    for job in jobs:
        open_steps = still_open(job)
        by_place[open_steps[0].name, next_look(open_steps, open_steps[0].now)].append(job.pk)
    for (name, moment), ids in by_place.items():
        release(ids, at_step=name, not_before=moment, stopped_at=None)


def let_sleep(jobs: list[Job]) -> None:
    """Until what stops them is over and wakes them; they look up once a day all the same."""
    by_place = defaultdict(list)
    for job in jobs:
        by_place[still_open(job)[0].name].append(job.pk)
    for name, ids in by_place.items():
        release(ids, at_step=name, not_before=Now() + IDLE, stopped_at=Coalesce("stopped_at", Now()))


def release(ids: list[UUID], **fields: Any) -> None:
    Job.objects.filter(pk__in=ids).update(
        lease=None, lease_until=None, claims=Greatest(F("claims") - 1, Value(0)), **fields
    )


def unpark(job: Job) -> None:
    """Lets the workers try a parked, locked job again, in the caller's transaction, and rings for it."""
    Job.objects.filter(pk=job.pk).update(parked_because="", claims=0, not_before=Now(), lease=None, lease_until=None)
    # A waiting step without a time waits for a person, so the time of the others is now, and not none.
    steps = job.steps.filter(finished_at=None)
    steps.filter(not_before__isnull=False).update(not_before=Now())
    steps.update(attempts=0)
    ring([job])
