"""Bells: a message wakes a worker, which goes on with whatever is due. Lose it, and the sweep rings again."""

import logging
from collections.abc import Iterable
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from privacy.jobs.due import next_due
from privacy.jobs.heartbeats import heard, note
from privacy.models import Job, Lane

log = logging.getLogger(__name__)

TASK = "privacy.tasks.work"
# Bells rung at once. Each wakes a worker that goes on with whatever is due, so a few do for any number of jobs.
AT_ONCE = 20
# A lane in which something moved so lately has its workers awake: more bells would only stand before those of others.
AWAKE_SECONDS = 15


def queue_of(lane: str) -> str:
    """The queue of messages that this lane's workers listen to."""
    return f"kosenai-{lane}"


def ring(jobs: Iterable[Job]) -> None:
    """Rings once the transaction is committed. A dead broker costs time, not work: the rows are there."""
    if bells := [(job.id, job.lane) for job in jobs][:AT_ONCE]:
        transaction.on_commit(lambda: _publish(bells))


def sweep() -> None:
    """Rings for what is due and in no worker's hands. Says that it ran."""
    note("sweep", Now())
    prompt = next_due(1 if is_awake(Lane.PROMPT) else AT_ONCE, Q(lane=Lane.PROMPT))
    bulk = next_due(1, Q(lane=Lane.BULK))
    _publish([*((pk, Lane.PROMPT) for pk in prompt), *((pk, Lane.BULK) for pk in bulk)])


def is_awake(lane: str) -> bool:
    moved = heard().get(lane)
    return moved is not None and moved < AWAKE_SECONDS


def _publish(bells: Iterable[tuple[UUID, str]]) -> None:
    try:
        for job_id, lane in bells:
            current_app.send_task(TASK, [str(job_id)], queue=queue_of(lane))
    except Exception:  # each transport has exceptions of its own, and none may reach the person at the screen
        log.warning("broker does not answer; the sweep will ring", exc_info=True)
