"""Files that people hand in: bytes to text, text to a table, and a plain sentence for whatever is wrong with one.

Limits come before the work they limit. What had to be recognised (an encoding, a separator) stands in the table's
notes, so that a person can see it before anything is written.
"""

import codecs
import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NoReturn

# The csv module refuses a field above 128 KiB by default; a screenplay in one cell is longer. The limit is the
# process's own, so it stands here once. What is too long for us is said by `within_limits`, with its row.
csv.field_size_limit(256 * 1024**2)

MAX_BYTES = 10 * 1024**2
MAX_ROWS = 10_000
MAX_COLUMNS = 200  # our widest table has 12; spreadsheets add empty ones
MAX_LINES = 1_000_000  # of a table, empty ones counted
MAX_CELL = 1_000_000  # characters; a feature film's screenplay has about 200,000
MAX_HEADING = 64 * 1024  # characters of the first line, which is looked at once for each separator
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SEPARATOR_TOLD = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # Excel's own first line
SAMPLE_ROWS = 20
NO_NAME = " \t\r\n\xa0\u200b\u2060\ufeff"  # around a column's name
SAVE_AS = "Save it as UTF-8 or as an Excel workbook (.xlsx) and try again."
NOT_TEXT = {
    b"PK\x03\x04": "The file is a workbook or a zip, and no text. For an Excel workbook choose the format xlsx.",
    b"\xd0\xcf\x11\xe0": "The file is an old Excel workbook, or one with a password. Save it as .xlsx without one.",
}
# Letters that Windows-1252 has where Mac Roman has the commonest ones: ä is Š there, é is Ž, ü is Ÿ.
MAC_LETTERS, LATIN_LETTERS = "ŠšŽžŒœŸ", "".join(map(chr, range(0xC0, 0x100)))
JUDGED = 200_000  # characters, from the first that tells something
ABROAD = re.compile(r"[^\s,;|]*[^\s\x00-\x7f][^\s,;|]*")  # a word that is not of ASCII alone
# What Western languages do not write and other encodings' letters look like: a capital behind a small letter, three
# letters that are all foreign, a sign inside a word (a Mac's ñ is a dash), a dagger or low mark beside anything, two
# signs, a currency before a letter.
GARBLED = re.compile(
    r"[a-zß-öø-ÿ][À-ÖØ-ÞŠŽŸŒ]|(?<![^\W\d_])[À-ÖØ-öø-ÿ]{3,}(?![^\W\d_])"
    r"|[^\W\d_][\xa1-\xac\xae-\xb4\xb6\xb8-\xbf×÷€™•“”‘„][^\W\d_]|[ˆ˜‡†‰ƒ‚]\S|\S[ˆ˜‡†‰ƒ‚]"
    r"|[a-zß-ÿ]–[a-zß-ÿ]|[\xa1-\xbf]{2}|[¢£¤¥][a-zß-ÿ]"
)


class Unreadable(Exception):
    """The file cannot be read. The text can be shown to staff as it is: it names places, and quotes no value."""


@dataclass(frozen=True)
class Table:
    """A heading and rows below it, each {column: cell}. Rows are counted from 1, without heading and empty rows.

    `notes` are sentences on what was recognised or passed over; they may quote the file.
    """

    columns: list[str]
    rows: list[dict[str, object]]
    notes: tuple[str, ...] = ()

    def noted(self, *notes: str) -> "Table":
        return replace(self, notes=(*filter(None, notes), *self.notes))


def decoded(data: bytes) -> str:
    """The text of the file. Raises Unreadable."""
    return recognised(data)[0]


def recognised(data: bytes) -> tuple[str, str]:
    """(the text without its byte order mark, a note on the encoding if it is not UTF-8). Raises Unreadable.

    UTF-8 and UTF-16 say what they are. Windows-1252 can only be believed: it is taken where every letter is one that
    Western languages write there, and the note quotes words for a person to judge.
    """
    for start, told in NOT_TEXT.items():
        if data.startswith(start):
            raise Unreadable(told)
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Unreadable(f"The file is written in UTF-32. {SAVE_AS}")
    if encoding := _utf16(data):
        return _as_utf16(data, encoding), "Read as UTF-16."
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        return _as_western(data, error.start)


