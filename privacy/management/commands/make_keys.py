"""Prints fresh keys for the environment: for a first start, or to be put before the ones that are there."""

import secrets

from django.core.management.base import BaseCommand
from django.utils import timezone

from privacy.evidence.keys import Purpose


class Command(BaseCommand):
    help = (
        "Prints a fresh key for each purpose, as variables. To replace a key, put the new one before the old one, with "
        "a comma between them, start everything anew, and run rotate_keys."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--id", default=f"{timezone.now():%Y-%m-%d}", help="the new keys' id (today's date)")

    def handle(self, *, id: str, **options):
        for purpose in Purpose:
            self.stdout.write(f"{purpose.upper()}_KEYS={id}:{secrets.token_urlsafe(48)}")
