"""Carries out a confirmed import: the whole file is checked before its first row is written, then it is written in
committed slices.

Checking is one step, outside transactions; writing is another, a slice a transaction, with how far it came: a worker
may die at any point, the next one goes on after the last committed slice, and no row is written twice. A file that is
wrong imports nothing. A row that became wrong while earlier slices were written, or whose person was erased meanwhile,
is left out and told.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from privacy.catalogue import JobKind, Planned, Standing, StepKind, register
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment.importing import files
from privacy.fulfilment.importing.arrivals import Arrival, Outcome
from privacy.fulfilment.importing.files import Gone
from privacy.fulfilment.importing.reading import Unreadable
from privacy.jobs.handlers import local, one_by_one, remote
from privacy.jobs.order import about, end, make
from privacy.jobs.order import order as order_jobs
from privacy.jobs.outcomes import Done, Later, More
from privacy.jobs.run import run
from privacy.jobs.slices import Pace
from privacy.models import ImportRun, Job, Lane, Staff, Step
from privacy.roles import must_have

KIND = "import"
TOLD = 20  # sentences kept; the rest is counted
AT_ONCE = 500  # rows; up to here the page that confirms carries the import out itself, within a second
UNREADABLE = "The file can no longer be read. Choose it again."


class Rejected(Exception):
    """The database takes none of these rows. The text is for staff and quotes no value."""


class Table(Protocol):
    """What a table that can be imported offers. `name` is what staff call it."""

    name: str

    def read(self, data: bytes, form: str) -> Sequence[Any]:
        """The rows of a file in that format. Raises Unreadable."""

    def problems(self, rows: Sequence[Any], actor: Staff) -> list[str]:
        """A sentence for each fault of the file. Only reads."""

    def write(self, rows: Sequence[Any], actor: Staff) -> list[Arrival]:
        """An Arrival each, in order, in the caller's transaction. Raises Rejected."""


tables: dict[str, Table] = {}  # by the model's label; the admin fills it when it starts


def order(*, sheet: str, form: str, file: str, rows: int, actor: Staff) -> ImportRun:
    """Makes the import of a kept file a row and a job of the same id, once a file. Raises Gone the second time, and
    PermissionDenied."""
    must_have(actor, "privacy.import_datasubject")
    try:
        with transaction.atomic():
            importing = ImportRun.objects.create(sheet=sheet, format=form, file=file, total=rows, actor=actor)
            audit.append(importing.id, Event.IMPORT_ORDERED, actor=actor, sheet=sheet, rows=rows)
            give = order_jobs if rows > AT_ONCE else make  # a small one is not rung for: the page carries it out
            give([Job(id=importing.id, kind=KIND, about=about(file), lane=Lane.BULK, ordered_by=actor)])
    except IntegrityError as error:
        raise Gone from error
    return importing


def carry_out(run_id: UUID) -> None:
    """Takes the import as far as it goes. Safe to call at any time, from any number of workers."""
    run(Q(pk=run_id))


def plan(jobs: Sequence[Job]) -> dict[Job, list[Planned]]:
    totals = dict(ImportRun.objects.filter(pk__in=[job.pk for job in jobs]).values_list("pk", "total"))
    return {job: [Planned("importing.check"), Planned("importing.rows", units=totals[job.pk])] for job in jobs}


@remote("importing.check")
def check(job: Job, step: Step, renew: Callable[..., None]) -> Done | Later:
    """Reads the whole file and looks for faults, before the first row is written."""
    ImportRun.objects.filter(pk=job.pk).update(started_at=Coalesce("started_at", Now()))
    importing = run_of(job)
    if importing.sheet not in tables:
        return Later(f"This worker does not know {importing.sheet}")
    try:
        problems = tables[importing.sheet].problems(reading_of(importing).rows, importing.actor)
    except (Gone, Unreadable):
        return Done(record=lambda job, step: close(importing, ImportRun.Outcome.STOPPED, [UNREADABLE]))
    if problems:
        return Done(record=lambda job, step: close(importing, ImportRun.Outcome.REFUSED, problems))
    return Done()


