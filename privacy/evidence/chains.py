"""Reads the audit trail from end to end, and says what in it, or in the rows it tells of, is not as it was written.

Each chain is followed from its first entry to its head, so a changed, missing, added or moved entry shows. Who can
rewrite a whole chain and its head leaves no trace inside the database: that shows against a Merkle root (RFC 6962,
section 2.1) that was written to a file elsewhere. The root is over the chains as they stood at an entry's id, so it
can be computed again when the chains have grown.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from privacy.evidence import consents, limits, people, reconciliation, regimes
from privacy.evidence.commitments import canonical, digest_of_text
from privacy.evidence.duties import differences_of_duties
from privacy.evidence.told import AT_ONCE, Told, tuples
from privacy.models import AuditEntry, AuditHead, Case, sets

GENESIS = "0" * 64
PAGE = 5_000
NO_HEAD = (0, "")


class Linked(Protocol):
    """An entry, as a row or before it is one."""

    @property
    def chain(self) -> UUID: ...
    @property
    def n(self) -> int: ...
    @property
    def event(self) -> str: ...
    @property
    def actor_id(self) -> int | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def data(self) -> dict[str, Any] | sets.Json: ...
    @property
    def previous(self) -> str: ...


def digest_of(entry: Linked) -> str:
    """SHA-256 over the canonical JSON of the entry and its predecessor's digest."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    data = entry.data if isinstance(entry.data, sets.Json) else canonical(entry.data)
    # In the order of the keys, as all canonical JSON: what was written as text once is not read to write it again.
    return digest_of_text(
        f'{{"actor":{canonical(entry.actor_id)},"at":"{at}","chain":"{entry.chain}","data":{data},'
        f'"event":{canonical(entry.event)},"n":{entry.n},"previous":{canonical(entry.previous)}}}'
    )


@dataclass(frozen=True)
class Fault:
    """What is wrong with a chain, or with a row that it tells of, in words for people. `chain` is the id of what is
    named by `about`; it has as many faults as places that are wrong."""

    chain: UUID
    text: str
    about: str = "Chain"


@dataclass
class Tree:
    """A Merkle tree hash over leaves given one by one; it holds one digest a level and no leaf."""

    peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        size, digest = 1, hashlib.sha256(b"\x00" + leaf).digest()
        while self.peaks and self.peaks[-1][0] == size:
            digest = _node(self.peaks.pop()[1], digest)
            size *= 2
        self.peaks.append((size, digest))

    def root(self) -> str:
        if not self.peaks:
            return hashlib.sha256().hexdigest()
        digest = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            digest = _node(left, digest)
        return digest.hex()


@dataclass
class Trail:
    """What a walk found. `root` is over the chains as they stood at the entry id asked for; `older` counts the requests
    that were opened before entries committed to rows."""

    chains: int = 0
    entries: int = 0
    older: int = 0
    faults: list[Fault] = field(default_factory=list)
    root: str = ""


@dataclass
class _Chain:
    """A chain while it is walked: where it stands, and where it stood at the id that the root is for."""

    chain: UUID
    n: int = 0
    digest: str = GENESIS
    rooted: tuple[int, str] | None = None
    faults: list[str] = field(default_factory=list)
    told: Told = field(default_factory=Told)

    def follow(self, entry: AuditEntry, up_to: int | None) -> None:
        if entry.n <= self.n:
            self.faults.append(f"entry {entry.n} was added before its first")
        elif entry.n > self.n + 1:
            gone = f"entry {self.n + 1} is" if entry.n == self.n + 2 else f"entries {self.n + 1} to {entry.n - 1} are"
            self.faults.append(f"{gone} missing")
        elif entry.previous != self.digest:
            self.faults.append(f"entry {entry.n} does not follow the one before it")
        if digest_of(entry) != entry.digest:
            self.faults.append(f"entry {entry.n} is not what was written")
        else:
            self.told.hear(entry)
        self.n, self.digest = entry.n, entry.digest
        if up_to is None or entry.id <= up_to:
            self.rooted = (self.n, self.digest)

    def end_at(self, head: tuple[int, str]) -> None:
        n, digest = head
        if head == NO_HEAD:
            self.faults.append("its head is missing")
        elif n > self.n:
            self.faults.append(f"entries {self.n + 1} to {n} are missing at its end" if self.n else "has no entries")
        elif n < self.n:
            self.faults.append(f"entries {n + 1} to {self.n} were added past its head")
        elif digest != self.digest:
            self.faults.append("its head is not what was written")


