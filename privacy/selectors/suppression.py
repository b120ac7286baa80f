"""Whether an identifier belongs to an erased person."""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Collection, Iterable

import idna
from django.db.models import QuerySet

from privacy.evidence import keys
from privacy.evidence.keys import Key, Purpose
from privacy.models import Identifier, Suppression
from privacy.models.addresses import folded_email

EMAIL = Identifier.Kind.EMAIL


def digest(kind: str, value: str, key: Key | None = None) -> str:
    """HMAC-SHA256 under a key of ours, the current one unless another is given: an unkeyed hash of an e-mail could be
    guessed back (GDPR recital 26)."""
    return _digest(key or keys.current(Purpose.LEDGER), kind, Identifier.normalise(kind, value))


def digest_of_fold(kind: str, value: str, key: Key | None = None) -> str:
    """The same of what a mail provider makes of the address; empty for another kind of identifier."""
    return _fold(key or keys.current(Purpose.LEDGER), kind, Identifier.normalise(kind, value))


def hashes(identifier: Identifier) -> dict[str, str]:
    """What the ledger keeps of it, by column, under the current key."""
    key, kind = keys.current(Purpose.LEDGER), identifier.kind
    value = Identifier.normalise(kind, identifier.value)
    return {"kind": kind, "key_id": key.id, "digest": _digest(key, kind, value), "folded": _fold(key, kind, value)}


def in_force() -> QuerySet[Suppression]:
    """What bars: entries that nobody has lifted."""
    return Suppression.objects.filter(lifted_at__isnull=True)


def entry_of(kind: str, value: str) -> Suppression | None:
    """What bars this identifier. Raises ValidationError for what can be none."""
    digests = [digest(kind, value, key) for key in keys.ring(Purpose.LEDGER)]
    return in_force().filter(kind=kind, digest__in=digests).first()


def suppressed(kind: str, values: Iterable[str]) -> set[str]:
    """Those of `values` that belong to erased people; one query a key for the lot."""
    values = list(values)
    return _met(values, "digest", lambda value, key: digest(kind, value, key), in_force().filter(kind=kind))


def barred(kind: str, stored: Collection[str]) -> set[str]:
    """The same of values as they are stored, which are spelled as the ledger spells them."""
    return _met(stored, "digest", lambda value, key: _digest(key, kind, value), in_force().filter(kind=kind))


def alike(addresses: Iterable[str]) -> set[str]:
    """Those of these stored addresses whose provider delivers them where it delivered an erased person's: perhaps the
    same person, and a member of staff is to ask. Those that are barred are among them."""
    return _met(list(addresses), "folded", lambda value, key: digest_of_fold(EMAIL, value, key), in_force())


def _met(
    values: Collection[str], column: str, make: Callable[[str, Key], str], entries: QuerySet[Suppression]
) -> set[str]:
    found: set[str] = set()
    for key in keys.ring(Purpose.LEDGER) if values else ():
        by_digest: dict[str, set[str]] = {}
        for value in values:
            by_digest.setdefault(make(value, key), set()).add(value)
        for met in entries.filter(**{f"{column}__in": by_digest}).values_list(column, flat=True):
            found |= by_digest[met]
    return found


def perhaps_suppressed(addresses: Iterable[str]) -> set[str]:
    """Those of these stored addresses that are an erased person's or a stranger's, and the ledger cannot tell whose.

    Until 2026-11 several mailboxes had one spelling, and a digest of that time does not say which of them was erased.
    An address in ASCII was its own spelling, so for one of those the ledger's word stands.
    """
    spelled = {address: old for address in addresses if (old := _folded(address)) != address}
    entries = in_force().filter(kind=EMAIL, is_exact__isnull=True)
    return _met(spelled.keys(), "digest", lambda address, key: _digest(key, EMAIL, spelled[address]), entries)


def _fold(key: Key, kind: str, spelling: str) -> str:
    return _digest(key, "email fold", folded_email(spelling)) if kind == EMAIL else ""


def _digest(key: Key, kind: str, spelling: str) -> str:
    return hmac.new(key.secret.encode(), f"{kind}:{spelling}".encode(), hashlib.sha256).hexdigest()


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
