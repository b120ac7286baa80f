"""Reads tables from PostgreSQL with COPY, which never holds more than a row of them here.

Small tables share one COPY, because a statement a table costs more than their rows do; large ones get their own.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.datamap import spreadsheet
from privacy.fulfilment.package import blocks
from privacy.fulfilment.package.blocks import Block
from privacy.fulfilment.package.tables import Kind, Table

# About where two COPYs of a table's own become cheaper than making its CSV here, line by line.
SMALL_ROWS = 500
# JSON text holds no control characters, so that with these as quote and delimiter COPY changes no byte of it.
# COPY's own text format would double every backslash.
AS_IT_IS = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"
# Valid in ISO 8601 and the same in both formats; PostgreSQL alone would write +00:00 here and a space there.
MOMENT = """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

Tables = Iterator[tuple[Table, Iterator[Block]]]


def json_tables(reader: BaseDatabaseWrapper, tables: Sequence[Table]) -> Tables:
    """Each table that has rows, and its JSON lines."""
    small, large = _by_size(reader, tables)
    for table, lines in _small(reader, small):
        yield table, blocks.of(lines)
    for table in large:
        sql, params = _json_select(table)
        yield table, blocks.of(_copy(reader, f"COPY ({sql}) TO STDOUT ({AS_IT_IS})", params))


def csv_tables(reader: BaseDatabaseWrapper, tables: Sequence[Table]) -> Tables:
    """Each table that has rows, and its CSV lines."""
    small, large = _by_size(reader, tables)
    line = spreadsheet.Lines()
    for table, lines in _small(reader, small):
        yield table, blocks.of((line.of(json.loads(row).values()) for row in lines), header=line.heading(table.columns))
    for table in large:
        sql, params = _csv_select(table)
        rows = _copy(reader, f"COPY ({sql}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)", params)
        yield table, blocks.of(rows, header=line.heading(table.columns))


def _by_size(reader: BaseDatabaseWrapper, tables: Sequence[Table]) -> tuple[list[Table], list[Table]]:
    """(small, large) tables. Rows are counted no further than the question goes."""
    counts: list[str] = []
    params: list[Any] = []
    for table in tables:
        name = reader.ops.quote_name(table.declaration.model._meta.db_table)
        counts.append(f"(SELECT COUNT(*) FROM (SELECT 1 FROM {name} WHERE {table.where} LIMIT {SMALL_ROWS + 1}) t)")
        params += table.where_params
    with reader.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", params)
        counted = dict(zip(tables, cursor.fetchone(), strict=True))
    return (
        [table for table, rows in counted.items() if 0 < rows <= SMALL_ROWS],
        [table for table, rows in counted.items() if rows > SMALL_ROWS],
    )


def _small(reader: BaseDatabaseWrapper, tables: Sequence[Table]) -> Iterator[tuple[Table, Iterator[bytes]]]:
    if not tables:
        return
    selects: list[str] = []
    params: list[Any] = []
    for number, table in enumerate(tables):
        sql, more = _json_select(table)
        selects.append(f"SELECT {number} AS place, j::text FROM ({sql}) t(j)")
        params += more
    union = f"SELECT * FROM ({' UNION ALL '.join(selects)}) u ORDER BY place"
    lines = (bytes(line).partition(b"\x02") for line in _copy(reader, f"COPY ({union}) TO STDOUT ({AS_IT_IS})", params))
    for place, group in groupby(lines, key=itemgetter(0)):
        yield tables[int(place)], map(itemgetter(2), group)


def _json_select(table: Table) -> tuple[str, tuple[Any, ...]]:
    columns = _columns(table, {Kind.MOMENT: MOMENT})
    return f"SELECT row_to_json(r) FROM (SELECT {columns} FROM ({table.sql}) s) r", table.params


def _csv_select(table: Table) -> tuple[str, list[Any]]:
    columns = _columns(
        table,
        {Kind.MOMENT: MOMENT, Kind.BOOLEAN: "{0}::text", Kind.TEXT: _neutral("{0}"), Kind.JSON: _neutral("{0}::text")},
    )
    hostile = sum(kind in (Kind.TEXT, Kind.JSON) for kind in table.columns.values())
    patterns = [spreadsheet.SUSPECT, spreadsheet.PLACES] * hostile
    return f"SELECT {columns} FROM ({table.sql}) s", [*patterns, *table.params]


def _neutral(text: str) -> str:
    """spreadsheet.neutral in SQL. It takes two patterns, of which the first is quick and mostly decides."""
    return f"CASE WHEN {text} ~ %s THEN regexp_replace({text}, %s, '''', 'g') ELSE {text} END"


def _columns(table: Table, expressions: dict[Kind, str]) -> str:
    return ", ".join(
        f'{expressions.get(kind, "{0}").format(f's."{name}"')} AS "{name}"' for name, kind in table.columns.items()
    )


def _copy(reader: BaseDatabaseWrapper, sql: str, params: Sequence[Any]) -> Iterator[bytes]:
    """The rows; the server sends each as one message (PostgreSQL, Message Flow, COPY Operations)."""
    # psycopg's own cursor: the one that Django wraps it in under DEBUG knows no parameters of COPY.
    with reader.connection.cursor() as cursor, cursor.copy(sql, params) as copy:
        yield from copy
