"""Prints the data map: every column of every table, what it says about people, and what becomes of it."""

from django.core.management.base import BaseCommand

from privacy.datamap import export

FORMATS = {
    "table": export.as_table,
    "json": export.as_json,
    "csv": export.as_csv,
    "fideslang": export.as_fideslang,
}


class Command(BaseCommand):
    help = "Prints the data map. fideslang: a manifest for tools that speak it (JSON, which is YAML too)."

    def add_arguments(self, parser):
        parser.add_argument("--format", choices=FORMATS, default="table")

    def handle(self, *, format, **options):
        self.stdout.write(FORMATS[format]().rstrip("\n"))
