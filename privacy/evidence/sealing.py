"""Seals what a processor calls the person, so that a step can name it after our tables have forgotten it; and what
somebody has typed, so that a link can carry it to their mailbox and back while no table knows it."""

import base64
import json
import zlib
from datetime import timedelta
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privacy.evidence import keys
from privacy.evidence.keys import MissingKey, Purpose


def seal(references: dict[str, list[str]]) -> str:
    """`key id:token`; of the key from before ids, the token alone."""
    key = keys.current(Purpose.SEALING)
    return f"{key.id}:{_sealed(references, key)}".removeprefix(":")


def unseal(sealed: str) -> dict[str, list[str]]:
    """The references, or none for an empty text. Raises MissingKey, also for what another key of that id has made."""
    if not sealed:
        return {}
    key_id, _, token = sealed.rpartition(":")
    try:
        text = _cipher(keys.named(Purpose.SEALING, key_id).secret).decrypt(token.encode())
    except InvalidToken as error:
        raise MissingKey("What was sealed was sealed with another key of this id than ours.") from error
    opened: dict[str, list[str]] = json.loads(text)
    return opened


def seal_letter(letter: dict[str, Any], use: str) -> str:
    """`letter` as JSON, encrypted for a link that we send out and read again. Sealed for another `use`, it is none."""
    text = zlib.compress(json.dumps(letter, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    return _ciphers(use).encrypt(text).decode()


def unseal_letter(sealed: str, use: str, good_for: timedelta) -> dict[str, Any] | None:
    """None for what is older, or was not sealed by us for this use."""
    try:
        if base64.urlsafe_b64encode(base64.urlsafe_b64decode(sealed)).decode() != sealed:
            return None  # what stands behind the padding is not read, and so is not ours
        text = _ciphers(use).decrypt(sealed.encode(), ttl=int(good_for.total_seconds()))
        opened: dict[str, Any] = json.loads(zlib.decompress(text))
    except (InvalidToken, ValueError):
        return None
    return opened


def _ciphers(use: str) -> MultiFernet:
    return MultiFernet([_cipher(key.secret, use) for key in keys.ring(Purpose.SEALING)])


def is_current(sealed: str) -> bool:
    """Whether it was sealed with the current key; so is nothing at all."""
    return not sealed or sealed.rpartition(":")[0] == keys.current(Purpose.SEALING).id


def _sealed(references: dict[str, list[str]], key: keys.Key) -> str:
    return _cipher(key.secret).encrypt(json.dumps(references).encode()).decode()


@lru_cache(maxsize=32)
def _cipher(secret: str, use: str = "step references") -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=f"kosenai {use}".encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
