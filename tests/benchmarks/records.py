"""The root over a million heads, and the register over a million cases: their time, memory and, of the root, what the
same takes by hand."""

import hashlib
from collections.abc import Iterator
from time import perf_counter

from django.db import connection

from privacy.evidence import roots
from privacy.models import AuditHead
from privacy.selectors import open_work, register
from tests.benchmarks.measure import Cost, cost

HEADS = """
    INSERT INTO privacy_audithead (chain, n, digest)
    SELECT gen_random_uuid(), 3, encode(sha256(g::text::bytea), 'hex') FROM generate_series(1, %s) g
"""
PEOPLE = """
    INSERT INTO privacy_datasubject ({columns}) SELECT {values} FROM generate_series(1, %s) g
"""


def run_all(repeats: int, million: int) -> Iterator[tuple[str, list[Cost], list[Cost], str]]:
    yield root_of(million, repeats)


def root_of(number: int, repeats: int):
    """All heads in order, hashed as RFC 6962 says; by hand a server-side cursor and the plainest loop."""
    with connection.cursor() as cursor:
        cursor.execute(HEADS, [number])
        cursor.execute("ANALYZE privacy_audithead")
    found: set[str] = set()
    by, us = [], []
    for _ in range(repeats):
        by.append(cost(lambda: found.add(root_by_hand())))
        us.append(cost(lambda: found.add(roots.compute().root)))
    assert len(found) == 1
    proof = perf_counter()
    roots_of_a_chain()
    note = f"one digest a level in memory; proof of one chain: {1000 * (perf_counter() - proof):.0f} ms"
    return f"Root over {number:,} heads", by, us, note


def roots_of_a_chain() -> None:
    from datetime import date

    from django.db import transaction

    with transaction.atomic():
        roots.record(roots.compute(), date(2026, 1, 1))
        assert roots.prove(AuditHead.objects.order_by("?").values_list("chain", flat=True)[0])
        transaction.set_rollback(True)


def root_by_hand() -> str:
    peaks: list[tuple[int, bytes]] = []
    with connection.connection.cursor("heads") as cursor, connection.connection.transaction():
        cursor.execute("SELECT chain::text || ':' || n || ':' || digest FROM privacy_audithead ORDER BY chain")
        for (leaf,) in cursor:
            size, digest = 1, hashlib.sha256(b"\x00" + leaf.encode()).digest()
            while peaks and peaks[-1][0] == size:
                digest = hashlib.sha256(b"\x01" + peaks.pop()[1] + digest).digest()
                size *= 2
            peaks.append((size, digest))
    digest = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        digest = hashlib.sha256(b"\x01" + left + digest).digest()
    return digest.hex()


def register_of(number: int) -> dict[str, float]:
    """{what: seconds}, of a year of so many cases of half as many people."""
    spent = {}
    for name, work in {"year": lambda: register.of_year(2026), "open": open_work.open_now,
                       "last weeks": open_work.answered}.items():  # fmt: skip
        started = perf_counter()
        work()
        spent[name] = perf_counter() - started
    return spent
