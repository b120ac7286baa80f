import csv
import io
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from privacy import regimes
from privacy.regimes.deadlines import ANSWERS, COLUMNS, deadline

REQUIRED = ("law", "right", "received")


class Command(BaseCommand):
    help = (
        f"Reckons the deadlines of many rows of a CSV file ({', '.join(COLUMNS)}; - reads from standard input) and "
        f"prints them with {', '.join(ANSWERS)}. Computed, not legal advice."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE.csv")

    def handle(self, *args, **options):
        rows = csv.DictReader(io.StringIO(text_of(options["file"]), newline=""))
        given = [name.strip() for name in rows.fieldnames or []]
        rows.fieldnames = given
        if missing := [name for name in REQUIRED if name not in given]:
            raise CommandError(f"The file has no column {', '.join(missing)}.")
        if unknown := [name for name in given if name not in COLUMNS]:
            self.stderr.write(f"Unknown columns, not read: {', '.join(unknown)}")
        wrong = self.write(rows)
        if wrong:
            raise CommandError(f"{wrong} of the rows could not be reckoned; each says why.")

    def write(self, rows) -> int:
        """Returns how many could not be reckoned."""
        out = csv.writer(self.stdout, lineterminator="\n")
        out.writerow([*COLUMNS, *ANSWERS])
        rules, wrong = regimes.in_force(), 0
        for row in rows:
            try:
                found = deadline(row, rules)
                answers = [found.due or "", found.acknowledge_by or "", found.explanation]
            except ValueError as error:
                wrong += 1
                answers = ["", "", f"Not reckoned: {error}"]
            out.writerow([*((row.get(name) or "").strip() for name in COLUMNS), *answers])
        return wrong


def text_of(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise CommandError(f"{name} is not UTF-8.") from None
