"""No statement that is compiled from the data map reads a large table from end to end, for one person or for many."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection, models

from privacy.connectors.base import connectors
from privacy.datamap import compiler, readable, recipients, registry
from privacy.datamap.scope import Scope
from privacy.fulfilment import erasure
from privacy.models import DataSubject
from tests.factories import person_with_everything

pytestmark = pytest.mark.django_db

# Below so many rows PostgreSQL is right to read the table, as it is when many people are a good part of it. SQLite
# decides without counting.
LARGE = 1_000
MANY = 20
PEOPLE = 10_000 if connection.vendor == "postgresql" else 2_000


@pytest.fixture
def filled() -> list:
    """Every table with the rows of two people, and those that can be shared with the rows of thousands; the ids of
    MANY people."""
    persons = [person_with_everything() for _ in range(2)]
    people = DataSubject.objects.bulk_create(DataSubject() for _ in range(PEOPLE))
    with connection.cursor() as cursor:
        for fill in FILLS:
            cursor.execute(fill.format(uuid=UUID_OF[connection.vendor], now="'2026-01-01 00:00:00+00:00'"))
        cursor.execute("ANALYZE")
    return [p.id for p in [*persons, *people[: MANY - 2]]]


UUID_OF = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
FILLS = (
    "INSERT INTO privacy_script (id, owner_id, title, format, body, created_at, updated_at) "
    "SELECT {uuid}, id, 'Untitled', 'fountain', '', {now}, {now} FROM privacy_datasubject",
    "INSERT INTO privacy_scriptcoauthor (id, script_id, subject_id, role, added_at) "
    "SELECT {uuid}, id, (SELECT id FROM privacy_datasubject p WHERE p.id < s.owner_id ORDER BY p.id DESC LIMIT 1),"
    " 'writer', {now} FROM privacy_script s WHERE owner_id > (SELECT id FROM privacy_datasubject ORDER BY id LIMIT 1)",
    "INSERT INTO privacy_usageevent (subject_id, session_key, name, properties, occurred_at) "
    "SELECT id, {uuid}, 'opened', '{{}}', {now} FROM privacy_datasubject",
)


def statements(scope: Scope) -> Iterator[tuple[str, str, list]]:
    """(what it is for, SQL, parameters) of everything the compiler makes."""
    for declaration in compiler.all_declarations():
        label, table = declaration.label(), connection.ops.quote_name(declaration.model._meta.db_table)
        yield f"selection {label}", *readable.selection(declaration, scope)[1]
        yield f"counts {label}", *compiler.counts(declaration, scope)
        yield f"readable counts {label}", *readable.readable_counts(declaration, scope)
        for which in ({}, {"own": True}, {"joint": True}):
            where, params = compiler.rows(declaration, scope, **which)
            yield f"rows {label} {which}", f"SELECT 1 FROM {table} WHERE {where}", params
    yield "written by others", *readable.written_by_others(scope)
    yield "counts", *compiler.counts_of_all(compiler.all_declarations(), scope)
    yield "readable counts", *readable.readable_counts_of_all(scope)
    yield "kept until", *compiler.kept(scope)
    detaching, erasing = compiler.erasure(scope)
    for statement in [*detaching, *erasing]:
        yield f"{statement.action} {statement.declaration.label()}", statement.sql, statement.params
    for key in connectors:
        yield f"known to {key}", *recipients.known_to(key, scope)


def tables_read_whole(sql: str, params: list) -> set[str]:
    prefix = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{prefix} {sql}", params)
        lines = [str(row[-1]) for row in cursor.fetchall()]
    if connection.vendor == "postgresql":
        return {name for line in lines for name in re.findall(r"Seq Scan on (\w+)", line)}
    tables = {name for line in lines for name in re.findall(r"^SCAN (\w+)(?! .*USING (?:COVERING )?INDEX)", line)}
    return {aliased(name, sql) for name in tables}


def aliased(name: str, sql: str) -> str:
    """SQLite's plan names the alias."""
    found = re.search(rf'"(\w+)" {name}\b', sql)
    return found[1] if found else name


def large_tables() -> set[str]:
    return {m._meta.db_table for m in registry.declarations if m._base_manager.order_by()[LARGE : LARGE + 1].exists()}


@pytest.mark.parametrize("many", [False, True], ids=["one person", "many"])
def test_no_compiled_statement_reads_a_large_table_from_end_to_end(filled, many):
    large = large_tables()
    assert large >= {"privacy_datasubject", "privacy_script", "privacy_scriptcoauthor", "privacy_usageevent"}
    scopes = [erasure.scope_of(filled), Scope.many(filled)] if many else [Scope.one(filled[0])]
    found = {
        what: read
        for scope in scopes
        for what, sql, params in statements(scope)
        if (read := tables_read_whole(sql, params) & large)
    }
    assert found == {}


def test_deleting_a_row_finds_by_index_what_points_at_it():
    """The database asks every table that points at a deleted row; no plan shows this."""
    without = [
        f"{declaration.label()}.{field.name}"
        for declaration in compiler.all_declarations()
        for field in declaration.model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model in registry.declarations
        if field.column not in leading_columns(declaration.model._meta.db_table)
    ]
    assert without == []


def leading_columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table).values()
    return {c["columns"][0] for c in constraints if (c["index"] or c["unique"] or c["primary_key"]) and c["columns"]}
