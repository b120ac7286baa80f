"""Whether an identifier belongs to an erased person."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable

import idna
from django.conf import settings

from privacy.models import Identifier, Suppression


def digest(kind: str, value: str) -> str:
    """HMAC-SHA256 under LEDGER_KEY: an unkeyed hash of an e-mail could be guessed back (GDPR recital 26)."""
    return _digest(kind, Identifier.normalise(kind, value))


def is_suppressed(kind: str, value: str) -> bool:
    return Suppression.objects.filter(kind=kind, digest=digest(kind, value)).exists()


def suppressed(kind: str, values: Iterable[str]) -> set[str]:
    """Those of `values` that belong to erased people; one query for the lot."""
    by_digest = {digest(kind, value): value for value in values}
    found = Suppression.objects.filter(kind=kind, digest__in=by_digest).values_list("digest", flat=True)
    return {by_digest[d] for d in found}


def perhaps_suppressed(addresses: Iterable[str]) -> set[str]:
    """Those of these stored addresses that are an erased person's or a stranger's, and the ledger cannot tell whose.

    Until 2026-11 several mailboxes had one spelling, and a digest of that time does not say which of them was erased.
    An address in ASCII was its own spelling, so for one of those the ledger's word stands.
    """
    alike = {_digest(Identifier.Kind.EMAIL, old): a for a in addresses if (old := _folded(a)) != a}
    if not alike:
        return set()
    entries = Suppression.objects.filter(kind=Identifier.Kind.EMAIL, digest__in=alike, is_exact__isnull=True)
    return {alike[d] for d in entries.values_list("digest", flat=True)}


def _digest(kind: str, spelling: str) -> str:
    return hmac.new(settings.LEDGER_KEY.encode(), f"{kind}:{spelling}".encode(), hashlib.sha256).hexdigest()


def _folded(address: str) -> str:
    """The spelling that a stored address had until 2026-11 (NFKC, case-folded, the domain in IDNA 2003), or its own
    where it had none."""
    if address.isascii() and "xn--" not in address:
        return address
    local, _, domain = address.rpartition("@")
    labels = [_unicode_label(label) for label in domain.split(".")]
    local, _, domain = unicodedata.normalize("NFKC", f"{local}@{'.'.join(labels)}").casefold().rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _unicode_label(label: str) -> str:
    try:
        return idna.ulabel(label)
    except UnicodeError:
        return label
