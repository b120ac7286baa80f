"""Work of no case that has stopped: mail, imports, rules of law. What belongs to a case stands on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Func, IntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce

from privacy.models import Job, Mail


@dataclass(frozen=True)
class ParkedWork:
    """`mail` is what it would send, where it is a mail."""

    job: Job
    mail: Mail | None


def jobs_of_no_case() -> QuerySet[Job]:
    return Job.objects.filter(case=None, ended_at=None).exclude(parked_because="")


def number_of_no_case() -> Coalesce:
    """How many there are, for a query that counts something else."""
    counted = jobs_of_no_case().order_by().annotate(n=Func("pk", function="COUNT")).values("n")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


def of_no_case(most: int) -> Sequence[ParkedWork]:
    """The oldest first."""
    jobs = list(jobs_of_no_case().order_by("ordered_at", "id")[:most])
    mails = _mails([job.pk for job in jobs])
    return [ParkedWork(job, mails.get(job.pk)) for job in jobs]


def _mails(job_ids: Sequence[UUID]) -> dict[UUID, Mail]:
    """A mail and its job have one id."""
    return {mail.pk: mail for mail in Mail.objects.filter(pk__in=job_ids).select_related("member")}
