"""An id in, one fulfilment call. A task is a doorbell: lose it, and the sweeper rings again."""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from uuid import UUID

from celery import Task, shared_task
from django.db import Error, transaction

# Importing them registers their steps with the engine.
from privacy.fulfilment import (  # noqa: F401
    access,
    bulk,
    children,
    engine,
    erasure,
    holds,
    import_files,
    imports,
    processors,
    vacuum,
)
from privacy.fulfilment.slices import is_busy
from privacy.selectors import imports as open_imports
from privacy.selectors import queue

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
def fulfil(request_id: str) -> None:
    """Whoever the bell woke goes on with whatever is due in its lane, and passes the bell on when the time slice is
    over."""
    ring(engine.run_due(UUID(request_id), queue.LANES[queue.PROMPT]))


@shared_task
@patient
def fulfil_bulk(request_id: str) -> None:
    """The same in the other lane; its messages lie in a queue of their own."""
    ring(engine.run_due(UUID(request_id), queue.LANES[queue.BULK]))


@shared_task
@patient
def erase_batch(batch_id: str) -> None:
    """One slice of what can be erased or finished by the hundred, and the bell again; what is left goes one by one."""
    if bulk.erase_slice(UUID(batch_id)) or bulk.finish_slice(UUID(batch_id)):
        engine.beat(queue.BULK)
        ring_batch(UUID(batch_id))
    else:
        ring(queue.next_due(1, queue.LANES[queue.BULK]))


@shared_task
@patient
def import_rows(run_id: str) -> None:
    imports.carry_out(UUID(run_id))


@patient
def sweep() -> None:
    """What is done every 15 seconds whatever is queued, by the process that looks after the workers."""
    holds.resume_unheld()
    ring(engine.sweep())
    ring_imports(open_imports.next_due(engine.BELLS))
    if access.sweep_is_due():
        access.sweep_packages()
        import_files.sweep()


def ring(request_ids: Iterable[UUID]) -> None:
    """Rings for these requests once the transaction is committed. A dead broker costs time, not work: the rows
    are there, and the sweeper rings for them when the broker is back."""
    ids = list(request_ids)[: engine.BELLS]
    in_bulk = queue.bulk_among(ids)
    bells = [(fulfil_bulk if each in in_bulk else fulfil, each) for each in ids]
    if bells:
        transaction.on_commit(lambda: _publish(bells))


def ring_batch(batch_id: UUID) -> None:
    """Rings once for all approved erasures of a batch. A lost bell makes them slower: the sweeper rings for each."""
    transaction.on_commit(lambda: _publish([(erase_batch, batch_id)]))


def ring_imports(run_ids: Iterable[UUID]) -> None:
    """Rings for these imports, as `ring` does for requests."""
    if bells := [(import_rows, run_id) for run_id in run_ids]:
        transaction.on_commit(lambda: _publish(bells))


def _publish(bells: Sequence[tuple[Task, UUID]]) -> None:
    try:
        for task, each in bells:
            task.delay(str(each))
    except Exception:  # each transport has exceptions of its own, and none may reach the person at the screen
        log.warning("broker does not answer; the sweeper will ring", exc_info=True)
