"""An id in, one fulfilment call. A task is a doorbell: lose it, and the sweeper rings again."""

import logging
from collections.abc import Iterable
from uuid import UUID

from celery import Task, shared_task
from django.db import transaction

# Importing them registers their steps with the engine.
from privacy.fulfilment import access, bulk, children, engine, erasure, holds, import_files, processors, vacuum  # noqa: F401
from privacy.selectors import queue

log = logging.getLogger(__name__)


@shared_task
def fulfil(request_id: str) -> None:
    """Whoever the bell woke goes on with whatever is due, and passes the bell on when the time slice is over."""
    ring(engine.run_due(UUID(request_id)))


@shared_task
def sweep() -> None:
    holds.resume_unheld()
    ring(engine.sweep())
    if access.sweep_is_due():
        access.sweep_packages()
        import_files.sweep()


@shared_task
def erase_batch(batch_id: str) -> None:
    """One slice of what can be erased or finished by the hundred, and the bell again; what is left goes one by one."""
    if bulk.erase_slice(UUID(batch_id)) or bulk.finish_slice(UUID(batch_id)):
        ring_batch(UUID(batch_id))
    else:
        ring(queue.next_due(engine.BELLS))


def ring(request_ids: Iterable[UUID]) -> None:
    """Rings for these requests once the transaction is committed. A dead broker costs time, not work: the rows
    are there, and the sweeper rings for them when the broker is back."""
    ids = [str(request_id) for request_id in request_ids][: engine.BELLS]
    if ids:
        transaction.on_commit(lambda: _publish(fulfil, ids))


def ring_batch(batch_id: UUID) -> None:
    """Rings once for all approved erasures of a batch. A lost bell makes them slower: the sweeper rings for each."""
    transaction.on_commit(lambda: _publish(erase_batch, [str(batch_id)]))


def _publish(task: Task, ids: list[str]) -> None:
    try:
        for each in ids:
            task.delay(each)
    except Exception:  # each transport has exceptions of its own, and none may reach the person at the screen
        log.warning("broker does not answer; the sweeper will ring", exc_info=True)
