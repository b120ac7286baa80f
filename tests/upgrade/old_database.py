"""A database as commit 68f802a left it, on the vendor of this run, and what there is to see in it.

The dumps are that commit's own tables, triggers and rows, so they stay as they are whatever becomes of today's code;
fill_68f802a.py tells how they were made. Its files are not there any more: uploads and packages have rows only.
"""

import gzip
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg

FOLDER = Path(__file__).parent
COMMIT = "68f802a"
# Processors' names for people are sealed under the second, and subjects' pseudonyms in the audit trail made with it.
KEYS = {
    "SECRET_KEY": "the-secret-key-of-the-database-of-68f802a-and-of-nothing-else",
    "LEDGER_KEY": "the-ledger-key-of-the-database-of-68f802a-and-of-nothing-else",
}
# Of one erased person; of the second, that commit kept a digest under which several mailboxes hide.
ERASED_ADDRESSES = ["erased@example.com", "straße@example.com"]

REQUESTS = "SELECT r.id FROM privacy_rightsrequest r WHERE"
# A reason is gone with its person, so what is erased is found by how far its steps came.
STEPS = "EXISTS (SELECT 1 FROM privacy_fulfilmentstep s WHERE s.request_id = r.id AND"
NEVER_BEGUN = f"{STEPS} s.state = 'pending') AND NOT {STEPS} s.state <> 'pending')"
# The last entry was the last thing that happened: nobody's clock says then whether a lease is over.
LEASE_IS_OVER = "r.lease_until < (SELECT MAX(at) FROM privacy_auditentry)"
WAIT_IS_OVER = "s.not_before < (SELECT MAX(at) FROM privacy_auditentry)"
BULK = "r.batch_id IN (SELECT id FROM privacy_batch WHERE kind = 'erasure')"
HELD = "r.subject_id IN (SELECT subject_id FROM privacy_legalhold WHERE released_at IS NULL)"
# {situation: (how many requests are in it, SQL of their ids)}
SITUATIONS = {
    "access with a package": (
        4,
        f"{REQUESTS} r.id IN (SELECT request_id FROM privacy_accesspackage WHERE swept_at IS NULL)",
    ),
    "access whose package was fetched": (
        1,
        f"{REQUESTS} r.id IN (SELECT request_id FROM privacy_accesspackage WHERE downloaded_at IS NOT NULL)",
    ),
    "access whose package was deleted": (
        1,
        f"{REQUESTS} r.id IN (SELECT request_id FROM privacy_accesspackage WHERE swept_at IS NOT NULL)",
    ),
    "erased, with a receipt and suppressions": (
        3,
        f"{REQUESTS} r.status = 'fulfilled' AND r.id IN (SELECT request_id FROM privacy_erasurereceipt)"
        " AND r.id IN (SELECT request_id FROM privacy_suppression)",
    ),
    "awaiting approval": (2, f"{REQUESTS} r.kind = 'erasure' AND r.status = 'awaiting_approval'"),
    "approved, nothing ran": (
        1,
        f"{REQUESTS} r.reason = 'approved, nothing ran' AND r.status = 'in_progress' AND {NEVER_BEGUN}",
    ),
    "half erased by a killed worker": (
        1,
        f"{REQUESTS} r.status = 'in_progress' AND r.claims = 1 AND {LEASE_IS_OVER}"
        f" AND {STEPS} s.handler = 'slices' AND s.state = 'started' AND s.units_done > 0)",
    ),
    "killed in the call of a processor": (
        1,
        f"{REQUESTS} r.kind = 'erasure' AND r.claims = 1 AND {LEASE_IS_OVER}"
        f" AND {STEPS} s.handler = 'processor' AND s.state = 'started' AND s.problem = '')",
    ),
    "cancelled while leased": (
        1,
        f"{REQUESTS} r.cancel_requested AND r.status = 'in_progress' AND {LEASE_IS_OVER}",
    ),
    "parked after five claims": (
        1,
        f"{REQUESTS} r.status = 'in_progress' AND r.claims > 5 AND r.parked_because LIKE '%5 times%'",
    ),
    "parked by a refusal": (
        1,
        f"{REQUESTS} r.parked_because LIKE '%refuses%' AND {STEPS} s.state = 'started' AND s.problem <> '')",
    ),
    "awaiting processors, names sealed": (
        1,
        f"{REQUESTS} r.status = 'awaiting_processors' AND {STEPS} s.state = 'waiting' AND s.\"references\" <> '')",
    ),
    "a processor was busy": (
        1,
        f"{REQUESTS} r.parked_because = ''"
        f" AND {STEPS} s.handler = 'processor' AND s.state = 'started' AND s.problem <> '' AND {WAIT_IS_OVER})",
    ),
    "held half-way": (
        1,
        f"{REQUESTS} r.kind = 'erasure' AND r.status = 'on_hold' AND {HELD} AND {STEPS} s.units_done > 0)",
    ),
    "held before it began": (
        2,
        f"{REQUESTS} r.kind = 'erasure' AND r.status = 'on_hold' AND {HELD} AND {NEVER_BEGUN}",
    ),
    "hold ordered": (1, f"{REQUESTS} r.kind = 'hold_place' AND r.status = 'in_progress'"),
    "release ordered": (1, f"{REQUESTS} r.kind = 'hold_release' AND r.status = 'in_progress' AND {HELD}"),
    "flag in force": (
        1,
        f"{REQUESTS} r.reason = 'flag in force' AND r.subject_id IN"
        " (SELECT subject_id FROM privacy_childflag WHERE state = 'suspected')",
    ),
    "flag ordered": (1, f"{REQUESTS} r.kind = 'child_flag' AND r.status = 'in_progress'"),
    "clear ordered": (
        1,
        f"{REQUESTS} r.kind = 'child_clear' AND r.status = 'in_progress' AND r.subject_id IN"
        " (SELECT subject_id FROM privacy_childflag WHERE state = 'suspected')",
    ),
    "in bulk: finished": (1, f"{REQUESTS} {BULK} AND r.status = 'fulfilled'"),
    "in bulk: rows gone, a processor not yet told": (
        2,
        f"{REQUESTS} {BULK} AND r.status = 'in_progress' AND {STEPS} s.handler = 'rows' AND s.state = 'done')"
        f" AND {STEPS} s.state = 'pending' AND s.\"references\" <> '')",
    ),
    "in bulk: not begun": (2, f"{REQUESTS} {BULK} AND r.status = 'in_progress' AND {NEVER_BEGUN}"),
    "batch of exports, finished": (1, f"{REQUESTS} r.reason = 'batch of exports' AND r.status = 'fulfilled'"),
    "batch of exports, killed": (
        1,
        f"{REQUESTS} r.reason = 'batch of exports' AND r.status = 'in_progress' AND {LEASE_IS_OVER}",
    ),
    "batch of exports, not begun": (
        1,
        f"{REQUESTS} r.reason = 'batch of exports' AND r.status = 'in_progress' AND {NEVER_BEGUN}",
    ),
    "denied": (1, f"{REQUESTS} r.status = 'denied'"),
    "withdrawn": (1, f"{REQUESTS} r.status = 'withdrawn'"),
}


