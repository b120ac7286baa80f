"""One moment of the database, held while a package is written."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

# SQLite: a plain BEGIN reads the state of its first SELECT and locks nobody out. Our usual BEGIN IMMEDIATE would
# hold the only write lock for as long as the export runs.
BEGIN = {"postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "sqlite": "BEGIN"}


@contextmanager
def of_the_database() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own on which every query sees the same state, whatever others commit meanwhile.

    Its own, because the engine's one must stay free to prolong the lease; so it sees committed rows only.
    """
    reader = connection.copy()
    try:
        with reader.cursor() as cursor:
            cursor.execute(BEGIN[reader.vendor])
        yield reader
    finally:
        reader.close()
