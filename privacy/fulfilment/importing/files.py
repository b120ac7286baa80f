"""Files that wait between an import's preview and its confirmation.

They are full of people's data and may be left behind by a closed browser, so they are encrypted, open for an hour, and
swept. A confirmed one stays until its import is finished, at most a week. They lie in the default storage, where every
process finds them.
"""

import base64
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from privacy.models import ImportRun

FOLDER = "imports"
LIFE = timedelta(hours=1)
LIFE_CONFIRMED = timedelta(days=7)
NAME = re.compile(r"[0-9a-f]{32}")


class Gone(Exception):
    """There is no such file any more: imported already, older than an hour, or never there."""


def keep(data: bytes) -> str:
    """Keeps the file and returns its name, which nobody can guess."""
    sweep()
    name = uuid4().hex
    default_storage.save(f"{FOLDER}/{name}", ContentFile(_cipher().encrypt(data)))
    return name


def read(name: str, life: timedelta = LIFE) -> bytes:
    """The file as it was, if it is no older than `life`. Raises Gone."""
    if not NAME.fullmatch(name):
        raise Gone
    try:
        with default_storage.open(f"{FOLDER}/{name}") as file:
            return _cipher().decrypt(file.read(), ttl=int(life.total_seconds()))
    except (OSError, InvalidToken) as error:
        raise Gone from error


def discard(name: str) -> None:
    if NAME.fullmatch(name):
        default_storage.delete(f"{FOLDER}/{name}")


def sweep() -> int:
    """Deletes what was never confirmed, or is imported; returns how many files that were."""
    try:
        _, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    needed = set(ImportRun.objects.filter(finished_at=None).values_list("file", flat=True))
    old = [name for name in names if name not in needed and datetime.now(UTC) - _made(name) > LIFE]
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
