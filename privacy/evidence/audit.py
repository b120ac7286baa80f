"""The audit trail: a SHA-256 chain a request, appended in the transaction of the effect it tells of."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from privacy.evidence.chains import GENESIS, digest_of
from privacy.evidence.commitments import pseudonym
from privacy.evidence.events import Event
from privacy.models import AuditEntry, AuditHead, Staff


def append(chain: UUID, event: Event, *, actor: Staff | None, **data: Any) -> AuditEntry:
    """Adds a link to `chain`. `data` holds counts, ids and rule names; never a person's value.

    Raises TransactionManagementError outside a transaction: an effect and its evidence stand or fall together.
    """
    return append_many([(chain, data)], event, actor=actor)[0]


def append_many(links: Sequence[tuple[UUID, dict[str, Any]]], event: Event, *, actor: Staff | None) -> list[AuditEntry]:
    """Adds one link for the same event to each of many chains."""
    return append_links([(chain, event, data) for chain, data in links], actor=actor)


def append_links(links: Sequence[tuple[UUID, Event, dict[str, Any]]], *, actor: Staff | None) -> list[AuditEntry]:
    """Adds links (chain, event, data), in their order, with the same few queries for many as for one."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Audit entries are appended in the effect's transaction.")
    chains = {chain for chain, _, _ in links}
    heads = AuditHead.objects.select_for_update().order_by("chain").in_bulk(chains)
    if new := chains - heads.keys():
        AuditHead.objects.bulk_create([AuditHead(chain=c, n=0, digest=GENESIS) for c in new], ignore_conflicts=True)
        heads |= AuditHead.objects.select_for_update().order_by("chain").in_bulk(new)
    now = datetime.now(UTC)
    entries = [_link(heads[chain], event, actor, data, now) for chain, event, data in links]
    AuditEntry.objects.bulk_create(entries)
    AuditHead.objects.bulk_create(
        heads.values(), update_conflicts=True, unique_fields=["chain"], update_fields=["n", "digest"]
    )
    return entries


def subject_chain(subject_id: UUID) -> UUID:
    """The chain of what happens to a person outside a request, such as a reveal: a pseudonym, not the id."""
    return UUID(pseudonym(subject_id))


def _link(head: AuditHead, event: Event, actor: Staff | None, data: dict[str, Any], now: datetime) -> AuditEntry:
    plain = json.loads(json.dumps(data, default=str))
    entry = AuditEntry(
        chain=head.chain, n=head.n + 1, event=event, actor=actor, at=now, data=plain, previous=head.digest,
    )  # fmt: skip
    entry.digest = digest_of(entry)
    head.n, head.digest = entry.n, entry.digest
    return entry
