"""The import of a studio's folder as a job: one step, a part of the files after another, in committed slices.

The step is a remote one, so that files are read outside transactions. A slice's rows, what became of them and how far
the import is are written in one: a worker may die at any point, the next one goes on after the last slice, and nothing
comes in or is counted twice. The files are read where they lie; a job is about their digest, which is looked at
whenever it is taken up, so that the rows of one import never come from two versions of a file.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from kosenai_ops.studio import people, prompts, screenplays, stripe
from kosenai_ops.studio.sources import Part, SourceError, Tally, fingerprint
from privacy.catalogue import JobKind, StepKind, register
from privacy.jobs import failpoints
from privacy.jobs.claim import claim
from privacy.jobs.handlers import remote
from privacy.jobs.order import about, make, stop_short
from privacy.jobs.outcomes import Done, Failed, More
from privacy.jobs.run import SLICE_SECONDS, work
from privacy.jobs.settle import settle, unpark
from privacy.jobs.slices import in_slices
from privacy.models import Job, Lane, Step

KIND, STEP = "studio_import", "studio.rows"
PARTS = (people, screenplays, prompts, stripe)  # people first: what else comes in is somebody's
GONE = "The folder or a file in it is no longer there, or can no longer be read."
CHANGED = "A file in the folder has changed since the import was ordered."

# Who in this process is told after each slice how many rows are done: a command that carries its import out itself.
watchers: list[Callable[[int], None]] = []


@dataclass(frozen=True)
class Checked:
    """A folder of which every file can be read, how many rows that is, and what is to be told of the files themselves,
    by their names: rows are kept in the job's account, and names of files are not."""

    folder: Path
    digest: str
    rows: int
    told: list[Tally]


@dataclass
class Account:
    """How far an import is: what its step keeps as its result. `done` are rows of each part begun, in order; the last
    is at hand. In the end the tallies alone become evidence: counts, and sentences without values."""

    folder: str
    done: list[int]
    tallies: list[Tally]

    @classmethod
    def of(cls, result: dict[str, Any]) -> "Account":
        tallies = [Tally.kept(**kept) for kept in result["tallies"]]
        return cls(result.get("folder", ""), result.get("done", []), tallies)

    def kept(self) -> dict[str, Any]:
        return {"folder": self.folder, "done": self.done} | self.evidence()

    def evidence(self) -> dict[str, Any]:
        return {"tallies": [vars(tally) for tally in self.tallies]}

    def include(self, tallies: Sequence[Tally]) -> None:
        for tally in tallies:
            same = (mine for mine in self.tallies if (mine.source, mine.what) == (tally.source, tally.what))
            if mine := next(same, None):
                mine.include(tally)
            else:
                self.tallies.append(tally)

    @property
    def came_in(self) -> int:
        return sum(tally.came_in for tally in self.tallies)


def check(folder: Path) -> Checked:
    """Reads every file to its end. Raises SourceError."""
    digest, found = digest_of(folder), [part.check(folder) for part in PARTS]
    return Checked(folder, digest, sum(rows for rows, _ in found), [tally for _, told in found for tally in told])


def digest_of(folder: Path) -> str:
    """Raises SourceError."""
    return about(*(fingerprint(file) for part in PARTS for file in part.files(folder)))


def order(checked: Checked) -> Job:
    """The job that imports these files: the open one, tried again if it was parked, or a new one. No bell rings for it:
    whoever orders it carries it out, and the sweep rings if they die."""
    try:
        return take_up(checked)
    except IntegrityError:  # another command has ordered it at the same time; now it is there
        return take_up(checked)


@transaction.atomic
def take_up(checked: Checked) -> Job:
    folder, ours = str(checked.folder), Job.objects.filter(kind=KIND, ended_at=None)
    ours = list(ours.select_for_update().order_by("id"))
    steps = {step.job_id: step for step in Step.objects.filter(job__in=ours)}
    job = next((job for job in ours if job.about == checked.digest), None)
    # What the folder held before can never come in any more.
    stop_short(other for other in ours if other != job and steps[other.pk].result["folder"] == folder)
    if not job:
        job, account = Job(kind=KIND, about=checked.digest, lane=Lane.BULK), Account(folder, [0], [])
        make([job])
        Step.objects.filter(job=job).update(units_planned=checked.rows, result=account.kept())
        return job
    if steps[job.pk].result["folder"] != folder:  # the same files, which lie elsewhere now
        Step.objects.filter(job=job).update(result=steps[job.pk].result | {"folder": folder})
    if job.parked_because:
        unpark(job)
        job.refresh_from_db()
    return job


def carry_out(job_id: UUID) -> bool:
    """Takes the import as far as it goes, if no other worker has it in hand; whether it had. Stopped by Ctrl-C it gives
    the job back, so that nobody has to wait until the lease runs out."""
    taken = claim(Q(pk=job_id))
    if not taken:
        return False
    try:
        while taken.at:
            work(taken)
    finally:
        settle(taken)
    return True


@remote(STEP)
def write_rows(job: Job, step: Step, renew: Callable[..., None]) -> Done | More | Failed:
    """Goes on where the last attempt ended, for one slice of a worker's time."""
    account, ends = Account.of(step.result), monotonic() + SLICE_SECONDS
    try:
        if digest_of(Path(account.folder)) != job.about:
            return Failed(CHANGED)
        for _ in slices(job, account, renew):
            for tell in watchers:
                tell(sum(account.done))
            if monotonic() > ends:
                return More(sum(account.done), account.kept())
    except SourceError:
        return Failed(GONE)
    return Done(account.evidence())


def slices(job: Job, account: Account, renew: Callable[..., None]) -> Iterator[None]:
    """Writes one after another."""
    for place in range(len(account.done) - 1, len(PARTS)):
        part: Part = PARTS[place].part(Path(account.folder), account.done[0])

        def write(some: Sequence[Any], part: Part = part) -> Sequence[Any]:
            with transaction.atomic():
                Job.objects.select_for_update().get(pk=job.pk)  # the job's lock comes before people's (see guard)
                account.include(part.write(some))
                account.done[-1] += len(some)
                failpoints.strike("rows written")
                renew(account.kept())
            failpoints.strike("slice kept")
            return some

        with passed_over_by_the_collector():
            for _ in in_slices(islice(part.rows, account.done[-1], None), write):
                yield
        account.done.append(0)


@contextmanager
def passed_over_by_the_collector() -> Iterator[None]:
    """What was read stays to the part's end anyway; looking all of it through took 0.4 s, in the midst of a slice."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


register(JobKind(KIND, steps=(StepKind(STEP, "Write the rows of a studio’s files"),)))
