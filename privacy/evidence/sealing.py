"""Seals what a processor calls the person, so that a step can name it after our tables have forgotten it."""

import base64
import json
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
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


def is_current(sealed: str) -> bool:
    """Whether it was sealed with the current key; so is nothing at all."""
    return not sealed or sealed.rpartition(":")[0] == keys.current(Purpose.SEALING).id


def _sealed(references: dict[str, list[str]], key: keys.Key) -> str:
    return _cipher(key.secret).encrypt(json.dumps(references).encode()).decode()


@lru_cache(maxsize=8)
def _cipher(secret: str) -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"kosenai step references").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
