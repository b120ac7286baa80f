"""Letting parked work of no case go on; that of a case is let go on with it (privacy.cases.requests.unpark)."""

from uuid import UUID

from django.db import transaction

from privacy.catalogue import NotAllowed
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.jobs import settle
from privacy.models import Job, Staff
from privacy.roles import must_have
from privacy.selectors.parked import jobs_of_no_case

MAY_RETRY = "privacy.retry_job"


def try_again(*, job_id: UUID, actor: Staff) -> Job:
    """Lets the workers try it again. Raises NotAllowed when it is not parked any more, and PermissionDenied."""
    must_have(actor, MAY_RETRY)
    with transaction.atomic():
        job = jobs_of_no_case().select_for_update().filter(pk=job_id).first()
        if job is None:
            raise NotAllowed("This work is not parked any more.")
        settle.unpark(job)
        audit.append(job.chain, Event.JOB_UNPARKED, actor=actor)
    return job
