"""An id in, one fulfilment call. A task is a doorbell: lose it, and the sweeper rings again."""

import logging
from collections.abc import Iterable
from uuid import UUID

from celery import shared_task
from django.db import transaction

# Importing them registers their steps with the engine.
from privacy.fulfilment import children, engine, erasure, holds, processors  # noqa: F401

log = logging.getLogger(__name__)


@shared_task
def fulfil(request_id: str) -> None:
    """Whoever the bell woke goes on with whatever is due, and passes the bell on when the time slice is over."""
    ring(engine.run_due(UUID(request_id)))


@shared_task
def sweep() -> None:
    holds.resume_unheld()
    ring(engine.sweep())


def ring(request_ids: Iterable[UUID]) -> None:
    """Rings for these requests once the transaction is committed. A dead broker costs time, not work: the rows
    are there, and the sweeper rings for them when the broker is back."""
    ids = [str(request_id) for request_id in request_ids][: engine.BELLS]
    if ids:
        transaction.on_commit(lambda: _publish(ids))


def _publish(ids: list[str]) -> None:
    try:
        for request_id in ids:
            fulfil.delay(request_id)
    except Exception:  # each transport has exceptions of its own, and none may reach the person at the screen
        log.warning("broker does not answer; the sweeper will ring", exc_info=True)
