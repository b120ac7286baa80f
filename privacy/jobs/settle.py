"""Gives jobs back, and tells whoever keeps an account of them where they stand."""

from collections import defaultdict

from django.db.models import F, Value
from django.db.models.functions import Greatest, Now

from privacy.catalogue import Standing
from privacy.jobs import failpoints
from privacy.jobs.claim import Claim
from privacy.jobs.guard import guarded
from privacy.jobs.order import end
from privacy.jobs.reach import IDLE, awaits_answers_only, next_look, read_open_steps
from privacy.models import Job

Standings = dict[Standing, list[Job]]


def settle(claim: Claim) -> None:
    """Gives the lease back and uncounts the claim: the worker has come through. Jobs whose lease was lost are left to
    who has it."""
    with guarded(claim) as jobs:
        if not jobs:
            return
        read_open_steps(jobs)
        standings = where_they_stand(claim, jobs)
        end([*standings[Standing.ENDED], *standings[Standing.CANCELLED]])
        for jobs_of_it in (standings[s] for s in (Standing.RUNNING, Standing.WAITING, Standing.PARKED)):
            give_back(jobs_of_it)
        let_sleep(standings[Standing.STOPPED])
        claim.kind.follow({standing: found for standing, found in standings.items() if found})
        failpoints.strike("settling")
    failpoints.strike("settled")


def where_they_stand(claim: Claim, jobs: list[Job]) -> Standings:
    going_on = [job for job in jobs if job.open_steps and not job.cancel_requested]
    stopped = claim.kind.stops([job.subject_id for job in going_on if job.subject_id]) if going_on else set()
    found: Standings = defaultdict(list)
    for job in jobs:
        found[standing_of(job, job.subject_id in stopped)].append(job)
    return found


def standing_of(job: Job, is_stopped: bool) -> Standing:
    if not job.open_steps:
        return Standing.ENDED
    if job.cancel_requested:
        return Standing.CANCELLED
    if is_stopped:
        return Standing.STOPPED
    if job.parked_because:
        return Standing.PARKED
    return Standing.WAITING if awaits_answers_only(job.open_steps) else Standing.RUNNING


def give_back(jobs: list[Job]) -> None:
    by_place = defaultdict(list)
    for job in jobs:
        first = job.open_steps[0]
        by_place[first.name, next_look(job.open_steps, first.now)].append(job.pk)
    for (name, moment), ids in by_place.items():
        release(ids, at_step=name, not_before=moment)


def let_sleep(jobs: list[Job]) -> None:
    """Until what stops them is over and wakes them; they look up once a day all the same."""
    by_place = defaultdict(list)
    for job in jobs:
        by_place[job.open_steps[0].name].append(job.pk)
    for name, ids in by_place.items():
        release(ids, at_step=name, not_before=Now() + IDLE)


def release(ids: list, **fields) -> None:
    Job.objects.filter(pk__in=ids).update(
        lease=None, lease_until=None, claims=Greatest(F("claims") - 1, Value(0)), **fields
    )


def unpark(job: Job) -> None:
    """Lets the workers try a parked, locked job again, in the caller's transaction."""
    Job.objects.filter(pk=job.pk).update(parked_because="", claims=0, not_before=Now(), lease=None, lease_until=None)
    # A waiting step without a time waits for a person, so the time of the others is now, and not none.
    steps = job.steps.filter(finished_at=None)
    steps.filter(not_before__isnull=False).update(not_before=Now())
    steps.update(attempts=0)
