"""Carries out a confirmed import: the whole file is checked before its first row is written, then it is written in
committed slices.

The row of `ImportRun` is the job. A slice and how far it came are one transaction, so a worker may die at any point:
the next one goes on after the last committed slice, and no row is written twice. A file that is wrong imports nothing.
A row that became wrong while earlier slices were written, or whose person was erased meanwhile, is left out and told.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from privacy.fulfilment import audit, engine, import_files
from privacy.fulfilment.import_files import Gone
from privacy.fulfilment.intake import Arrival, Outcome
from privacy.fulfilment.reading import Unreadable
from privacy.fulfilment.slices import in_slices
from privacy.models import ImportRun, Staff
from privacy.selectors import queue

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # a slice takes a tenth of a second, the check of 10,000 rows some seconds
MAX_CLAIMS = 5
TOLD = 20  # sentences kept; the rest is counted
AT_ONCE = 500  # rows; up to here the page that confirms carries the import out itself, within a second


class LeaseLost(Exception):
    """Another worker holds a newer fence, or the import is finished; this one must not write."""


class Rejected(Exception):
    """The database takes none of these rows. The text is for staff and quotes no value."""


class Table(Protocol):
    """What a table that can be imported offers. `name` is what staff call it."""

    name: str

    def read(self, data: bytes, form: str) -> Sequence:
        """The rows of a file in that format. Raises Unreadable."""

    def problems(self, rows: Sequence, actor: Staff) -> list[str]:
        """A sentence for each fault of the file. Only reads."""

    def write(self, rows: Sequence, actor: Staff) -> list[Arrival]:
        """An Arrival each, in order, in the caller's transaction. Raises Rejected."""


tables: dict[str, Table] = {}  # by the model's label; the admin fills it when it starts


def order(*, sheet: str, form: str, file: str, rows: int, actor: Staff) -> ImportRun:
    """Makes the import of a kept file a row, once a file. Raises Gone the second time."""
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(sheet=sheet, format=form, file=file, total=rows, actor=actor)
            audit.append(run.id, "import.ordered", actor=actor, sheet=sheet, rows=rows)
    except IntegrityError as error:
        raise Gone from error
    return run


def carry_out(run_id: UUID) -> None:
    """Takes the import as far as it goes. Safe to call at any time, from any number of workers."""
    run = claim(run_id)
    if run is None or run.sheet not in tables:  # a table that this process does not have, while a version is rolled out
        return
    try:
        if run.claims > MAX_CLAIMS:
            give_up(run, f"It failed {MAX_CLAIMS} times after row {run.done:,}; the log says how.")
        else:
            import_rows(run)
    except (Gone, Unreadable):
        give_up(run, "The file can no longer be read. Choose it again.")
    except LeaseLost:
        log.warning("import %s: another worker has it, or it is finished", run_id)


def claim(run_id: UUID) -> ImportRun | None:
    """Takes the lease with one conditional UPDATE; None when there is nothing to do or another worker has it."""
    with transaction.atomic():
        if queue.imports_due().filter(pk=run_id).update(
            lease_until=Now() + LEASE, fence=F("fence") + 1, claims=F("claims") + 1,
            started_at=Coalesce("started_at", Now()),
        ):  # fmt: skip
            return ImportRun.objects.select_related("actor").get(pk=run_id)
    return None


def import_rows(run: ImportRun) -> None:
    table = tables[run.sheet]
    rows = table.read(import_files.read(run.file, import_files.LIFE_CONFIRMED), run.format)
    if not run.done and (problems := table.problems(rows, run.actor)):
        close(run, ImportRun.Outcome.REFUSED, problems)
        return
    for _ in in_slices(rows[run.done :], partial(write, run)):
        engine.beat(queue.BULK)
    close(run, ImportRun.Outcome.DONE, run.reasons)


def write(run: ImportRun, rows: Sequence) -> Sequence[Arrival]:
    """One slice, one transaction. What the database rejects is found by halves, and left out alone."""
    try:
        return commit(run, lambda: tables[run.sheet].write(rows, run.actor))
    except Rejected as error:
        if len(rows) == 1:
            rejected = [Arrival(Outcome.REFUSED, reason=str(error))]
            return commit(run, lambda: rejected)
        middle = len(rows) // 2
        return [*write(run, rows[:middle]), *write(run, rows[middle:])]


def commit(run: ImportRun, write_rows: Callable[[], Sequence[Arrival]]) -> Sequence[Arrival]:
    """Writes a slice and how far the import is with it, together. Raises LeaseLost, Rejected."""
    with transaction.atomic():
        hold(run)
        arrivals = write_rows()
        done, reasons = advance(run, arrivals)
    run.done, run.reasons = done, reasons
    return arrivals


def hold(run: ImportRun) -> None:
    """Locks the row in the caller's transaction and prolongs the lease. Raises LeaseLost."""
    mine = ImportRun.objects.filter(pk=run.pk, fence=run.fence, finished_at=None)
    if not mine.update(lease_until=Now() + LEASE, claims=1):
        raise LeaseLost


def advance(run: ImportRun, arrivals: Sequence[Arrival]) -> tuple[int, list[str]]:
    """Records a slice, in the caller's transaction: (rows done, sentences told)."""
    counts = Counter(arrival.outcome for arrival in arrivals)
    told = [sentence(number, a) for number, a in enumerate(arrivals, start=run.done + 1) if a.reason]
    done, reasons = run.done + len(arrivals), [*run.reasons, *told][:TOLD]
    ImportRun.objects.filter(pk=run.pk).update(
        done=done, reasons=reasons, created=F("created") + counts[Outcome.CREATED],
        updated=F("updated") + counts[Outcome.UPDATED], unchanged=F("unchanged") + counts[Outcome.UNCHANGED],
        left_out=F("left_out") + counts[Outcome.SKIPPED] + counts[Outcome.REFUSED],
    )  # fmt: skip
    return done, reasons


def sentence(number: int, arrival: Arrival) -> str:
    """What is told of a row that did not come in, or not as it stood."""
    if arrival.outcome in (Outcome.SKIPPED, Outcome.REFUSED):
        return f"Row {number:,} was left out: {arrival.reason}"
    return f"Row {number:,} came in. {arrival.reason}"


def give_up(run: ImportRun, because: str) -> None:
    close(run, ImportRun.Outcome.STOPPED, [because, *run.reasons])


def close(run: ImportRun, outcome: str, told: Sequence[str]) -> None:
    """Ends the import with its evidence, and deletes the file. Raises LeaseLost."""
    with transaction.atomic():
        hold(run)
        run.refresh_from_db(fields=("created", "updated", "unchanged", "left_out"))
        run.outcome, run.reasons = outcome, list(told[:TOLD])
        ImportRun.objects.filter(pk=run.pk).update(
            outcome=outcome, reasons=run.reasons, finished_at=Now(), lease_until=None
        )
        counts = {name: getattr(run, name) for name in ("created", "updated", "unchanged", "left_out")}
        audit.append(run.id, f"import.{outcome}", actor=run.actor, sheet=run.sheet, **counts)
    import_files.discard(run.file)
