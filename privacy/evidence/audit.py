"""The audit trail: a SHA-256 chain a request, appended in the transaction of the effect it tells of."""

import json
from collections.abc import Sequence, Set
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from privacy.evidence.chains import GENESIS, digest_of
from privacy.evidence.commitments import pseudonym
from privacy.evidence.events import Event
from privacy.models import AuditEntry, AuditHead, Staff, sets


class Link(NamedTuple):
    """An entry before it is a row: hundreds are written at once, and instances would cost more than the writing."""

    chain: UUID
    n: int
    event: str
    actor_id: int | None
    at: datetime
    data: dict[str, Any]
    previous: str
    digest: str


def append(chain: UUID, event: Event, *, actor: Staff | None, **data: Any) -> AuditEntry:
    """Adds a link to `chain`. `data` holds counts, ids and rule names; never a person's value.

    Raises TransactionManagementError outside a transaction: an effect and its evidence stand or fall together.
    """
    [(pk, link)] = _append([(chain, event, data)], actor)
    return AuditEntry(id=pk, **link._asdict())


def append_many(links: Sequence[tuple[UUID, dict[str, Any]]], event: Event, *, actor: Staff | None) -> list[Link]:
    """Adds one link for the same event to each of many chains."""
    return append_links([(chain, event, data) for chain, data in links], actor=actor)


def append_links(links: Sequence[tuple[UUID, Event, dict[str, Any]]], *, actor: Staff | None) -> list[Link]:
    """Adds links (chain, event, data), in their order, with the same few queries for many as for one."""
    return [link for _, link in _append(links, actor)]


def _append(links: Sequence[tuple[UUID, Event, dict[str, Any]]], actor: Staff | None) -> list[tuple[int, Link]]:
    """[(primary key, link)]."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Audit entries are appended in the effect's transaction.")
    if not links:
        return []
    heads = _lock_heads({chain for chain, _, _ in links})
    now = datetime.now(UTC)
    added = []
    for chain, event, data in links:
        n, previous = heads[chain]
        link = _link(chain, n + 1, event, actor, now, data, previous)
        heads[chain] = (link.n, link.digest)
        added.append(link)
    keys = sets.insert(AuditEntry, dict(zip(Link._fields, zip(*added, strict=True), strict=True)))
    numbers, digests = zip(*heads.values(), strict=True)
    sets.rewrite(AuditHead, list(heads), {"n": numbers, "digest": digests})
    return list(zip(keys, added, strict=True))


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
    plain = json.loads(json.dumps(data, default=str))
    link = Link(chain, n, event, actor.pk if actor else None, at, plain, previous, digest="")
    return link._replace(digest=digest_of(link))
