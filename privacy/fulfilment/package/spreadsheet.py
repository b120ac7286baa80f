"""CSV that is safe to open: a text that a spreadsheet would run as a formula gets a ' in front of it.

Only the CSV copies are changed; the JSON lines beside them hold every value as it is stored.
"""

import csv
import json
import re
from collections.abc import Iterable
from typing import Any

# ASCII, no-break, typographic and ideographic spaces, and characters of no width: spreadsheets skip them.
INVISIBLE = " \t\n\v\f\r\x85\xa0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
# One pattern for Python and PostgreSQL alike. Full-width signs count: LibreOffice takes them for the plain ones.
RUNS = f"^[{INVISIBLE}]*[=+@＝＋－＠-]|^[\t\r\n]"
NOTE = "= + - @ ＝ ＋ － ＠ (also after spaces), or with a tab or a line break,"

_runs = re.compile(RUNS)


def neutral(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if _runs.search(text) else text


class Lines:
    """Makes CSV lines: UTF-8, comma, every value but NULL in quotes, so that "" and nothing stay apart."""

    def __init__(self):
        self.line = ""
        self._writer = csv.writer(self, quoting=csv.QUOTE_NOTNULL, lineterminator="\n")

    def write(self, line: str) -> None:
        self.line = line

    def of(self, values: Iterable[Any]) -> bytes:
        """One line of values as JSON knows them."""
        self._writer.writerow([cell(value) for value in values])
        return self.line.encode(errors="backslashreplace")


def cell(value: Any) -> Any:
    match value:
        case str():
            return neutral(value)
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
    return value
