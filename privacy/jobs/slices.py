"""Writing much without keeping others waiting: committed slices, short by the clock, with room between them.

SQLite has one writer, and no queue: who waits looks again after 1 to 100 ms, and finds the door open only if nobody
has gone in meanwhile. So the door stays open for longer than a waiting writer sleeps, after every slice: nobody waits
for a second one.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from django.db import InterfaceError, OperationalError, connection

SLICE_SECONDS = 0.15
PAUSE_SECONDS = 0.11  # sqlite3's busy handler sleeps for 100 ms at most
# Rows. Below 20 the slice's own dozen queries would be most of it; above 900 it asks in several (CHUNK of
# importing.arrivals).
FIRST, SHORTEST, LONGEST = 50, 20, 900


class Pace:
    """How many rows the next slice has: as many as the last one's speed allows."""

    def __init__(self, seconds: float = SLICE_SECONDS):
        self.seconds, self.rows = seconds, FIRST

    def took(self, rows: int, seconds: float) -> None:
        """Learns from a slice; never more than doubles, because the next rows may be heavier."""
        fitting = int(rows * self.seconds / max(seconds, 0.001))
        self.rows = max(SHORTEST, min(fitting, 2 * self.rows, LONGEST))


def in_slices[Row, Answer](
    rows: Iterable[Row], write: Callable[[list[Row]], Sequence[Answer]]
) -> Iterator[Sequence[Answer]]:
    """Calls `write` (one transaction) with a slice of the rows after another; yields what it answers for each."""
    pace, coming = Pace(), iter(rows)
    some = list(islice(coming, pace.rows))
    while some:
        started = time.monotonic()
        answers = write(some)
        pace.took(len(some), time.monotonic() - started)
        yield answers
        if some := list(islice(coming, pace.rows)):
            let_others_write()


def let_others_write() -> None:
    """PostgreSQL needs no pause: there a slice locks its own rows only. Inside a transaction a pause would only
    lengthen it."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(PAUSE_SECONDS)


def is_busy(error: BaseException | None) -> bool:
    """Whether the database did not take the work in time and may take it later: locked, out of connections, restarted.

    On SQLite only its two locks count: there a missing table is an OperationalError, too.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    told = error.__cause__
    if isinstance(told, sqlite3.Error):
        return getattr(told, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return True


def was_rolled_back(error: BaseException) -> bool:
    """Of a busy database: whether it said so itself, so that nothing was written. A lost connection says nothing."""
    told = error.__cause__
    state = getattr(told, "sqlstate", None) or ""
    return isinstance(told, sqlite3.Error) or state[:2] in ("40", "53", "55") or state == "57014"
