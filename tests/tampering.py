"""What somebody who owns the tables can do: lift the triggers of evidence, and put them back as if nothing had been."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from privacy.datamap import registry


def triggers_of_evidence() -> tuple[list[str], list[str]]:
    """Statements that lift the triggers of all evidence, and that put them back."""
    tables = sorted(model._meta.db_table for model in registry.evidence())
    if connection.vendor == "postgresql":
        return tuple([f"ALTER TABLE {table} {verb} TRIGGER USER" for table in tables] for verb in ("DISABLE", "ENABLE"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = [(name, sql) for table, name, sql in cursor.fetchall() if table in tables]
    return [f"DROP TRIGGER {name}" for name, _ in found], [sql for _, sql in found]


@contextmanager
def owner_of_the_tables() -> Iterator[None]:
    lifted, restored = triggers_of_evidence()
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        # Checks that wait for the end of the test's transaction would block the ALTER.
        run(cursor, ["SET CONSTRAINTS ALL IMMEDIATE", *lifted] if postgresql else lifted)
        yield
        run(cursor, [*restored, "SET CONSTRAINTS ALL DEFERRED"] if postgresql else restored)


def run(cursor, statements: list[str]) -> None:
    for statement in statements:
        cursor.execute(statement)
