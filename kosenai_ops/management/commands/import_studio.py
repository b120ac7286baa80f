"""`manage.py import_studio FOLDER`: a studio's users, screenplays, prompts and payments.

It stands here because it needs billing and privacy, and only the composition root knows both. All of it is read and
checked first and then written in one transaction: an import has happened, or it has not.
"""

import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from kosenai_ops.studio import people, prompts, screenplays, stripe
from kosenai_ops.studio.sources import SourceError, Tally
from privacy.fulfilment.intake import Outcome


class Command(BaseCommand):
    help = "Imports a studio: users, screenplays, prompts and Stripe objects. A second run changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="the folder that holds clerk-user-import, screenplays, …")

    def handle(self, *, folder: Path, **options):
        started = time.monotonic()
        if not folder.is_dir():
            raise CommandError("There is no such folder.")
        try:
            tallies = import_from(folder)
        except SourceError as error:
            raise CommandError(f"Nothing was imported. {error}") from error
        self.report(tallies)
        self.stdout.write(f"\nDone in {time.monotonic() - started:.1f} s.")

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


def import_from(folder: Path) -> list[Tally]:
    """Reads all, then writes all. Raises SourceError before the first write."""
    users = people.read(folder)
    plays, texts, payments = screenplays.read(folder), prompts.read(folder), stripe.read(folder)
    if not users.people:
        raise SourceError(f"{users.source} has no users, and whatever comes in must be somebody's.")
    with transaction.atomic():
        arrivals, tally = people.write(users)
        return [
            tally,
            *screenplays.write(plays, arrivals),
            prompts.write(texts, arrivals),
            *stripe.write(payments, arrivals),
        ]