def _utf16(data: bytes) -> str:
    """The byte order, by the mark or by where the zeros of plain letters stand; nothing for other encodings."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = data[: min(2000, len(data) // 2 * 2)]
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if 6 * max(first, second) < len(sample) or not sample or not (first or second):
        return ""
    if first and second:
        raise Unreadable(f"The file is binary, or text in UTF-32. {SAVE_AS}")
    return "utf-16-be" if first else "utf-16-le"


def _as_utf16(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"The file is binary, or text in UTF-16 that is damaged. {SAVE_AS}") from error


def _as_western(data: bytes, at: int) -> tuple[str, str]:
    line = data.count(b"\n", 0, at) + 1
    if b"\0" in data:
        raise Unreadable("The file is binary, and no text at all.")
    if not data.decode("utf-8", "ignore").isascii():
        raise Unreadable(f"Line {line} is not UTF-8, but the rest of the file is. Mend that line, or save it anew.")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    if not text or not _is_western(text[max(0, at - 100) : at + JUDGED]):
        raise Unreadable(
            f"Line {line} is not UTF-8, and no other encoding fits for sure (a Mac's, Windows' and Japanese files look "
            f"alike). {SAVE_AS}"
        )
    return text, f"Read as Windows-1252, which cannot be known for sure. See whether these are right: {_abroad(text)}."


def _is_western(text: str) -> bool:
    quotes_close = text.count("“") <= text.count("”") + text.count("„")
    mac, latin = (sum(map(text.count, letters)) for letters in (MAC_LETTERS, LATIN_LETTERS))
    return quotes_close and mac <= latin and not GARBLED.search(text)


def _abroad(text: str) -> str:
    """The first words that another encoding would spell otherwise."""
    words = dict.fromkeys(match[0][:30] for match in islice(ABROAD.finditer(text), 100))
    return ", ".join(islice(words, 5))


def csv_table(text: str, most_rows: int = MAX_ROWS) -> Table:
    """A separated file (RFC 4180, with any of SEPARATORS) with a heading. Raises Unreadable."""
    separator, text = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    told = "" if separator == "," else f"Columns are separated by {SEPARATORS.get(separator, separator)}."
    try:
        return table_of(reader, most_rows).noted(told)
    except csv.Error as error:
        raise Unreadable(f"Line {reader.line_num} is not well-formed CSV: {_csv_words(error)}.") from error


def _separator(text: str) -> tuple[str, str]:
    """(the separator, the text without Excel's line that names it). Raises Unreadable for an endless first line."""
    if told := SEPARATOR_TOLD.match(text):
        return told[1], text[told.end() :]
    if len(text) > MAX_HEADING and not re.search(r"[\r\n]", text[:MAX_HEADING]):
        raise Unreadable(f"The first line has more than {MAX_HEADING:,} characters. Is it the heading of a table?")
    start = text[: 2 * MAX_HEADING]
    return max(SEPARATORS, key=lambda separator: _fits(start, separator)), text


def _fits(start: str, separator: str) -> tuple[int, int]:
    """(how many of the first rows are as wide as the heading, how wide that is); a heading of one column fits ill."""
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=separator)
    try:
        widths = [len(cells) for cells in islice(filter(None, reader), SAMPLE_ROWS)]
    except csv.Error:
        widths = []
    if not widths or widths[0] == 1:
        return 0, 0
    return widths.count(widths[0]), widths[0]


