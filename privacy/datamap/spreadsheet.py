"""CSV that is safe to open: wherever a spreadsheet would find a formula, an apostrophe stands in front of it.

Source of the rule: OWASP, CSV injection (CWE-1236). A spreadsheet begins a cell not only where the file's own comma
stands: opened with another separator, `x;=1+1` is two cells, and quotation marks that do not open a cell protect
nothing. So a sign is harmless only where no separator of any spreadsheet stands before it.
"""

import csv
import json
import re
from collections.abc import Iterable
from typing import Any

BOM = "\ufeff"  # by it spreadsheets know UTF-8
# ASCII, no-break, typographic and ideographic blanks, and characters of no width: spreadsheets skip them.
BLANKS = (
    " \v\f\x01-\x08\x0e-\x1f\x7f\x85\xa0\xad\u034f\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ufe00-\ufe0f\ufeff"
)
# Full-width and small signs count: LibreOffice takes them for the plain ones.
SIGNS = "=+@＝＋－＠﹢﹣﹦﹫-"
SEPARATORS = ";,|\t\r\n"
# A negative number, alone in its cell or in a list of numbers, is no formula.
NUMBER = r"-[0-9]+([.,][0-9]+)? *($|[]};,|\t\r\n])"
# One grammar for Python and PostgreSQL. The places have no width, so that putting an apostrophe there and taking it
# away again are each other's opposite. SUSPECT finds some too many, and in PostgreSQL three times as fast.
_FORMULA = f"'*[{BLANKS}]*(?!{NUMBER})[{SIGNS}]"
PLACES = f"^(?='*[\t\r\n]|{_FORMULA})|(?<=[{SEPARATORS}])(?={_FORMULA})"
MARKED = f"^'(?='*[\t\r\n]|{_FORMULA})|(?<=[{SEPARATORS}])'(?={_FORMULA})"
SUSPECT = f"(^|[{SEPARATORS}])[{BLANKS}']*[{SIGNS}]|^'*[\t\r\n]"
SIGNS_IN_WORDS = "= + - @ ＝ ＋ － ＠"

_places, _marked = re.compile(PLACES), re.compile(MARKED)


def neutral(text: str) -> str:
    """The text as no spreadsheet runs it."""
    return _places.sub("'", text)


def as_written(text: str) -> str:
    """The text before `neutral`."""
    return _marked.sub("", text)


class Lines:
    """Makes CSV lines: UTF-8, comma, every value but NULL in quotes, so that "" and nothing stay apart."""

    def __init__(self) -> None:
        self.line = ""
        self._writer = csv.writer(self, quoting=csv.QUOTE_NOTNULL, lineterminator="\n")

    def write(self, line: str) -> None:
        self.line = line

    def heading(self, columns: Iterable[str]) -> bytes:
        """The first line of a file, with the mark by which spreadsheets know UTF-8."""
        return BOM.encode() + self.of(columns)

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
            return neutral(json.dumps(value, ensure_ascii=False))
    return value


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """A whole CSV file."""
    lines = Lines()
    return lines.heading(columns) + b"".join(map(lines.of, rows))
