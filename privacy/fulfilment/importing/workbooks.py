"""Excel workbooks (.xlsx, ECMA-376): measured before they are opened, because a small zip can unpack to anything.

calamine lays the cells out as a rectangle and repeats a shared text in every cell that names it, so that three cells
could fill the memory. What it gets to read is therefore put together anew from parts whose true sizes are known.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types
from python_calamine import CalamineError, CalamineWorkbook

from privacy.fulfilment.importing.reading import MAX_COLUMNS, MAX_ROWS, Table, Unreadable, table_of

MAX_UNPACKED = 64 * 1024**2  # bytes of all parts that are read
MAX_PARTS = 1_000
MAX_CELLS = 250_000  # our widest table has 12 columns
MAX_NODES = 5 * MAX_CELLS  # elements and attributes
MAX_TAG = 512 * 1024  # bytes from one < to the next, so that no single tag is the whole work
MAX_TEXT = 20 * 1024**2  # characters of all cells, shared texts counted wherever they stand
MAX_DEPTH = 64
FAR_ROW = 2 * MAX_ROWS  # empty rows between the others are allowed for
CELL_LETTERS = 32_767  # Excel's own limit
EXACT = 10**15  # a spreadsheet's numbers have 15 digits
WORKBOOK, RELATIONS, TEXTS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def workbook_table(data: bytes) -> Table:
    """The first sheet as a table of texts, dates in ISO 8601. Raises Unreadable."""
    parts = _unpacked(data)
    names, sheet = _sheets(parts)
    texts = _measured(parts, Texts, TEXTS).lengths
    _measured(parts, Cells, sheet, texts)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(_repacked(parts, sheet)))
        lines = workbook.get_sheet_by_name(names[0]).to_python()
    except (CalamineError, ValueError, OverflowError) as error:
        raise Unreadable("The file is not a workbook that can be read. Save it anew as .xlsx.") from error
    others = f"Only the first sheet, “{names[0]}”, is read; not {', '.join(names[1:6])}." if names[1:] else ""
    return table_of(([_text(cell) for cell in cells] for cells in lines), MAX_ROWS).noted(others)


def _unpacked(data: bytes) -> dict[str, bytes]:
    """{path: content} of the XML parts; pictures and the like are not even unpacked."""
    parts, left = {}, MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MAX_PARTS:
                raise Unreadable(f"The workbook has more than {MAX_PARTS:,} parts. Save its first sheet alone.")
            for info in archive.infolist():
                if info.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(info) as part:
                        content = part.read(left + 1)
                    left -= len(content)
                    if left < 0:
                        raise Unreadable(f"The workbook unpacks to more than {MAX_UNPACKED >> 20} MB. Split it.")
                    parts[info.filename] = content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise Unreadable("The file is not an Excel workbook (.xlsx), or a damaged one. Save it anew.") from error
    return parts


def _sheets(parts: dict[str, bytes]) -> tuple[list[str], str]:
    """(names of the sheets, path of the first one)."""
    found = _measured(parts, Elements, WORKBOOK, ("sheet",)).found
    targets = {r.get("Id"): r.get("Target", "") for r in _measured(parts, Elements, RELATIONS, ("Relationship",)).found}
    if not found:
        raise Unreadable("The workbook has no sheet.")
    relation = next((value for name, value in found[0].items() if name.rpartition(":")[2] == "id"), "")
    target = targets.get(relation, "")
    path = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
    return [sheet.get("name", "") for sheet in found], path


def _part(parts: dict[str, bytes], path: str) -> bytes:
    """The part of this path, whose case some programs change; an absent one is empty."""
    return next((content for name, content in parts.items() if name.lower().lstrip("/") == path.lower()), b"<none/>")


def _repacked(parts: dict[str, bytes], sheet: str) -> bytes:
    """The workbook with one sheet, nothing compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in parts.items():
            if path.lower().lstrip("/") == sheet.lower() or "worksheets/" not in path.lower():
                archive.writestr(path, content)
    return out.getvalue()


