"""The audit trail: a SHA-256 chain a request, appended in the transaction of the effect it tells of."""

import json
import re
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from privacy.evidence.chains import GENESIS, digest_of
from privacy.evidence.commitments import canonical, pseudonym
from privacy.evidence.events import Event
from privacy.models import AuditEntry, AuditHead, Staff, sets

# Of a key in canonical JSON: it was sorted as what it was.
PERHAPS_A_NUMBER = re.compile(r'[{,]"-?\d')


class Link(NamedTuple):
    """An entry before it is a row: hundreds are written at once, and instances would cost more than the writing."""

    chain: UUID
    n: int
    event: str
    actor_id: int | None
    at: datetime
    data: sets.Json
    previous: str
    digest: str


# (chain, event, data, who) of an entry still to be written.
Told = tuple[UUID, Event, dict[str, Any], Staff | None]
_gathered: ContextVar[list[Told] | None] = ContextVar("gathered", default=None)


def append(chain: UUID, event: Event, *, actor: Staff | None, **data: Any) -> None:
    """Adds a link to `chain`. `data` holds counts, ids and rule names; never a person's value.

    Raises TransactionManagementError outside a transaction: an effect and its evidence stand or fall together.
    """
    append_links([(chain, event, data)], actor=actor)


def append_many(links: Sequence[tuple[UUID, dict[str, Any]]], event: Event, *, actor: Staff | None) -> None:
    """Adds one link for the same event to each of many chains."""
    append_links([(chain, event, data) for chain, data in links], actor=actor)


def append_links(links: Sequence[tuple[UUID, Event, dict[str, Any]]], *, actor: Staff | None) -> None:
    """Adds links (chain, event, data), in their order, with the same few queries for many as for one."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Audit entries are appended in the effect's transaction.")
    told, gathered = [(chain, event, data, actor) for chain, event, data in links], _gathered.get()
    if gathered is None:
        _write(told)
    else:
        gathered += told


@contextmanager
def together() -> Iterator[None]:
    """What is appended within is written at the end, in the same transaction: of a set that is told of twice, each head
    is locked and moved once. An error that passes through it is one that rolls back."""
    if _gathered.get() is not None:
        yield
        return
    links: list[Told] = []
    before = _gathered.set(links)
    try:
        yield
    finally:
        _gathered.reset(before)
    _write(links)


def _write(links: Sequence[Told]) -> None:
    if not links:
        return
    heads = _lock_heads({chain for chain, *_ in links})
    now = datetime.now(UTC)
    added = []
    for chain, event, data, actor in links:
        n, previous = heads[chain]
        link = _link(chain, n + 1, event, actor, now, data, previous)
        heads[chain] = (link.n, link.digest)
        added.append(link)
    sets.insert(AuditEntry, dict(zip(Link._fields, zip(*added, strict=True), strict=True)))
    numbers, digests = zip(*heads.values(), strict=True)
    sets.rewrite(AuditHead, list(heads), {"n": numbers, "digest": digests})


def _lock_heads(chains: Set[UUID]) -> dict[UUID, tuple[int, str]]:
    """{chain: (n, digest of its last link)}, locked by id; a new chain gets its head."""
    heads = _locked(chains)
    if new := chains - heads.keys():
        AuditHead.objects.bulk_create([AuditHead(chain=c, n=0, digest=GENESIS) for c in new], ignore_conflicts=True)
        heads |= _locked(new)
    return heads


def _locked(chains: Set[UUID]) -> dict[UUID, tuple[int, str]]:
    found = AuditHead.objects.select_for_update().filter(chain__in=chains).order_by("chain")
    return {chain: (n, digest) for chain, n, digest in found.values_list("chain", "n", "digest")}


def subject_chain(subject_id: UUID) -> UUID:
    """The chain of what happens to a person outside a request, such as a reveal: a pseudonym, not the id."""
    return UUID(pseudonym(subject_id))


def _link(
    chain: UUID, n: int, event: Event, actor: Staff | None, at: datetime, data: dict[str, Any], previous: str
) -> Link:
    link = Link(chain, n, event, actor.pk if actor else None, at, _as_read(data), previous, digest="")
    return link._replace(digest=digest_of(link))


def _as_read(data: dict[str, Any]) -> sets.Json:
    """The canonical JSON of what will be read from the row: there all keys are text, and in the order of text."""
    try:
        text = canonical(data)
    except TypeError:  # keys of several types have no order
        text = ""
    if not text or PERHAPS_A_NUMBER.search(text):
        text = canonical(json.loads(json.dumps(data, default=str)))
    return sets.Json(text)