def walk(*, since: datetime | None = None, up_to: int | None = None) -> Trail:
    """Follows every chain, or those with an entry since a moment, holds the rows against them, and computes the root
    as of entry id `up_to`."""
    trail, tree, sound = Trail(), Tree(), {}
    heads = _heads(since)
    waiting = next(heads, None)
    for chain in _chains(since, up_to):
        while waiting and waiting[0] < chain.chain:
            _suspect(trail, waiting[0])
            waiting = next(heads, None)
        head, waiting = (
            (waiting[1:], next(heads, None)) if waiting and waiting[0] == chain.chain else (NO_HEAD, waiting)
        )
        chain.end_at(head)
        trail.chains, trail.entries = trail.chains + 1, trail.entries + chain.n
        trail.older += chain.told.is_older
        if chain.faults:
            _suspect(trail, chain.chain)
        else:
            sound[chain.chain] = chain.told
        if len(sound) == AT_ONCE:
            _reconcile(trail, sound)
            sound = {}
        if chain.rooted:
            tree.add(f"{chain.chain}:{chain.rooted[0]}:{chain.rooted[1]}".encode())
    _reconcile(trail, sound)
    while waiting:
        _suspect(trail, waiting[0])
        waiting = next(heads, None)
    trail.faults += [Fault(request_id, "the request has no chain") for request_id in _requests_without_chain()]
    trail.faults += [Fault(pk, text, name.capitalize()) for name, pk, text in differences_of_duties()]
    trail.faults += [Fault(pk, text, "Limit on processing") for pk, text in limits.differences()]
    trail.faults += [Fault(pk, text, name) for name, pk, text in consents.differences()]
    trail.faults += [Fault(pk, text, "Rule of law") for pk, text in regimes.differences()]
    trail.faults += [Fault(pk, text, "Data subject") for pk, text in people.differences()]
    trail.faults += [Fault(pk, "no request was opened under it", "Batch") for pk in reconciliation.empty_batches()]
    trail.root = tree.root()
    return trail


def last_entry_id() -> int:
    """An id that no entry still to come will undercut: writers in flight are waited for, new ones for a moment held."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(AuditEntry._meta.db_table)} IN SHARE MODE")
        return AuditEntry.objects.aggregate(last=Max("id"))["last"] or 0


def faults_of_chain(chain_id: UUID) -> list[str]:
    """What is wrong with one chain, or with the rows that it tells of. Nobody who appends waits for a sound one."""
    heads = AuditHead.objects.filter(chain=chain_id)
    return _follow(chain_id, heads) and _look_again(chain_id)


def faults_of_entry(entry: AuditEntry) -> list[str]:
    """The same of this link alone, and of what it says of the one before it."""
    earlier = AuditEntry.objects.filter(chain=entry.chain, n__lt=entry.n).order_by("-n")
    chain = _Chain(entry.chain, *(earlier.values_list("n", "digest").first() or (0, GENESIS)))
    chain.follow(entry, None)
    return chain.faults


def _look_again(chain_id: UUID) -> list[str]:
    """Follows one suspicious chain again with its head locked: while it was walked, somebody may have appended. Whoever
    changes its rows appends before the commit, so with the head the rows stand still too."""
    with transaction.atomic():
        return _follow(chain_id, AuditHead.objects.select_for_update().filter(chain=chain_id))


def _follow(chain_id: UUID, heads: QuerySet[AuditHead]) -> list[str]:
    chain = _Chain(chain_id)
    known = AuditEntry.objects.filter(chain=chain_id).exists()
    head = heads.values_list("n", "digest").first()
    for entry in AuditEntry.objects.filter(chain=chain_id).order_by("n").iterator(PAGE):
        chain.follow(entry, None)
    if known:
        chain.faults += reconciliation.differences({chain_id: chain.told}).get(chain_id, [])
    if known or head:
        chain.end_at(head or NO_HEAD)
    return chain.faults


def _suspect(trail: Trail, chain_id: UUID) -> None:
    trail.faults += [Fault(chain_id, text) for text in _look_again(chain_id)]


def _reconcile(trail: Trail, told: dict[UUID, Told]) -> None:
    """Holds the rows against some sound chains; where they differ, with the head locked once more."""
    for chain_id in reconciliation.differences(told):
        _suspect(trail, chain_id)


def _chains(since: datetime | None, up_to: int | None) -> Iterator[_Chain]:
    """The chains that have entries, in order, each followed to its last entry."""
    chain = None
    for entry in _entries(since):
        if chain is None or entry.chain != chain.chain:
            if chain:
                yield chain
            chain = _Chain(entry.chain)
        chain.follow(entry, up_to)
    if chain:
        yield chain


def _entries(since: datetime | None) -> Iterator[AuditEntry]:
    """All entries by (chain, n), a page at a time along the index: neither memory nor an open cursor grows."""
    rows = tuples(AuditEntry.objects.order_by("chain", "n"))
    if since:
        rows = rows.filter(chain__in=_touched(since))
    page = list(rows[:PAGE])
    while page:
        yield from page
        last = page[-1]
        page = list(rows.filter(Q(chain__gt=last.chain) | Q(n__gt=last.n), chain__gte=last.chain)[:PAGE])


def _heads(since: datetime | None) -> Iterator[tuple[UUID, int, str]]:
    rows = AuditHead.objects.order_by("chain").values_list("chain", "n", "digest")
    if since:
        rows = rows.filter(chain__in=_touched(since))
    page = list(rows[:PAGE])
    while page:
        yield from page
        page = list(rows.filter(chain__gt=page[-1][0])[:PAGE])


def _touched(since: datetime) -> QuerySet[AuditEntry, Any]:
    return AuditEntry.objects.filter(at__gte=since).values("chain")


def _requests_without_chain() -> list[UUID]:
    """Every request was opened with an entry."""
    entries = AuditEntry.objects.filter(chain=OuterRef("pk"))
    return list(Case.objects.filter(~Exists(entries)).order_by("pk").values_list("pk", flat=True))


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
