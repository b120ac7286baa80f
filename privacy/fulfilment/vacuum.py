"""After an erasure the database gives up what it deleted: PostgreSQL keeps a dead row until VACUUM, SQLite its log.

What remains and is told: PostgreSQL marks the place as free and writes over it as it needs room; its WAL holds the
deleted values until it is recycled. SQLite overwrites with zeros (secure_delete) and its log is emptied here.
"""

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.datamap import registry
from privacy.jobs.handlers import remote
from privacy.jobs.heartbeats import note
from privacy.jobs.outcomes import Done, Later, Outcome
from privacy.models import Heartbeat, Job, Step

HEARTBEAT = "vacuum"
LOCK_SECONDS = 5
READER_SECONDS = 60
RENEW_SECONDS = 10
OUTCOME = {
    "postgresql": "the room of what was deleted is free in every table; it is written over as room is needed",
    "sqlite": "what was deleted is overwritten in the file, and its log of changes is emptied",
}


@remote("erasure.vacuum", ours=True)
def vacuum(job: Job, step: Step, renew: Callable[[], None]) -> Outcome:
    """Gives up what was deleted before this call, unless that has been done since for somebody else of the same set."""
    if has_run_since(step.now):
        return done()
    return reclaim(step.now, renew)


def done() -> Done:
    return Done({"outcome": OUTCOME[connection.vendor]})


# When the last vacuum began of which this process knows: of a set of jobs only the first has to ask.
_known: list[datetime] = []


def has_run_since(moment: datetime) -> bool:
    if not _known or _known[0] < moment:
        _known[:] = Heartbeat.objects.filter(name=HEARTBEAT).values_list("at", flat=True)
    return bool(_known) and _known[0] >= moment


def reclaim(deleted_before: datetime, renew: Callable[[], None]) -> Outcome:
    """Done, or why not now. On a connection of its own: VACUUM runs in no transaction, and settings stay there."""
    cleaner = connection.copy()
    try:
        problem = CLEAN[connection.vendor](cleaner, deleted_before, renew)
    except OperationalError:
        problem = f"A table was locked for more than {LOCK_SECONDS} seconds"
    finally:
        cleaner.close()
    if problem:
        return Later(f"{problem}; what was deleted is still in the database's files", READER_SECONDS)
    note(HEARTBEAT, deleted_before)
    _known[:] = [deleted_before]
    return done()


def clean_postgresql(cleaner: BaseDatabaseWrapper, deleted_before: datetime, renew: Callable[[], None]) -> str:
    """VACUUM of every table that an erasure writes to, indexes too: they hold names. A table without dead rows costs
    a fraction of a millisecond, but not with helpers: to start them takes two. Returns the problem, if any; sees no
    transaction of another role."""
    renewed = monotonic()
    with cleaner.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        for table in tables():
            if monotonic() - renewed > RENEW_SECONDS:
                renew()
                renewed = monotonic()
            cursor.execute(f"VACUUM (INDEX_CLEANUP ON, PARALLEL 0) {cleaner.ops.quote_name(table)}")
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL(%s)"
            " AND backend_xmin IS NOT NULL AND xact_start < %s",
            [[pid_of(cleaner), pid_of(connection)], deleted_before],
        )
        [readers] = cursor.fetchone()
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = ANY(%s)"
            " AND (last_vacuum IS NULL OR last_vacuum < %s)",
            [tables(), deleted_before],
        )
        [refused] = cursor.fetchone()
    if refused:  # a warning is all that VACUUM says
        return f"VACUUM was refused on {refused} tables: the database's role must own them"
    return "A transaction that began before the erasure is still open" if readers else ""


def clean_sqlite(cleaner: BaseDatabaseWrapper, deleted_before: datetime, renew: Callable[[], None]) -> str:
    with cleaner.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [is_busy, *_] = cursor.fetchone()
    return "A reader keeps the log of changes from being emptied" if is_busy else ""


CLEAN = {"postgresql": clean_postgresql, "sqlite": clean_sqlite}


def pid_of(database: BaseDatabaseWrapper) -> int:
    database.ensure_connection()
    pid: int = database.connection.info.backend_pid
    return pid


def tables() -> list[str]:
    """Those that an erasure deletes from or changes."""
    return sorted(model._meta.db_table for model in [*registry.declarations, *registry.erasers])
