"""The receipt of what a person has consented to, for programs: in the spirit of ISO/IEC TS 27560, header and records.

{
  "schema": "kosenai-consent-receipt/1",
  "receipt_id": UUID, "issued_at": ISO 8601 with zone,
  "pii_principal": the person's id here, "pii_controller": {"name", "contact"},
  "records": [{
    "purpose": key of `Topic`, "purpose_text": in English, "channel": key or "",
    "data_uses": fideslang keys of what stops with it; ["*"] for everything,
    "state": "given" | "withdrawn",
    "withdrawal": how to take it back, in a sentence,
    "wording": {"text", "sha256" of it in UTF-8, "language" BCP 47, "version", "effective_from": day or null} or null
               where no wording is on record,
    "events": [{"record_id": UUID, "state", "at", "method", "recorded_by": "person" | "staff", "wording_sha256"}],
              from the first to the last,
    "stopped": [{"data_use", "since"}], limits in force that the withdrawal has placed
  }],
  "not_relied_on": [wordings as above, with "because"], for consents that the policy claims and nobody relies on,
  "sha256": of all of the above as JSON with sorted keys and no spaces
}
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from privacy.evidence import audit
from privacy.evidence.commitments import canonical_digest
from privacy.evidence.events import Event
from privacy.fulfilment.package.cover import CONTACT
from privacy.models import ConsentEvent, ConsentWording, Staff
from privacy.models.accounts import accounts_of
from privacy.roles import must_have
from privacy.selectors import consents
from privacy.selectors.consents import Consent

MAY = "privacy.export_datasubject"
SCHEMA = "kosenai-consent-receipt/1"
WITHDRAWAL = f"At any time, without a reason: in the studio, by the link in a letter of news, or to {CONTACT}."
NOT_RELIED_ON = "Whoever uses a service has not consented by that (GDPR art. 4(11)): transfers rest on safeguards."


def issue(subject_id: UUID, *, actor: Staff) -> dict[str, Any]:
    """A receipt as JSON, for a member of staff who may hand out people's data; the person's chain says that they got
    it. Raises PermissionDenied."""
    must_have(actor, MAY)
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "receipt_id": str(uuid4()),
        "issued_at": _moment(datetime.now(UTC)),
        "pii_principal": str(subject_id),
        "pii_controller": {"name": "Kosenai", "contact": CONTACT},
        "records": [_record(consent) for consent in consents.of(list(accounts_of([subject_id])))],
        "not_relied_on": [_wording(w) | {"because": NOT_RELIED_ON} for w in consents.relied_on_for_nothing()],
    }
    body["sha256"] = canonical_digest(body)
    with transaction.atomic():
        told = {"receipt": body["receipt_id"], "sha256": body["sha256"]}
        audit.append(audit.subject_chain(subject_id), Event.CONSENT_RECEIPT_ISSUED, actor=actor, **told)
    return body


def _record(consent: Consent) -> dict[str, Any]:
    return {
        "purpose": str(consent.topic),
        "purpose_text": str(consent.topic.label),
        "channel": consent.channel,
        "data_uses": [str(use) or "*" for use in consent.topic.purposes],
        "state": consent.last.state,
        "withdrawal": WITHDRAWAL,
        "wording": _wording(consent.wording) if consent.wording else None,
        "events": [_event(event) for event in consent.events],
        "stopped": [] if consent.is_given else [
            {"data_use": limit.purpose or "*", "since": _moment(limit.since)} for limit in consent.stopped
        ],
    }  # fmt: skip


def _event(event: ConsentEvent) -> dict[str, Any]:
    return {
        "record_id": str(event.pk), "state": event.state, "at": _moment(event.at), "method": event.method,
        "recorded_by": "staff" if event.recorded_by_id else "person",
        "wording_sha256": event.wording.sha256 if event.wording else None,
    }  # fmt: skip


def _wording(wording: ConsentWording) -> dict[str, Any]:
    return {
        "text": wording.text, "sha256": wording.sha256, "language": wording.language, "version": wording.version,
        "effective_from": wording.effective_from.isoformat() if wording.effective_from else None,
    }  # fmt: skip


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
