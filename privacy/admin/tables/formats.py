"""The formats tables come and go in: CSV and Excel workbooks for spreadsheets, JSON for programs.

In both of the former a text that a spreadsheet would run gets an apostrophe in front (privacy.datamap.spreadsheet). A
workbook's text is safe as it is, but the next program saves it as CSV. The import takes the mark off again: what was
exported comes back as it was.
"""

import json

import tablib
from import_export.formats import base_formats

from privacy.datamap import spreadsheet
from privacy.fulfilment.importing import clerk_users
from privacy.fulfilment.importing.reading import MAX_BYTES, Table, Unreadable, csv_table, recognised, within_limits
from privacy.fulfilment.importing.workbooks import as_workbook, workbook_table


class Handed(base_formats.TextFormat):
    """What all formats share: bytes in, so that the encoding is ours to judge."""

    def is_binary(self) -> bool:
        return True  # of the way in only: the file is kept and read as bytes

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """The table as import-export knows one; its `notes` are the table's. Raises Unreadable."""
        if len(in_stream) > MAX_BYTES:
            raise Unreadable(f"The file has more than {MAX_BYTES >> 20} MB. Split it.")
        table = within_limits(self.table(in_stream))
        dataset = tablib.Dataset(headers=table.columns)
        for row in table.rows:
            dataset.append([row[column] for column in table.columns])
        dataset.notes = table.notes
        return dataset

    def table(self, data: bytes) -> Table:
        raise NotImplementedError


class Csv(Handed):
    TABLIB_MODULE = "tablib.formats._csv"
    CONTENT_TYPE = "text/csv; charset=utf-8"

    def table(self, data: bytes) -> Table:
        text, note = recognised(data)
        return unmarked(csv_table(text)).noted(note)

    def export_data(self, dataset: tablib.Dataset) -> str:
        return spreadsheet.table(dataset.headers, dataset).decode()


class Json(Handed):
    TABLIB_MODULE = "tablib.formats._json"
    CONTENT_TYPE = "application/json"

    def table(self, data: bytes) -> Table:
        text, note = recognised(data)
        return clerk_users.table_of_json(text).noted(note)

    def export_data(self, dataset: tablib.Dataset) -> str:
        return json.dumps(
            [dict(zip(dataset.headers, row, strict=True)) for row in dataset], ensure_ascii=False, indent=1
        )


class Xlsx(Handed):
    """tablib's own would need openpyxl, which reads a workbook before anything can measure it."""

    CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    @classmethod
    def is_available(cls) -> bool:
        return True

    def get_title(self) -> str:
        return "xlsx"

    get_extension = get_title

    def can_import(self) -> bool:
        return True

    can_export = can_import

    def table(self, data: bytes) -> Table:
        return unmarked(workbook_table(data))

    def export_data(self, dataset: tablib.Dataset) -> bytes:
        rows = [[spreadsheet.cell(cell) for cell in row] for row in dataset]
        return as_workbook([spreadsheet.neutral(column) for column in dataset.headers], rows)


def unmarked(table: Table) -> Table:
    """The table before `spreadsheet.neutral`."""
    rows = [
        {column: spreadsheet.as_written(cell) if isinstance(cell, str) else cell for column, cell in row.items()}
        for row in table.rows
    ]
    return Table(table.columns, rows, table.notes)
