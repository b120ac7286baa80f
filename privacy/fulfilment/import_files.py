"""Files that wait between an import's preview and its confirmation.

They are full of people's data and may be left behind by a closed browser, so they are encrypted, open for an hour, and
swept. They lie in the default storage, where every web process finds them.
"""

import base64
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

FOLDER = "imports"
LIFE = timedelta(hours=1)
NAME = re.compile(r"[0-9a-f]{32}")


class Gone(Exception):
    """There is no such file any more: imported already, older than an hour, or never there."""


def keep(data: bytes) -> str:
    """Keeps the file and returns its name, which nobody can guess."""
    sweep()
    name = uuid4().hex
    default_storage.save(f"{FOLDER}/{name}", ContentFile(_cipher().encrypt(data)))
    return name


def read(name: str) -> bytes:
    """The file as it was. Raises Gone."""
    if not NAME.fullmatch(name):
        raise Gone
    try:
        with default_storage.open(f"{FOLDER}/{name}") as file:
            return _cipher().decrypt(file.read(), ttl=int(LIFE.total_seconds()))
    except (OSError, InvalidToken) as error:
        raise Gone from error


def claim(name: str) -> None:
    """Lets a file be imported once, however often the button is pressed. Raises Gone the second time."""
    if not cache.add(f"{FOLDER}/{name}", True, LIFE.total_seconds()):
        raise Gone


def discard(name: str) -> None:
    if NAME.fullmatch(name):
        default_storage.delete(f"{FOLDER}/{name}")


def sweep() -> int:
    """Deletes what was never confirmed; returns how many files that were."""
    try:
        _, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    old = [name for name in names if datetime.now(UTC) - _made(name) > LIFE]
    for name in old:
        default_storage.delete(f"{FOLDER}/{name}")
    return len(old)


def _made(name: str) -> datetime:
    try:
        return default_storage.get_modified_time(f"{FOLDER}/{name}")
    except FileNotFoundError:  # another process has just swept it
        return datetime.now(UTC)


def _cipher() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"kosenai import files").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
