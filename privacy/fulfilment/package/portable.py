"""Reads tables from any other database, which here is SQLite: rows in handfuls, each made to JSON or CSV in Python."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.dateparse import parse_datetime

from privacy.datamap import spreadsheet
from privacy.fulfilment.package import blocks
from privacy.fulfilment.package.blocks import Block
from privacy.fulfilment.package.tables import Kind, Table

Tables = Iterator[tuple[Table, Iterator[Block]]]


def json_tables(reader: BaseDatabaseWrapper, tables: Sequence[Table]) -> Tables:
    """Each table that has rows, and its JSON lines."""
    for table, rows in _with_rows(reader, tables):
        yield table, blocks.of(_json_line(dict(zip(table.columns, row, strict=True))) for row in rows)


def csv_tables(reader: BaseDatabaseWrapper, tables: Sequence[Table]) -> Tables:
    """Each table that has rows, and its CSV lines."""
    line = spreadsheet.Lines()
    for table, rows in _with_rows(reader, tables):
        yield table, blocks.of(map(line.of, rows), header=line.heading(table.columns))


def _with_rows(reader: BaseDatabaseWrapper, tables: Sequence[Table]) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
    for table in tables:
        rows = _rows(reader, table)
        first = next(rows, None)
        if first is not None:
            yield table, chain([first], rows)


def _rows(reader: BaseDatabaseWrapper, table: Table) -> Iterator[list[Any]]:
    readings = [READ.get(kind, _as_it_is) for kind in table.columns.values()]
    with reader.chunked_cursor() as cursor:
        cursor.execute(table.sql, table.params)
        while handful := cursor.fetchmany(500):
            for row in handful:
                yield [None if value is None else read(value) for read, value in zip(readings, row, strict=True)]


def _json_line(row: dict[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can hold and UTF-8 cannot
        return json.dumps(row, default=str).encode() + b"\n"


def _as_it_is(value: Any) -> Any:
    return value


def _moment(value: datetime | str) -> str:
    moment = value if isinstance(value, datetime) else parse_datetime(value)
    # None would be a text that Django has not written.
    return moment.replace(tzinfo=UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")  # type: ignore[union-attr]


def _uuid(value: Any) -> str:
    return str(UUID(str(value)))


READ: dict[Kind, Callable[[Any], Any]] = {
    Kind.MOMENT: _moment,
    Kind.UUID: _uuid,
    Kind.JSON: json.loads,
    Kind.BOOLEAN: bool,
}
