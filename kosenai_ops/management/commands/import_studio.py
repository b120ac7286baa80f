"""`manage.py import_studio FOLDER`: a studio's users, screenplays, prompts and payments.

All of it is read and checked before the first row is written; a file that is wrong imports nothing. Then it is a job,
which this command carries out itself, so that it needs no worker; while another process has the job in hand it looks
on. Stopped half-way, the job is taken up by a worker, or by running the command again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from kosenai_ops.fulfilment import studio_imports
from kosenai_ops.fulfilment.studio_imports import Account, Checked
from kosenai_ops.studio.progress import Progress
from kosenai_ops.studio.sources import SourceError
from privacy.fulfilment.importing.arrivals import Outcome
from privacy.jobs.slices import is_busy
from privacy.models import Job

AGAIN = "rows are in and stay. Run the same command again: it goes on from there, and so does a worker."
LOOKS_ON = "Another process has this import in hand. This one looks on, and takes over should that one have died."


class Command(BaseCommand):
    help = "Imports a studio: users, screenplays, prompts and Stripe objects. A second run changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="the folder that holds clerk-user-import, screenplays, …")

    def handle(self, *, folder: Path, **options):
        started = time.monotonic()
        if not folder.is_dir():
            raise CommandError("There is no such folder.")
        try:
            checked = studio_imports.check(folder.resolve())
        except SourceError as error:
            raise CommandError(f"Nothing was imported. {error}") from error
        self.report(checked, self.carried_out(checked))
        self.stdout.write(f"\nDone in {time.monotonic() - started:.1f} s.")

    def carried_out(self, checked: Checked) -> Account:
        job, progress = studio_imports.order(checked), Progress(self.stdout)
        try:
            self.see_to(job, checked, progress)
        except KeyboardInterrupt as error:
            raise CommandError(f"Stopped. {account_of(job).came_in:,} {AGAIN}", returncode=130) from error
        except Error as error:
            if not is_busy(error):
                raise
            raise CommandError(f"The database was busy for too long. {progress.done:,} {AGAIN}") from error
        finally:
            progress.close()
        if job.is_open:
            because = job.parked_because.rstrip(".")
            raise CommandError(f"It stopped at {because}. {account_of(job).came_in:,} {AGAIN}")
        if job.steps.get().is_open:
            raise CommandError("The files have changed, and a newer import of the same folder has taken its place.")
        return account_of(job)

    def see_to(self, job: Job, checked: Checked, progress: Progress) -> None:
        """Until the job is over or parked."""
        progress.expect(checked.rows, sum(account_of(job).done))
        told = ""
        with watched_by(progress):
            while job.is_open and not job.parked_because:
                had_it = studio_imports.carry_out(job.pk)
                job.refresh_from_db()
                if had_it or not job.is_open:
                    continue
                step = job.steps.get()
                if told != (reason := LOOKS_ON if job.lease else f"{step.problem}: it will be tried again."):
                    told = reason
                    self.stdout.write(told)
                progress.reach(sum(Account.of(step.result).done))
                time.sleep(1)

    def report(self, checked: Checked, account: Account) -> None:
        account.include(checked.told)
        tallies = account.tallies
        columns = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
        lines = [("", "", *columns, "left out")]
        lines += [(t.source, t.what, *(t.outcomes[c] for c in columns), t.left_out) for t in tallies]
        wide = max(len(line[0]) for line in lines), max(len(line[1]) for line in lines)
        for source, what, *counts in lines:
            numbers = "".join(f"{count:>11}" for count in counts)
            self.stdout.write(f"{source:<{wide[0]}}  {what:<{wide[1]}}{numbers}")
        notes = [(t, reason, count) for t in tallies for reason, count in t.reasons.items()]
        if notes:
            self.stdout.write("\nNot everything came in as it stood:")
        for tally, reason, count in notes:
            self.stdout.write(f"  {count} of {tally.what} in {tally.source}: {reason}")


def account_of(job: Job) -> Account:
    return Account.of(job.steps.get().result)


@contextmanager
def watched_by(progress: Progress) -> Iterator[None]:
    studio_imports.watchers.append(progress.reach)
    try:
        yield
    finally:
        studio_imports.watchers.remove(progress.reach)
