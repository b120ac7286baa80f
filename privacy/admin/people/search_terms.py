"""Search terms are names and addresses. In a URL they would reach access logs, so there they are encrypted.

The alternative, a term kept in the session, would put it into the database, where an erasure would have to find it.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

LIFE_SECONDS = 3600


def seal(term: str) -> str:
    return _cipher().encrypt(term.encode()).decode()


def unseal(token: str) -> str:
    """The term. Raises InvalidToken for one that is older than an hour or not ours."""
    return _cipher().decrypt(token.encode(), ttl=LIFE_SECONDS).decode()


def readable(token: str) -> str:
    """The term for the search box; empty when there is none to show."""
    try:
        return unseal(token) if token else ""
    except InvalidToken:
        return ""


def _cipher() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"kosenai search terms").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
