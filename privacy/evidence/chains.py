"""Reads the audit trail from end to end, and says what in it, or in the rows it tells of, is not as it was written.

Each chain is followed from its first entry to its head, so a changed, missing, added or moved entry shows. Who can
rewrite a whole chain and its head leaves no trace inside the database: that shows against a Merkle root (RFC 6962,
section 2.1) that was written to a file elsewhere. The root is over the chains as they stood at an entry's id, so it
can be computed again when the chains have grown.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from privacy.evidence import consents, limits, people, reconciliation, regimes
from privacy.evidence.commitments import canonical_digest
from privacy.evidence.duties import differences_of_duties
from privacy.evidence.told import AT_ONCE, Told, tuples
from privacy.evidence.trees import Tree
from privacy.models import AuditEntry, AuditHead, Case

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
    def data(self) -> dict[str, Any]: ...
    @property
    def previous(self) -> str: ...


def digest_of(entry: Linked) -> str:
    """SHA-256 over the canonical JSON of the entry and its predecessor's digest."""
    body = {
        "chain": str(entry.chain),
        "n": entry.n,
        "event": entry.event,
        "actor": entry.actor_id,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "data": entry.data,
        "previous": entry.previous,
    }
    return canonical_digest(body)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a chain, or with a row that it tells of, in words for people. `chain` is the id of what is
    named by `about`; it has as many faults as places that are wrong."""

    chain: UUID
    text: str
    about: str = "Chain"


@dataclass
class Trail:
    """What a walk found. `roots` is {entry id: (root over the chains as they stood then, how many these were)} of those
    asked for; `older` counts the requests that were opened before entries committed to rows."""

    chains: int = 0
    entries: int = 0
    older: int = 0
    faults: list[Fault] = field(default_factory=list)
    roots: dict[int, tuple[str, int]] = field(default_factory=dict)


@dataclass
class _Chain:
    """A chain while it is walked: where it stands, and where it stood at each of the ids that roots are for, the
    earliest first."""

    chain: UUID
    n: int = 0
    digest: str = GENESIS
    marks: Sequence[int] = ()
    rooted: list[tuple[int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    told: Told = field(default_factory=Told)

    def follow(self, entry: AuditEntry) -> None:
        while len(self.rooted) < len(self.marks) and entry.id > self.marks[len(self.rooted)]:
            self.rooted.append((self.n, self.digest))
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

    def end_at(self, head: tuple[int, str]) -> None:
        n, digest = head
        self.rooted += [(self.n, self.digest)] * (len(self.marks) - len(self.rooted))
        if head == NO_HEAD:
            self.faults.append("its head is missing")
        elif n > self.n:
            self.faults.append(f"entries {self.n + 1} to {n} are missing at its end" if self.n else "has no entries")
        elif n < self.n:
            self.faults.append(f"entries {n + 1} to {self.n} were added past its head")
        elif digest != self.digest:
            self.faults.append("its head is not what was written")


def walk(*, since: datetime | None = None, marks: Collection[int] = ()) -> Trail:
    """Follows every chain, or those with an entry since a moment, holds the rows against them, and computes the roots
    as of the entries of these ids."""
    trail, sound = Trail(), {}
    at = sorted(set(marks))
    trees = [Tree() for _ in at]
    heads = _heads(since)
    waiting = next(heads, None)
    for chain in _chains(since, at):
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
        for tree, (n, digest) in zip(trees, chain.rooted, strict=True):
            if n:
                tree.add(f"{chain.chain}:{n}:{digest}".encode())
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
    trail.roots = {mark: (tree.root(), tree.size) for mark, tree in zip(at, trees, strict=True)}
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
    chain.follow(entry)
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
        chain.follow(entry)
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


def _chains(since: datetime | None, marks: Sequence[int]) -> Iterator[_Chain]:
    """The chains that have entries, in order, each followed to its last entry."""
    chain = None
    for entry in _entries(since):
        if chain is None or entry.chain != chain.chain:
            if chain:
                yield chain
            chain = _Chain(entry.chain, marks=marks)
        chain.follow(entry)
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
