"""Files that people hand in: bytes to text, text to a table, and a plain sentence for whatever is wrong with one."""

import codecs
import csv
import io
import json
from dataclasses import dataclass

# The csv module refuses a field above 128 KiB by default; a screenplay in one cell is longer. The limit is the
# process's own, so it stands here once. What is too long for us is said by `within_limits`, with its row.
csv.field_size_limit(256 * 1024**2)

MAX_BYTES = 10 * 1024**2
MAX_ROWS = 10_000
MAX_CELL = 1_000_000  # characters; a feature film's screenplay has about 200,000
OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
SAVE_AS = "Save it as UTF-8 (in a spreadsheet: “CSV UTF-8”) and try again."


class Unreadable(Exception):
    """The file cannot be read. The text can be shown to staff as it is: it names places, and quotes no value."""


@dataclass(frozen=True)
class Table:
    """A heading and rows below it, each {column: cell}. Rows are counted from 1, without the heading."""

    columns: list[str]
    rows: list[dict[str, object]]


def decoded(data: bytes) -> str:
    """The text of a UTF-8 file, without its byte order mark. Raises Unreadable for any other encoding."""
    for mark, name in OTHER_ENCODINGS.items():
        if data.startswith(mark):
            raise Unreadable(f"The file is written in {name}. {SAVE_AS}")
    if 3 * data[:2000].count(0) >= len(data[:2000]) > 0:
        raise Unreadable(f"The file is binary, or text in UTF-16 or UTF-32. {SAVE_AS}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise Unreadable("The file is binary, and no text at all.") from error
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"Line {line} is not UTF-8, but perhaps Latin-1 or Windows-1252. {SAVE_AS}") from error


def csv_table(text: str) -> Table:
    """A comma-separated file (RFC 4180) with a heading. Raises Unreadable."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [cells for cells in reader if cells]
    except csv.Error as error:
        raise Unreadable(f"Line {reader.line_num} is not well-formed CSV: {_csv_words(error)}.") from error
    if not lines:
        raise Unreadable("The file is empty: it has no heading.")
    columns, *rows = lines
    _check_columns(columns)
    for number, cells in enumerate(rows, start=1):
        if len(cells) != len(columns):
            raise Unreadable(f"Row {number} has {len(cells)} cells, but the heading has {len(columns)}.")
    return _storable(Table(columns, [dict(zip(columns, cells, strict=True)) for cells in rows]))


def json_table(text: str) -> Table:
    """A JSON list of flat objects; a key that an object lacks is an empty cell. Raises Unreadable."""
    rows = json_value(text)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable('The file is JSON, but not a list of objects such as [{"full_name": "…"}].')
    for number, row in enumerate(rows, start=1):
        for column, cell in row.items():
            if isinstance(cell, dict | list):
                raise Unreadable(f"Row {number}, column {column}: a list or an object is not a cell.")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return _storable(Table(columns, [{column: row.get(column) for column in columns} for row in rows]))


def json_value(text: str) -> object:
    """Whatever the JSON text says. Raises Unreadable, with the line, for what is not JSON (NaN is not)."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(f"Line {error.lineno}, column {error.colno} is not well-formed JSON: {error.msg}.") from error
    except RecursionError as error:
        raise Unreadable("The JSON is nested too deeply to be read.") from error
    except ValueError as error:
        raise Unreadable("The JSON holds a number that is none, or one with thousands of digits.") from error


def within_limits(table: Table) -> Table:
    """The table, if a web page may take it in at once. Raises Unreadable above MAX_ROWS rows or MAX_CELL characters."""
    if len(table.rows) > MAX_ROWS:
        raise Unreadable(
            f"The file has {len(table.rows):,} rows; at most {MAX_ROWS:,} are taken at once. "
            "Split it and import the parts."
        )
    for number, row in enumerate(table.rows, start=1):
        for column, cell in row.items():
            if isinstance(cell, str) and len(cell) > MAX_CELL:
                raise Unreadable(
                    f"Row {number}, column {column}: the cell has {len(cell):,} characters; {MAX_CELL:,} is the most."
                )
    return table


def why_not_storable(text: str) -> str:
    """Why no database can hold this text, or nothing. Half a surrogate pair comes from JSON's escapes."""
    if "\x00" in text:
        return "a NUL character cannot be stored"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "half a character (an unpaired surrogate) cannot be stored"
    return ""


def _storable(table: Table) -> Table:
    for number, row in enumerate(table.rows, start=1):
        for column, cell in row.items():
            if isinstance(cell, str) and (reason := why_not_storable(cell)):
                raise Unreadable(f"Row {number}, column {column}: {reason}.")
    return table


def _check_columns(columns: list[str]) -> None:
    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        raise Unreadable("The columns are separated by semicolons or tabs; separate them by commas.")
    doubled = sorted({column for column in columns if columns.count(column) > 1})
    if doubled:
        raise Unreadable(f"The heading names a column twice: {', '.join(doubled)[:200]}.")


def _csv_words(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quotation mark is opened and never closed"
    if "expected after" in text:
        return "text follows a closing quotation mark"
    if "field limit" in text:
        return "a cell is too long"
    return text


def _no_constant(name: str):
    raise ValueError(name)