@local("importing.rows")
@one_by_one
def import_slice(job: Job, step: Step) -> Done | More:
    """One slice and how far the import is with it, in one transaction."""
    importing = run_of(job)
    if importing.finished_at:
        return Done(units=importing.done)
    try:
        reading = reading_of(importing)
    except (Gone, Unreadable):
        close(importing, ImportRun.Outcome.STOPPED, [UNREADABLE, *importing.reasons])
        return Done(units=importing.done)
    if some := reading.rows[importing.done : importing.done + reading.pace.rows]:
        started = time.monotonic()
        advance(importing, write(importing, some))
        reading.pace.took(len(some), time.monotonic() - started)
        return More(importing.done)
    close(importing, ImportRun.Outcome.DONE, importing.reasons)
    return Done(units=importing.done)


def run_of(job: Job) -> ImportRun:
    return ImportRun.objects.select_related("actor").get(pk=job.pk)


@dataclass
class Reading:
    """A file that this process has read: parsing it anew for every slice would cost more than writing it."""

    run_id: UUID
    rows: Sequence[Any]
    pace: Pace = field(default_factory=Pace)


_last_read: list[Reading] = []


def reading_of(importing: ImportRun) -> Reading:
    """Raises Gone, Unreadable."""
    # Other threads of a web server's process come here with imports of their own: the list is read once.
    if last := next((reading for reading in [*_last_read] if reading.run_id == importing.id), None):
        return last
    data = files.read(importing.file, files.LIFE_CONFIRMED)
    last = Reading(importing.id, tables[importing.sheet].read(data, importing.format))
    _last_read[:] = [last]
    return last


def write(importing: ImportRun, rows: Sequence[Any]) -> Sequence[Arrival]:
    """What the database rejects is found by halves, and left out alone."""
    try:
        with transaction.atomic():
            return tables[importing.sheet].write(rows, importing.actor)
    except Rejected as error:
        if len(rows) == 1:
            return [Arrival(Outcome.REFUSED, reason=str(error))]
        middle = len(rows) // 2
        return [*write(importing, rows[:middle]), *write(importing, rows[middle:])]


def advance(importing: ImportRun, arrivals: Sequence[Arrival]) -> None:
    """Records a slice, in the caller's transaction."""
    counts = Counter(arrival.outcome for arrival in arrivals)
    told = [sentence(number, a) for number, a in enumerate(arrivals, start=importing.done + 1) if a.reason]
    importing.done += len(arrivals)
    ImportRun.objects.filter(pk=importing.pk).update(
        done=importing.done, reasons=[*importing.reasons, *told][:TOLD], created=F("created") + counts[Outcome.CREATED],
        updated=F("updated") + counts[Outcome.UPDATED], unchanged=F("unchanged") + counts[Outcome.UNCHANGED],
        left_out=F("left_out") + counts[Outcome.SKIPPED] + counts[Outcome.REFUSED],
    )  # fmt: skip


def sentence(number: int, arrival: Arrival) -> str:
    """What is told of a row that did not come in, or not as it stood."""
    if arrival.outcome in (Outcome.SKIPPED, Outcome.REFUSED):
        return f"Row {number:,} was left out: {arrival.reason}"
    return f"Row {number:,} came in. {arrival.reason}"


ENDED = {
    ImportRun.Outcome.DONE: Event.IMPORT_DONE,
    ImportRun.Outcome.REFUSED: Event.IMPORT_REFUSED,
    ImportRun.Outcome.STOPPED: Event.IMPORT_STOPPED,
}


def close(importing: ImportRun, outcome: ImportRun.Outcome, told: Sequence[str]) -> None:
    """Ends the import with its evidence, in the caller's transaction; the file goes when that is committed."""
    importing.refresh_from_db(fields=("created", "updated", "unchanged", "left_out"))
    ImportRun.objects.filter(pk=importing.pk).update(outcome=outcome, reasons=list(told[:TOLD]), finished_at=Now())
    counts = {name: getattr(importing, name) for name in ("created", "updated", "unchanged", "left_out")}
    audit.append(importing.id, ENDED[outcome], actor=importing.actor, sheet=importing.sheet, **counts)
    _last_read.clear()
    transaction.on_commit(partial(files.discard, importing.file))


def follow(standings: Mapping[Standing, Sequence[Job]]) -> None:
    """One that failed too often is given up: what is in stays, and the file can be chosen again."""
    for job in standings.get(Standing.PARKED, ()):
        importing = run_of(job)
        because = f"It failed too often after row {importing.done:,}; the log says how."
        close(importing, ImportRun.Outcome.STOPPED, [because, *importing.reasons])
        end([job])


register(
    JobKind(
        KIND,
        steps=(StepKind("importing.check", "Check every row"), StepKind("importing.rows", "Write the rows")),
        plan=plan,
        follow=follow,
    )
)