@dataclass(frozen=True)
class OldDatabase:
    vendor: str
    url: str

    @property
    def root(self) -> Path:
        """The root of the audit trail that verify_audit wrote at that commit."""
        return FOLDER / f"{COMMIT}.{self.vendor}.root.json"

    def column(self, sql: str) -> list[str]:
        """The first column of a query as text, ids in the one spelling of both vendors."""
        with closing(connect(self.vendor, self.url)) as connection:
            return [spelt_alike(row[0]) for row in connection.execute(sql).fetchall()]


@contextmanager
def loaded(vendor: str, folder: Path) -> Iterator[OldDatabase]:
    """A database of its own with the dump in it, gone afterwards."""
    with MAKERS[vendor](folder) as url:
        dump = gzip.decompress((FOLDER / f"{COMMIT}.{vendor}.sql.gz").read_bytes()).decode()
        with closing(connect(vendor, url)) as connection:
            connection.executescript(dump) if vendor == "sqlite" else connection.execute(dump)
        yield OldDatabase(vendor, url)


@contextmanager
def a_file(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'old.sqlite3'}"


@contextmanager
def a_database(folder: Path) -> Iterator[str]:
    """On the server of this run, by a name that no other process of it makes. Nobody is ever connected to template0."""
    server, name = urlsplit(os.environ["DATABASE_URL"]), f"kosenai_upgrade_{uuid4().hex}"
    with closing(connect("postgresql", server._replace(path="/postgres").geturl())) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield server._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


MAKERS = {"sqlite": a_file, "postgresql": a_database}


def connect(vendor: str, url: str) -> sqlite3.Connection | psycopg.Connection:
    if vendor == "sqlite":
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.create_function("REGEXP", 2, lambda pattern, text: bool(re.search(pattern, text)))  # as Django does
        return connection
    return psycopg.connect(url, autocommit=True)


def spelt_alike(value: object) -> str:
    """SQLite has ids as 32 digits, PostgreSQL as UUIDs."""
    try:
        return str(UUID(str(value)))
    except ValueError:
        return str(value)
