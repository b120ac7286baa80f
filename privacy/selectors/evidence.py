"""The audit trail as staff look at it: one chain, its soundness, and when all of them were last verified."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from privacy.evidence import chains
from privacy.models import AuditEntry, Heartbeat

CHECKED_AT_MOST = 1_000  # entries verified while a page is made; a longer chain is the command's


@dataclass(frozen=True)
class Chain:
    """A verified chain, and what is wrong with it."""

    chain: UUID
    length: int
    faults: Sequence[str]


def chain_named(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def verified(chain: UUID) -> Chain:
    length = AuditEntry.objects.filter(chain=chain)[: CHECKED_AT_MOST + 1].count()
    if length > CHECKED_AT_MOST:
        return Chain(chain, length, [f"longer than {CHECKED_AT_MOST:,} links: run manage.py verify_audit"])
    return Chain(chain, length, chains.faults_of_chain(chain))


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