def table_of(lines: Iterable[Sequence[str]], most_rows: int) -> Table:
    """The first line that is not empty as the heading, and the rows below it; empty rows and columns are passed over.

    Raises Unreadable for more than most_rows rows or MAX_COLUMNS columns, and for cells that have no column.
    """
    lines, empty = iter(lines), 0
    heading = next((cells for cells in lines if not _is_empty(cells)), None)
    if heading is None:
        raise Unreadable("The file is empty: it has no heading.")
    if len(heading) > MAX_COLUMNS and len(heading) - heading.count("") > MAX_COLUMNS:
        raise Unreadable(f"The heading has {len(heading):,} columns; {MAX_COLUMNS} is the most.")
    places = {place: name for place, cell in enumerate(heading) if (name := cell.strip(NO_NAME))}
    _check_doubled(places.values())
    width = max(places, default=-1) + 1
    rows: list[dict[str, object]] = []
    for number, cells in enumerate(lines, start=1):
        if number > MAX_LINES:
            raise Unreadable(f"The file has more than {MAX_LINES:,} lines, most of them empty. Save it without them.")
        if _is_empty(cells):
            empty += 1
            continue
        if len(rows) == most_rows:
            more = sum(not _is_empty(cells) for cells in islice(lines, MAX_LINES))
            raise _too_many(len(rows) + 1 + more, most_rows)
        rows.append(_row(cells, places, width, len(rows) + 1))
    unnamed = len(heading) - len(places)
    return _storable(Table(list(places.values()), rows)).noted(
        f"{unnamed:,} empty column{'s' * (unnamed > 1)} passed over." if unnamed else "",
        f"{empty:,} empty row{'s' * (empty > 1)} passed over." if empty else "",
    )


def _is_empty(cells: Sequence[str]) -> bool:
    """A single cell in quotes is the value of a table of one column, and no empty row."""
    return not cells or (len(cells) > 1 and not "".join(cells).strip())


def _row(cells: Sequence[str], places: dict[int, str], width: int, number: int) -> dict[str, object]:
    if len(cells) < width or any(cells[width:]):
        raise Unreadable(f"Row {number} has {len(cells):,} cells, but the heading has {width}.")
    if len(places) < width:
        for place in range(width):
            if place not in places and cells[place]:
                raise Unreadable(f"Row {number} has a value in column {place + 1}, which has no name in the heading.")
    return {name: cells[place] for place, name in places.items()}


def _check_doubled(columns: Iterable[str]) -> None:
    doubled = sorted(column for column, count in Counter(columns).items() if count > 1)
    if doubled:
        raise Unreadable(f"The heading names a column twice: {', '.join(doubled)[:200]}.")


def as_named(columns: Sequence[str], known: Iterable[str]) -> list[str]:
    """The columns as we spell them, whatever their case, blanks and hyphens; strange ones stay as they are.

    Raises Unreadable where two of them are one of ours.
    """
    ours = {_spelling(name): name for name in known}
    named = [ours.get(_spelling(column), column) for column in columns]
    _check_doubled(named)
    return named


def _spelling(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFKC", name).strip().casefold())


def table_of_objects(rows: Sequence[dict[str, Any]]) -> Table:
    """Flat objects as a table; a key that an object lacks is an empty cell. Raises Unreadable."""
    columns: dict[str, None] = {}
    for number, row in enumerate(rows, start=1):
        for column, cell in row.items():
            if isinstance(cell, dict | list):
                raise Unreadable(f"Row {number}, column {column[:100]}: a list or an object is not a cell.")
            columns[column] = None
        if len(columns) > MAX_COLUMNS:
            raise Unreadable(f"The objects have more than {MAX_COLUMNS} different keys.")
    return _storable(Table([*columns], [{column: row.get(column) for column in columns} for row in rows]))


def listed(value: Any, most_rows: int = MAX_ROWS) -> tuple[list[dict[str, Any]], str]:
    """(the objects of a JSON list, what is to be told if they are a page of an API's list). Raises Unreadable."""
    page = ""
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        more = "more objects are on other pages (has_more), and are not in this file" if value.get("has_more") else (
            "it says of no more pages"
        )  # fmt: skip
        value, page = value["data"], f"The file is one page of an API's list of {len(value['data']):,}: {more}."
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Unreadable('The file is JSON, but not a list of objects such as [{"full_name": "…"}].')
    if len(value) > most_rows:
        raise _too_many(len(value), most_rows)
    return value, page


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
        raise _too_many(len(table.rows), MAX_ROWS)
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


def _too_many(rows: int, most: int) -> Unreadable:
    return Unreadable(f"The file has {rows:,} rows; at most {most:,} are taken at once. Split it and import the parts.")


def _csv_words(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quotation mark is opened and never closed"
    if "expected after" in text:
        return "text follows a closing quotation mark"
    if "field limit" in text:
        return "a cell is too long"
    return text


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
