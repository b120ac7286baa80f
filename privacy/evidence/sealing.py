"""Seals what a processor calls the person, so that a step can name it after our tables have forgotten it."""

import base64
import json
from functools import lru_cache

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(references: dict[str, list[str]]) -> str:
    return _cipher(settings.LEDGER_KEY).encrypt(json.dumps(references).encode()).decode()


def unseal(sealed: str) -> dict[str, list[str]]:
    """The references, or none for an empty text. Raises cryptography's InvalidToken under another key."""
    return json.loads(_cipher(settings.LEDGER_KEY).decrypt(sealed.encode())) if sealed else {}


@lru_cache(maxsize=1)
def _cipher(ledger_key: str) -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"kosenai step references").derive(ledger_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))
