"""The two formats tables come and go in: CSV for spreadsheets, JSON for programs.

A spreadsheet runs a cell that begins like a formula, so in CSV such a cell gets an apostrophe in front (CWE-1236;
OWASP, CSV injection). The import takes it off again: what was exported comes back as it was.
"""

import json
import re

import tablib
from import_export.formats import base_formats

from privacy.fulfilment import clerk_users
from privacy.fulfilment.reading import Table, csv_table, decoded, within_limits

# Signs at the start that make a cell a formula, after blanks and in full width too; a tab or line end lets the next
# sign begin one. Apostrophes in front count along, so that one more or less can be told apart.
FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")
BLANK_THEN_LINE = re.compile(r"'*[\t\r\n]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def neutral(cell: object) -> object:
    """The cell as a spreadsheet shows it and does not run it."""
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def as_written(cell: object) -> object:
    """The cell before `neutral`."""
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and is_formula(cell) else cell


def is_formula(text: str) -> bool:
    return bool(FORMULA.match(text) or BLANK_THEN_LINE.match(text)) and not NUMBER.fullmatch(text)


class Handed(base_formats.TextFormat):
    """What both formats share: bytes in (so that the encoding is ours to judge), text out."""

    def is_binary(self) -> bool:
        return True  # of the way in only: the file is kept and read as bytes

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """Raises Unreadable."""
        table = within_limits(self.table(decoded(in_stream)))
        dataset = tablib.Dataset(headers=table.columns)
        for row in table.rows:
            dataset.append([row[column] for column in table.columns])
        return dataset


class Csv(Handed):
    TABLIB_MODULE = "tablib.formats._csv"
    CONTENT_TYPE = "text/csv; charset=utf-8"

    def table(self, text: str) -> Table:
        found = csv_table(text)
        return Table(found.columns, [{c: as_written(cell) for c, cell in row.items()} for row in found.rows])

    def export_data(self, dataset: tablib.Dataset) -> str:
        safe = tablib.Dataset(headers=dataset.headers)
        for row in dataset:
            safe.append([neutral(cell) for cell in row])
        return safe.export("csv")


class Json(Handed):
    TABLIB_MODULE = "tablib.formats._json"
    CONTENT_TYPE = "application/json"

    def table(self, text: str) -> Table:
        return clerk_users.table_of_json(text)

    def export_data(self, dataset: tablib.Dataset) -> str:
        return json.dumps(
            [dict(zip(dataset.headers, row, strict=True)) for row in dataset], ensure_ascii=False, indent=1
        )
