"""Whether an identifier belongs to an erased person."""

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings

from privacy.models import Identifier, Suppression


def digest(kind: str, value: str) -> str:
    """HMAC-SHA256 under LEDGER_KEY: an unkeyed hash of an e-mail could be guessed back (GDPR recital 26)."""
    text = f"{kind}:{Identifier.normalise(kind, value)}"
    return hmac.new(settings.LEDGER_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_suppressed(kind: str, value: str) -> bool:
    return Suppression.objects.filter(kind=kind, digest=digest(kind, value)).exists()


def suppressed(kind: str, values: Iterable[str]) -> set[str]:
    """Those of `values` that belong to erased people; one query for the lot."""
    by_digest = {digest(kind, value): value for value in values}
    found = Suppression.objects.filter(kind=kind, digest__in=by_digest).values_list("digest", flat=True)
    return {by_digest[d] for d in found}


def pseudonym(subject_id) -> str:
    """How evidence names a person: a keyed hash, the same in every record, in none a key to a row."""
    return hmac.new(settings.LEDGER_KEY.encode(), f"subject:{subject_id}".encode(), hashlib.sha256).hexdigest()[:32]
