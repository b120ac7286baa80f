"""The audit trail as staff look at it: one chain, its soundness, and when all of them were last verified."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from privacy.evidence.chains import GENESIS, digest_of
from privacy.models import AuditEntry, AuditHead, Heartbeat

CHECKED_AT_MOST = 1_000  # entries verified while a page is made; a longer chain is the command's


@dataclass(frozen=True)
class Chain:
    """A verified chain: `fault` says what is wrong, and is empty when nothing is."""

    chain: UUID
    length: int
    fault: str


def chain_named(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def verify_chain(chain: UUID) -> Chain:
    """Reads the chain from its first link and compares digests, places and the head."""
    entries = list(AuditEntry.objects.filter(chain=chain).order_by("n")[: CHECKED_AT_MOST + 1])
    if len(entries) > CHECKED_AT_MOST:
        return Chain(chain, len(entries), f"longer than {CHECKED_AT_MOST:,} links: run manage.py verify_audit")
    previous = GENESIS
    for place, entry in enumerate(entries, start=1):
        if entry.n != place or entry.previous != previous or digest_of(entry) != entry.digest:
            return Chain(chain, len(entries), f"not intact from link {place}")
        previous = entry.digest
    head = AuditHead.objects.filter(pk=chain).values_list("n", "digest").first()
    if entries and head != (len(entries), previous):
        return Chain(chain, len(entries), "not intact: links are missing at its end")
    return Chain(chain, len(entries), "")


def follows_its_predecessor(entry: AuditEntry) -> bool:
    if entry.n == 1:
        return entry.previous == GENESIS
    before = AuditEntry.objects.filter(chain=entry.chain, n=entry.n - 1).values_list("digest", flat=True).first()
    return before == entry.previous


EVENT_NAMES = """
    WITH RECURSIVE found(event) AS (
        SELECT MIN(event) FROM privacy_auditentry
        UNION ALL
        SELECT (SELECT MIN(event) FROM privacy_auditentry WHERE event > found.event) FROM found WHERE event IS NOT NULL
    )
    SELECT event FROM found WHERE event IS NOT NULL
"""


def event_names() -> list[str]:
    """The distinct events. Each step hops to the next name in the index: DISTINCT would read a million entries."""
    with connection.cursor() as cursor:
        cursor.execute(EVENT_NAMES)
        return [name for (name,) in cursor.fetchall()]


def last_verified() -> datetime | None:
    """When `verify_audit` last found the whole trail intact; None when it never ran."""
    return Heartbeat.objects.filter(name="verify_audit").values_list("at", flat=True).first()
