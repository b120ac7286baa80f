import json

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from privacy import regimes
from privacy.regimes.deadlines import deadline


class Command(BaseCommand):
    help = "Says by when one law wants one right answered, and how that is reckoned. Computed, not legal advice."

    def add_arguments(self, parser):
        parser.add_argument("--law", required=True, help="gdpr, uk_gdpr, ccpa, …")
        parser.add_argument("--right", required=True, help="access, erasure, …")
        parser.add_argument("--received", required=True, help="2026-01-31, or a moment with its zone")
        parser.add_argument("--country", default="", help="of the residence: DE (ISO 3166-1)")
        parser.add_argument("--region", default="", help="of the residence: US-CA (ISO 3166-2)")
        parser.add_argument("--calendar", default="", help="whose holidays count instead of the residence's: GB-ENG")
        parser.add_argument("--extended", action="store_const", const="1", default="", help="the answer was put off")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args, **options):
        try:
            found = deadline(options, regimes.in_force())
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(found.as_json(), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
            return
        self.stdout.write(f"due             {found.due or 'no time is given'}")
        if found.acknowledge_by:
            self.stdout.write(f"acknowledge by  {found.acknowledge_by}")
        self.stdout.write(f"\n{found.explanation}")
