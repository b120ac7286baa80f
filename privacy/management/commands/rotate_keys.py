"""Seals anew what was sealed with an old key, and tells of every key what still needs it."""

from django.core.management.base import BaseCommand, CommandError

from privacy.evidence.keys import MissingKey
from privacy.fulfilment import keys


class Command(BaseCommand):
    help = (
        "Seals with the current key what was sealed with another, and says of each key what still needs it. A hash of "
        "the ledger cannot be made anew, for nobody knows any more of whom it is: its key stays until its entries end."
    )

    def handle(self, **options):
        try:
            self.stdout.write(f"Sealed anew: {keys.seal_anew():,}.")
        except MissingKey as missing:
            raise CommandError(str(missing)) from missing
        for use in keys.uses():
            self.stdout.write(str(use))
