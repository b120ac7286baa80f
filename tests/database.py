"""The database of each process of the run: migrated once a run, and as it was then again after a test that commits."""

import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import setup_databases, teardown_databases

from tests.tampering import triggers_of_evidence

# A process that a test leaves behind may write for a while. Each try waits for a quarter of a second.
TRIES = 80


@contextmanager
def made(migrated: Path) -> Iterator[None]:
    """The test database. On SQLite the first process that comes leaves `migrated` to the others, who copy it."""
    on_file = connection.vendor == "sqlite"
    with alone(migrated) if on_file else nullcontext():
        if on_file and migrated.exists():
            go_on_with_a_copy(migrated)
            names = []
        else:
            names = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
            remember(migrated)
    yield
    if on_file:
        connection.close()  # the file goes with its folder
    else:
        teardown_databases(names, verbosity=0)


@contextmanager
def alone(migrated: Path) -> Iterator[None]:
    with migrated.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def go_on_with_a_copy(migrated: Path) -> None:
    """As Django does with the database that it makes."""
    connection.close()
    name = settings.DATABASES["default"]["TEST"]["NAME"]
    shutil.copyfile(migrated, name)
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def remember(migrated: Path) -> None:
    """What the migrations have made: a file, or beside the tables a copy of each that has rows."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(migrated)) as file:
            connection.connection.backup(file)
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA as_made")
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
            if cursor.fetchone()[0]:
                cursor.execute(f"CREATE TABLE as_made.{table} AS TABLE {table}")


def put_back(migrated: Path) -> None:
    """Every row, counter and trigger, whatever the test has committed."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(migrated)) as file:
            file.backup(connection.connection, progress=patience())
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements(cursor):
            cursor.execute(statement)


def patience():
    """The copy waits as long as whoever holds the lock likes; this ends it."""
    tries = iter(range(TRIES))

    def once_more(status, remaining, total):
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and next(tries, None) is None:
            raise sqlite3.OperationalError("another process does not give the database back")

    return once_more


def statements(cursor) -> list[str]:
    """On PostgreSQL. Evidence and holds rightly refuse to go, so their triggers are lifted."""
    lifted, restored = triggers_of_evidence()
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'as_made'")
    kept = [f"INSERT INTO {table} SELECT * FROM as_made.{table}" for (table,) in cursor.fetchall()]
    tables = ", ".join(connection.introspection.table_names(cursor))
    emptied = ["DELETE FROM privacy_legalhold", "SET CONSTRAINTS ALL IMMEDIATE", f"TRUNCATE {tables}"]
    return [*lifted, *emptied, "SET CONSTRAINTS ALL DEFERRED", *kept, "SET CONSTRAINTS ALL IMMEDIATE", *restored]
