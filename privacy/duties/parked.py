"""Work that no case has ordered (mail, a change of law, imports, what expires) and that has stopped until a person has
looked."""

from uuid import UUID

from django.db import transaction

from privacy.catalogue import NotAllowed
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.jobs import settle
from privacy.models import Staff
from privacy.roles import must_have
from privacy.selectors import parked


def try_again(*, job_id: UUID, actor: Staff) -> None:
    """Lets the workers go on where it stopped. Raises NotAllowed when it is not parked, and PermissionDenied."""
    must_have(actor, "privacy.retry_job")
    with transaction.atomic():
        job = parked.of_our_own().select_for_update().filter(pk=job_id).first()
        if job is None:
            raise NotAllowed("It is not parked any more: a colleague may have been quicker.")
        settle.unpark(job)
        audit.append(job.chain, Event.JOB_UNPARKED, actor=actor)
