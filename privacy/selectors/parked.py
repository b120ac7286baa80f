"""Parked work without a case, which stands in no queue of cases."""

from django.db.models import QuerySet

from privacy.catalogue import job_kinds
from privacy.models import Job


def of_our_own() -> QuerySet[Job]:
    return Job.objects.filter(case=None, ended_at=None).exclude(parked_because="")


def title(job: Job) -> str:
    """What the work is called: the step at which it stands, or its kind where this version does not know it."""
    steps = job_kinds[job.kind].steps if job.kind in job_kinds else ()
    return next((step.label for step in steps if step.name == job.at_step), job.kind.replace("_", " "))
