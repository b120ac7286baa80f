"""`manage.py import_studio FOLDER`: a studio's users, screenplays, prompts and payments.

It stands here because it needs billing and privacy, and only the composition root knows both. All of it is read and
checked before the first row is written; a file that is wrong imports nothing. Then it is written in committed slices,
so that nobody else waits: stopped half-way, it is taken up by running it again, because every row is known by its own
key and what is there already is left as it is.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from kosenai_ops.studio import people, prompts, screenplays, stripe
from kosenai_ops.studio.progress import Progress
from kosenai_ops.studio.sources import SourceError, Tally
from privacy.fulfilment.intake import Outcome
from privacy.jobs.slices import is_busy

AGAIN = "rows are in and stay. Run the same command again: it goes on from there."


class Command(BaseCommand):
    help = "Imports a studio: users, screenplays, prompts and Stripe objects. A second run changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="the folder that holds clerk-user-import, screenplays, …")

    def handle(self, *, folder: Path, **options):
        started = time.monotonic()
        if not folder.is_dir():
            raise CommandError("There is no such folder.")
        self.report(self.tallies(folder, Progress(self.stdout)))
        self.stdout.write(f"\nDone in {time.monotonic() - started:.1f} s.")

    def tallies(self, folder: Path, progress: Progress) -> list[Tally]:
        try:
            return import_from(folder, progress)
        except SourceError as error:
            raise CommandError(f"Nothing was imported. {error}") from error
        except KeyboardInterrupt as error:
            raise CommandError(f"Stopped. {progress.done:,} {AGAIN}", returncode=130) from error
        except Error as error:
            if not is_busy(error):
                raise
            raise CommandError(f"The database was busy for too long. {progress.done:,} {AGAIN}") from error
        finally:
            progress.close()

    def report(self, tallies: list[Tally]) -> None:
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


def import_from(folder: Path, progress: Progress) -> list[Tally]:
    """Reads all, then writes all. Raises SourceError before the first write."""
    users = people.read(folder)
    plays, texts, payments = screenplays.read(folder), prompts.read(folder), stripe.read(folder)
    if not users.people:
        raise SourceError(f"{users.source} has no users, and whatever comes in must be somebody's.")
    progress.expect(len(users.people) + len(plays) + len(texts) + len(payments))
    with passed_over_by_the_collector():
        arrived, tally = people.write(users, progress.add)
        return [
            tally,
            *screenplays.write(plays, arrived, progress.add),
            prompts.write(texts, arrived, progress.add),
            *stripe.write(payments, arrived, progress.add),
        ]


@contextmanager
def passed_over_by_the_collector() -> Iterator[None]:
    """What was read stays to the end anyway; looking all of it through took 0.4 s, in the midst of a slice."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
