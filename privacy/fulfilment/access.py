"""Builds the package that answers a request for access."""

import errno
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic

from privacy.catalogue import Planned
from privacy.fulfilment import packages
from privacy.fulfilment.package import builder
from privacy.fulfilment.package.builder import Built
from privacy.fulfilment.redaction.look import WAITS, look_again
from privacy.fulfilment.redaction.texts import NOTHING
from privacy.fulfilment.redaction.told import TextsChanged
from privacy.jobs import failpoints
from privacy.jobs.guard import Stopped
from privacy.jobs.handlers import remote
from privacy.jobs.outcomes import Done, Later, More, Outcome, Waiting
from privacy.models import AccessPackage, CaseJob, DataSubject, Step
from privacy.selectors import plans, portability
from privacy.selectors.redactions import BUILD, LOOK, to_search, undecided

log = logging.getLogger(__name__)

TELL_SECONDS = 1
RENEW_SECONDS = 15
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def plan_package(jobs: Sequence[CaseJob]) -> dict[CaseJob, list[Planned]]:
    counted = plans.package_counts([job.subject_id for job in jobs], own=plans.OWN_JOB)
    return {job: steps_for(counted[job.subject_id]) for job in jobs}


def plan_portable(jobs: Sequence[CaseJob]) -> dict[CaseJob, list[Planned]]:
    """The same of a package that holds only what the person gave."""
    return {job: steps_for(portability.counts([job.subject_id])) for job in jobs}


def steps_for(rows: Mapping[str, int]) -> list[Planned]:
    """Whoever has nothing that others may have written waits for no search. `rows` is {model label: rows}."""
    look = [Planned(LOOK)] if to_search(rows) else []
    return [*look, Planned(BUILD, units=sum(rows.values()))]


@remote(BUILD)
def build_package(job: CaseJob, step: Step, renew: Callable[..., None]) -> Outcome:
    """Writes the package under a name that no other attempt has, so that a worker that comes back late from
    a lost lease never writes into the file of its successor."""
    request = job.case
    package = AccessPackage(request=request, encrypted=bool(request.recipient_key))
    package.file = f"{packages.FOLDER}/{step.key}-{job.fence}.zip{'.age' if package.encrypted else ''}"
    erased_at = request.subject.erased_at
    forget_attempts(step)
    failpoints.strike("package begun")
    try:
        built = builder.build(
            request, packages.path_of(package), expires_after=packages.KEPT, tick=Progress(step, renew),
            looked=looked_at(job, step),
        )  # fmt: skip
    except TextsChanged:
        return after_another_look(job, step)
    except OSError as fault:
        if fault.errno not in DISK_FULL:
            raise
        return Later("No space left on the disk for the package; it is built again as soon as there is some.")
    failpoints.strike("package written")
    return Done(
        {"package": str(package.id), "sha256": built.sha256, "rows": built.rows, "files": built.files,
         "missing_files": built.missing_files, "gaps": len(built.gaps)},
        units=built.rows,
        record=lambda job, step: keep(package, built, erased_at),
    )  # fmt: skip


def looked_at(job: CaseJob, step: Step) -> str:
    """The digest of the texts as they were last looked through: by this step itself, if it found them changed."""
    results = job.steps.filter(name=LOOK).values_list("result", flat=True)
    return next((result["texts"] for result in (step.result, *results) if "texts" in result), NOTHING)


def after_another_look(job: CaseJob, step: Step) -> Outcome:
    """A text came or changed since: what is found in it waits for a person, too. The package is built at once where
    nothing was, but not over and over while somebody goes on writing."""
    looked = {"texts": look_again(job)}
    if undecided(job.case_id).exists():
        return Waiting(WAITS, result=looked)
    if step.result:
        return Later("The texts in it were changed while it was written; it is built again.", result=looked)
    return More(0, looked)


def forget_attempts(step: Step) -> None:
    """Deletes what earlier attempts at this step left when their worker died."""
    for left in packages.folder().glob(f"{step.key}-*"):
        left.unlink(missing_ok=True)


def keep(package: AccessPackage, built: Built, erased_at: datetime | None) -> None:
    """Makes the package known, in the transaction that closes its step. Raises Stopped, and deletes it, if the
    person was erased while it was being written: the next attempt tells what is left."""
    subject = DataSubject.objects.select_for_update().get(pk=package.request.subject_id)
    if subject.erased_at != erased_at:
        packages.path_of(package).unlink(missing_ok=True)
        raise Stopped
    package.sha256, package.size, package.rows = built.sha256, built.size, built.rows
    package.files, package.gaps = built.files, len(built.gaps)
    package.expires_at = built.created_at + packages.KEPT
    package.save(force_insert=True)
    packages.order_expiry(package)


class Progress:
    """Called after every block: moves the step's units_done, and prolongs the lease while the writing lasts."""

    def __init__(self, step: Step, renew: Callable[[], None]):
        self.step, self.renew, self.written = step, renew, 0
        self.told = self.renewed = monotonic()

    def __call__(self, rows: int) -> None:
        self.written += rows
        now = monotonic()
        if now - self.renewed > RENEW_SECONDS:
            self.renew()
            self.renewed = now
        if now - self.told > TELL_SECONDS:
            # Every row is written twice, as JSON and as CSV.
            Step.objects.filter(pk=self.step.pk).update(units_done=self.written // 2)
            self.told = now
