"""What an audit entry commits to without saying it: digests of rows, and salted ones of text about a person.

The salt stands beside the text and goes with it at the erasure: until then a change of the text is found, and
afterwards nothing can be guessed back from the digest.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import models

from privacy.datamap import Blank, registry
from privacy.evidence import keys
from privacy.evidence.keys import Purpose
from privacy.models import Case, Suppression

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_canonical_with_ids = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def canonical(body: object) -> str:
    """The JSON with sorted keys and no spaces; ids and days as text."""
    return _canonical_with_ids(body)


def canonical_digest(body: object) -> str:
    """SHA-256 of the canonical JSON; of such as needs nothing made a text."""
    return digest_of_text(_canonical(body))


def digest_of_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def pseudonym(subject_id: UUID | str) -> str:
    """How evidence names a person: a keyed hash, the same in every record, in none a key to a row."""
    return pseudonyms(subject_id)[0]


def pseudonyms(subject_id: UUID | str) -> list[str]:
    """How evidence has named a person under each of our keys, the current one first."""
    told = f"subject:{subject_id}".encode()
    return [
        hmac.new(key.secret.encode(), told, hashlib.sha256).hexdigest()[:32] for key in keys.ring(Purpose.PSEUDONYM)
    ]


def of_request(request: Case) -> dict[str, Any]:
    """What the entry that opens a request says of its row: the state, how it was verified who
    asks, what never changes, and the reason."""
    return {
        "state": request.state,
        "verification": request.verification,
        "row": of_row(request, fixed_columns(type(request))),
        "reason": of_text(request.salt, request.reason),
    }


def of_row(row: models.Model, columns: Iterable[str]) -> dict[str, Any]:
    """The columns are named, so that the digest can be computed again when the table has got more."""
    columns = sorted(columns)
    return {"columns": columns, "sha256": canonical_digest([_plain(getattr(row, name)) for name in columns])}


def of_text(salt: str, text: str) -> str:
    return canonical_digest([salt, text])


def of_words(row: models.Model) -> dict[str, Any]:
    """What an entry says of something that staff have written or put to a case: its id, what of its row never changes,
    and the text, if it has one."""
    text = {"text": of_text(row.salt, row.text)} if hasattr(row, "salt") and hasattr(row, "text") else {}
    return {"words": str(row.pk), "row": of_row(row, fixed_columns(type(row)))} | text


def of_suppressions(entries: Iterable[Suppression]) -> dict[str, Any]:
    """Of what one erasure wrote into the ledger. Until 2026-11 an entry was no more than its kind and digest."""
    rows = sorted(
        (e.kind, e.digest, e.key_id, e.folded) if e.key_id or e.folded else (e.kind, e.digest) for e in entries
    )
    return {"rows": len(rows), "sha256": canonical_digest(rows)}


def of_suppressions_by_request(request_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """{request id: `of_suppressions`}, of each of these, also of one that wrote none."""
    written: dict[UUID, list[Suppression]] = {request_id: [] for request_id in request_ids}
    entries = Suppression.objects.filter(request__in=written)
    for entry in entries.only("request_id", "kind", "digest", "key_id", "folded"):
        written[entry.request_id].append(entry)
    return {request_id: of_suppressions(of_one) for request_id, of_one in written.items()}


def fixed_columns(model: type[models.Model]) -> list[str]:
    """The columns of evidence that never change, blanking included."""
    named, treatments = registry.evidence()[model].named(), {}
    if model in registry.declarations:
        treatments = registry.declarations[model].treatments()
    return [
        field.attname
        for field in model._meta.concrete_fields
        if field.name not in named and not isinstance(treatments.get(field.name), Blank)
    ]


def _plain(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return None if value is None else str(value)
