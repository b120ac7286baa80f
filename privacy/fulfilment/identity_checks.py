"""How a check of who asks begins and ends, each with its entry; with its end the documents are unreadable."""

import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from privacy.evidence import audit, verification
from privacy.evidence.events import Event
from privacy.fulfilment import proofs
from privacy.models import Case, CheckOutcome, IdentityCheck, Staff
from privacy.selectors.verification import open_checks


def begin(case: Case, way: str, asked_by: Staff | None, *, because: str = "", **columns: Any) -> IdentityCheck:
    """One more of the locked case; of each way one is open at a time, and a newer one replaces it."""
    end(list(open_checks(case=case, way=way)), CheckOutcome.REPLACED, None)
    salt = secrets.token_hex(16) if because else ""
    check = IdentityCheck.objects.create(case=case, way=way, asked_by=asked_by, because=because, salt=salt, **columns)
    audit.append(case.pk, Event.CHECK_ASKED, actor=asked_by, **verification.of_check(check))
    return check


def end(checks: Sequence[IdentityCheck], outcome: str, actor: Staff | None, *, because: str = "", **seen: str) -> None:
    """Ends these open ones, and purges their documents. `because` is what whoever decides says, `seen` what they saw:
    `document` or `letter`."""
    now = datetime.now(UTC)
    for check in checks:
        check.outcome, check.decided_by, check.decided_at, check.nonce = outcome, actor, now, ""
        if because:
            check.because, check.salt = because, secrets.token_hex(16)
        for name, value in seen.items():
            setattr(check, name, value)
        check.save(
            update_fields=["outcome", "decided_by", "decided_at", "nonce", "because", "salt", "document", "letter"]
        )
    proofs.purge([check.pk for check in checks])
    event = Event.CHECK_PROVED if outcome == CheckOutcome.PROVED else Event.CHECK_ENDED
    audit.append_many([(check.case_id, verification.of_end(check)) for check in checks], event, actor=actor)


def over(case_ids: Collection[UUID]) -> None:
    """Nobody has to prove anything any more of these locked cases, whatever was decided."""
    end(list(open_checks(case__in=case_ids).select_for_update()), CheckOutcome.OVER, None)
