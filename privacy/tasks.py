"""An id in, one call. A task is a doorbell: lose it, and the sweep rings again."""

import logging
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from celery import shared_task
from django.db import Error
from django.db.models import Q

from privacy.cases import letters, requests, verification
from privacy.fulfilment import digest, packages, roots, staff
from privacy.fulfilment.importing import files
from privacy.jobs import bells
from privacy.jobs.due import next_due
from privacy.jobs.run import run, run_due
from privacy.jobs.slices import is_busy
from privacy.models import Job

log = logging.getLogger(__name__)


def patient[**Given](duty: Callable[Given, None]) -> Callable[Given, None]:
    """A busy database costs a duty time and not work: the rows are there, and the next sweep rings for them again."""

    @wraps(duty)
    def wrapper(*args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            duty(*args, **kwargs)
        except Error as error:
            if not is_busy(error):
                raise
            log.warning("%s: the database is busy; the next sweep tries again", duty.__name__)

    return wrapper


@shared_task
@patient
def work(job_id: str) -> None:
    """Whoever the bell woke goes on with whatever is due in the job's lane, and passes the bell on when the time slice
    is over."""
    job = Job.objects.filter(pk=UUID(job_id)).only("lane").first()
    if job is None:
        return
    run(Q(pk=job.pk))
    in_lane = Q(lane=job.lane)
    if run_due(in_lane):
        bells.ring(Job.objects.filter(pk__in=next_due(1, in_lane)))


@patient
def sweep() -> None:
    """What is done every 15 seconds whatever is queued, by the process that looks after the workers."""
    bells.sweep()
    if packages.sweep_is_due():
        requests.answer_before_due()
        verification.sweep()
        staff.let_act()
        digest.order_due()
        letters.acknowledge_due()
        letters.forget_due()
        roots.order_due()
        packages.sweep_orphans()
        files.sweep()
