"""How SQLite and PostgreSQL write a trigger, and what each says of those it has."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import truncate_name

from privacy.datamap.names import SUBJECT, model_named

PREFIX = "kosenai_"
# Triggers that migrations made before the map did; dropped where they are met.
FORMER = ("_frozen", "_append_only", "_no_truncate", "_no_update", "_no_delete")
LONGEST_NAME = 63  # PostgreSQL cuts longer ones silently


@dataclass(frozen=True)
class Trigger:
    """Refuses an `event` (such as UPDATE OF owner_id) on a row when `when`, SQL over NEW and OLD, and `test`, SQL that
    reads other tables, hold. `subject` is SQL of the id of the person whose state `test` reads.

    `together` is the same over the tables old_rows and new_rows, for a database that can ask it once a statement; only
    `if_any`, which reads no row of the statement, is asked where it is false."""

    table: str
    rule: str
    event: str
    message: str
    when: str = ""
    test: str = ""
    subject: str = ""
    if_any: str = ""
    together: str = ""
    reads: frozenset[tuple[str, str]] = field(default_factory=frozenset, compare=False)

    @property
    def name(self) -> str:
        return truncate_name(f"{PREFIX}{self.table}_{self.rule}", LONGEST_NAME)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Dialect:
    """How one database writes a trigger, and what it says of those it has."""

    differs: str
    truncates: bool

    def __init__(self, connection: BaseDatabaseWrapper):
        self.connection, self.quote = connection, connection.ops.quote_name

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def is_ours(self, name: str, table: str) -> bool:
        return name.startswith(PREFIX) or name.removeprefix(table) in FORMER

    def columns(self) -> set[tuple[str, str]]:
        """(table, column) of all there are."""
        raise NotImplementedError

    def found(self) -> dict[str, str]:
        """{name of each of our triggers: its text, comparable with `text`}."""
        raise NotImplementedError

    def text(self, trigger: Trigger) -> str:
        raise NotImplementedError

    def create(self, trigger: Trigger) -> list[str]:
        raise NotImplementedError

    def drop(self, names: list[str]) -> list[str]:
        """Statements that drop triggers of `found`."""
        raise NotImplementedError


class SQLite(Dialect):
    """The text of a trigger stands in sqlite_master as it was written."""

    differs = "IS NOT"
    truncates = False

    def columns(self) -> set[tuple[str, str]]:
        return set(
            self.read("SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'")
        )

    def found(self) -> dict[str, str]:
        rows = self.read("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {name: sql for name, table, sql in rows if self.is_ours(name, table)}

    def text(self, trigger: Trigger) -> str:
        conditions = " AND ".join(f"({c})" for c in (trigger.when, trigger.test) if c)
        return (
            f"CREATE TRIGGER {self.quote(trigger.name)} BEFORE {trigger.event} ON {self.quote(trigger.table)} "
            f"{f'WHEN {conditions} ' if conditions else ''}"
            f"BEGIN SELECT RAISE(ABORT, {literal(f'CHECK constraint failed: {trigger.message}')}); END"
        )

    def create(self, trigger: Trigger) -> list[str]:
        return [self.text(trigger)]

    def drop(self, names: list[str]) -> list[str]:
        return [f"DROP TRIGGER {self.quote(name)}" for name in names]


class PostgreSQL(Dialect):
    """A function a trigger, of the same name. PostgreSQL rewrites the text of a trigger, so a digest of ours is kept
    as its comment; the function's body it keeps as it was written."""

    differs = "IS DISTINCT FROM"
    truncates = True

    def __init__(self, connection: BaseDatabaseWrapper):
        super().__init__(connection)
        self.places: dict[str, tuple[str, str]] = {}  # trigger: (table, function)

    def columns(self) -> set[tuple[str, str]]:
        return set(
            self.read(
                "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
                "WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND pg_table_is_visible(c.oid)"
            )
        )

    def found(self) -> dict[str, str]:
        rows = self.read(
            "SELECT t.tgname, c.relname, p.proname, p.prosrc, obj_description(t.oid, 'pg_trigger'), t.tgenabled "
            "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
        )
        ours = [row for row in rows if self.is_ours(row[0], row[1])]
        self.places = {name: (table, function) for name, table, function, *_ in ours}
        return {name: f"{body} {comment} {enabled}" for name, _, _, body, comment, enabled in ours}

    def text(self, trigger: Trigger) -> str:
        return f"{self.body(trigger)} {self.digest(trigger)} O"

    def digest(self, trigger: Trigger) -> str:
        return hashlib.sha256((self.function(trigger) + self.definition(trigger)).encode()).hexdigest()

    def body(self, trigger: Trigger) -> str:
        people = model_named(SUBJECT)._meta
        person = f"{self.quote(people.db_table)} WHERE {self.quote(people.pk.column)} = {trigger.subject}"
        refuses = f"RAISE EXCEPTION {literal(trigger.message)} USING ERRCODE = 'check_violation'; "
        if trigger.together:
            # Two conditions in two: the rows are not looked at before it is known that there is a reason.
            return (
                f"BEGIN IF {trigger.if_any} THEN IF {trigger.together} THEN {refuses}END IF; END IF; RETURN NULL; END"
            )
        # Waits for an erasure that is under way; the next statement sees what it has done.
        waits = f"PERFORM 1 FROM {person} FOR KEY SHARE; " if trigger.subject else ""
        if trigger.test:
            refuses = f"IF {trigger.test} THEN {refuses}END IF; "
        return f"BEGIN {waits}{refuses}RETURN NEW; END"

    def function(self, trigger: Trigger) -> str:
        return (
            f"CREATE OR REPLACE FUNCTION {self.quote(trigger.name)}() RETURNS trigger LANGUAGE plpgsql "
            f"AS $body${self.body(trigger)}$body$"
        )

    def definition(self, trigger: Trigger) -> str:
        if trigger.together and trigger.event != "TRUNCATE":
            return self.of_statements(trigger)
        each = "STATEMENT" if trigger.event == "TRUNCATE" else "ROW"
        return (
            f"CREATE TRIGGER {self.quote(trigger.name)} BEFORE {trigger.event} ON {self.quote(trigger.table)} "
            f"FOR EACH {each} {f'WHEN ({trigger.when}) ' if trigger.when else ''}"
            f"EXECUTE FUNCTION {self.quote(trigger.name)}()"
        )

    def of_statements(self, trigger: Trigger) -> str:
        """Of UPDATE without its columns, which PostgreSQL does not take together with tables of rows."""
        event = trigger.event.split()[0]
        rows = "OLD TABLE AS old_rows" + (" NEW TABLE AS new_rows" if event == "UPDATE" else "")
        return (
            f"CREATE TRIGGER {self.quote(trigger.name)} AFTER {event} ON {self.quote(trigger.table)} "
            f"REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION {self.quote(trigger.name)}()"
        )

    def create(self, trigger: Trigger) -> list[str]:
        place = f"{self.quote(trigger.name)} ON {self.quote(trigger.table)}"
        return [
            self.function(trigger),
            self.definition(trigger),
            f"COMMENT ON TRIGGER {place} IS '{self.digest(trigger)}'",
        ]

    def drop(self, names: list[str]) -> list[str]:
        places = {name: self.places[name] for name in names}
        return [
            *(f"DROP TRIGGER {self.quote(name)} ON {self.quote(table)}" for name, (table, _) in places.items()),
            *(f"DROP FUNCTION {self.quote(name)}()" for name in sorted({function for _, function in places.values()})),
        ]


DIALECTS: dict[str, type[Dialect]] = {"sqlite": SQLite, "postgresql": PostgreSQL}