class Elements:
    """Reads one XML part with Python's own parser. Collects the attributes of the elements named."""

    def __init__(self, names: Sequence[str] = ()):
        self.names, self.depth, self.count = names, 0, 0
        self.found: list[dict[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.count += 1 + len(attributes)
        if self.depth > MAX_DEPTH or self.count > MAX_NODES:
            raise Unreadable(f"The workbook has more than {MAX_CELLS:,} cells. Split it and import the parts.")
        self.began(name.rpartition(":")[2], attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        self.ended(name.rpartition(":")[2])

    def began(self, name: str, attributes: dict[str, str]) -> None:
        if name in self.names:
            self.found.append(attributes)

    def ended(self, name: str) -> None:
        """For a subclass."""

    def letters(self, text: str) -> None:
        """For a subclass."""


class Texts(Elements):
    """The lengths of the shared texts."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []

    def began(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.lengths.append(0)

    def letters(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class Cells(Elements):
    """Refuses a sheet that reaches too far or holds too much, and cells that have no value to be read."""

    def __init__(self, texts: Sequence[int]):
        super().__init__()
        self.texts, self.row, self.column, self.cells, self.total = texts, 0, 0, 0, 0
        self.kind, self.value, self.is_formula = "", "", False

    def began(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "row":
                number = attributes.get("r", "")
                self.row, self.column = (int(number) if number.isdecimal() and len(number) < 9 else self.row + 1), 0
            case "c":
                self.cells += 1
                if self.cells > MAX_CELLS:
                    raise Unreadable(f"The workbook has more than {MAX_CELLS:,} cells. Split it and import the parts.")
                self.kind, self.value, self.is_formula = attributes.get("t", ""), "", False
                self.row, self.column = self.place(attributes.get("r"))
            case "f":
                self.is_formula = True

    def place(self, reference: str | None) -> tuple[int, int]:
        if reference is None:
            return self.row, self.column + 1
        found = REFERENCE.fullmatch(reference)
        if not found:
            raise Unreadable("The workbook names a cell that no sheet has. Save it anew.")
        column = 0
        for letter in found[1]:
            column = 26 * column + ord(letter) - 64
        return int(found[2]), column

    def letters(self, text: str) -> None:
        if self.kind and len(self.value) < 12:
            self.value += text[:12]
        self.total += len(text)

    def ended(self, name: str) -> None:
        if name in ("v", "is"):
            self.has_value()
        elif name == "c" and self.is_formula and not self.value and self.kind not in ("str", ""):
            raise Unreadable(f"{self.here()} is a formula without its result.")

    def has_value(self) -> None:
        if self.kind == "e":
            raise Unreadable(f"{self.here()} shows an error such as #N/A. Mend it, or empty it.")
        if self.kind == "s" and self.value.isdecimal() and int(self.value) < len(self.texts):
            self.total += self.texts[int(self.value)]
        if self.row > FAR_ROW or self.column > MAX_COLUMNS:
            raise Unreadable(
                f"{self.here()} has a value; at most {MAX_ROWS:,} rows and {MAX_COLUMNS} columns are taken at once."
            )
        if self.total > MAX_TEXT:
            raise Unreadable(f"The sheet has more than {MAX_TEXT:,} characters. Split it.")

    def here(self) -> str:
        return f"The cell in row {self.row:,}, column {self.column:,} of the sheet"


def _measured[R: Elements](parts: dict[str, bytes], reading: type[R], path: str, *arguments: Any) -> R:
    """The part, read to its end. Raises Unreadable, for a document type as well: no program writes one, and its
    entities multiply."""
    content = _part(parts, path)
    if re.search(rb"<[^<]{%d}" % MAX_TAG, content):
        raise Unreadable("The workbook has a text or a tag of more than half a million bytes. Save it anew as .xlsx.")
    reader, parser = reading(*arguments), expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.letters, _no_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Unreadable("The workbook is damaged: a part of it is no XML. Save it anew as .xlsx.") from error
    return reader


def _no_doctype(*declaration: object) -> None:
    raise Unreadable("The workbook declares a document type, which no spreadsheet does. Save it anew as .xlsx.")


def _text(cell: object) -> str:
    """A cell as CSV would spell it: no .0 behind whole numbers, dates in ISO 8601."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case int() | float() if abs(cell) >= EXACT:
            raise Unreadable(
                "A number of more than 15 digits has lost the rest, as spreadsheets keep no more. Write it as text."
            )
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return str(cell)


def as_workbook(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook of one sheet, texts as texts: nothing is a formula or a link. Raises ValueError for too long a text,
    which XlsxWriter would leave out without a word."""
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        sheet = workbook.add_worksheet()
        for number, cells in enumerate([columns, *rows]):
            for place, cell in enumerate(cells):
                _write(sheet, number, place, cell, columns[place])
    return out.getvalue()


def _write(sheet: Any, number: int, place: int, cell: object, column: str) -> None:
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) < EXACT:
        sheet.write_number(number, place, cell)
        return
    text = "" if cell is None else str(cell)
    if len(text) > CELL_LETTERS:
        raise ValueError(
            f"Row {number}, column {column}: {len(text):,} characters; a workbook's cell takes {CELL_LETTERS:,}. "
            "Choose CSV or JSON."
        )
    if text:
        sheet.write_string(number, place, text)
