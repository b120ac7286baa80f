"""Documents that prove who asks: taken by what is in them and not by their name, kept encrypted by a key of their own,
and gone with the decision.

Nothing of them is opened here: no picture is drawn and no stream unpacked, so what unpacks to a thousand times its size
is no more than its bytes. Staff get the bytes as an attachment that no browser runs (privacy.admin).
"""

import io
import struct
import time
import zipfile
from collections.abc import Collection
from enum import StrEnum
from functools import partial
from pathlib import Path
from uuid import UUID

from cryptography.fernet import Fernet
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models.functions import Now

from privacy.evidence import sealing
from privacy.models import IdentityCheck, IdentityProof, Staff

MOST_BYTES = 10 * 1024**2
MOST_PIXELS = 100_000_000
MOST_OF_A_CHECK = 5
TYPES = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/heic": "heic"}
TAIL = 1024  # bytes in which a PDF's end stands (ISO 32000-1, annex H, note 18)
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
FOREIGN = (b"<script", b"<html", b"<svg", b"<!doctype", b"<?php")  # of another kind of file, at its head
ACTIVE = (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia")
ORPHAN_SECONDS = 3600


class Refused(StrEnum):
    """Why a file is not taken; the values are sentences for whoever sent it, and have translations."""

    EMPTY = "The file is empty."
    LARGE = "The file is larger than 10 MB. Make a smaller picture, or a PDF of lower quality."
    TYPE = "This is no PDF, JPEG, PNG or HEIC. Take a photo, or save it as a PDF."
    BROKEN = "The file is not complete. Save it anew, and send it once more."
    MORE = "There is something else in the file besides the picture or the pages. Take a photo, or print it into a PDF."
    MANY = "Five documents are waiting already. We look at them first."


class NotTaken(ValueError):
    """A file that is not kept, with why."""

    def __init__(self, refused: Refused):
        super().__init__(refused.value)
        self.refused = refused


def checked(file: "File[bytes]") -> tuple[bytes, str]:
    """(what is in it, its type) of a file that somebody sends. Raises NotTaken."""
    if (file.size or 0) > MOST_BYTES:
        raise NotTaken(Refused.LARGE)
    file.seek(0)
    data: bytes = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise NotTaken(Refused.LARGE)
    if not data:
        raise NotTaken(Refused.EMPTY)
    media_type = type_of(data)
    if not _is_whole(data, media_type):
        raise NotTaken(Refused.BROKEN)
    if _is_more(data, media_type):
        raise NotTaken(Refused.MORE)
    return data, media_type


def type_of(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[4:8] == b"ftyp" and data[8:12] in HEIC:
        return "image/heic"
    raise NotTaken(Refused.TYPE)


def _is_whole(data: bytes, media_type: str) -> bool:
    match media_type:
        case "application/pdf":
            return b"%%EOF" in data[-TAIL:]
        case "image/jpeg":
            return b"\xff\xd9" in data[2:]
        case "image/png":
            return data[12:16] == b"IHDR" and b"IEND\xaeB`\x82" in data
        case _:
            return b"meta" in data[:4096]


def _is_more(data: bytes, media_type: str) -> bool:
    """Whether it is another file as well (an archive, a page that a browser would run), does something when it is
    opened, or is drawn larger than any camera's picture. Of a PDF only what is not compressed is seen."""
    head = data[:TAIL].lower()
    if any(mark in head for mark in FOREIGN) or zipfile.is_zipfile(io.BytesIO(data)):
        return True
    match media_type:
        case "application/pdf":
            return any(mark in data for mark in ACTIVE)
        case "image/jpeg":
            return not data.rstrip(b"\0").endswith(b"\xff\xd9")
        case "image/png":
            width, height = struct.unpack(">II", data[16:24])
            return width * height > MOST_PIXELS or not data.endswith(b"IEND\xaeB`\x82")
        case _:
            return False


def keep(check: IdentityCheck, data: bytes, media_type: str, by: Staff | None) -> IdentityProof:
    """Encrypts and stores it, in the caller's transaction, which holds the case's lock. What is stored by a transaction
    that comes to nothing has no key and no row; `sweep` deletes it."""
    if check.proofs.filter(purged_at=None).count() >= MOST_OF_A_CHECK:
        raise NotTaken(Refused.MANY)
    key = Fernet.generate_key()
    proof = IdentityProof(identity_check=check, media_type=media_type, size=len(data), handed_in_by=by)
    proof.sealed_key = sealing.seal({"key": [key.decode()]})
    proof.file.save(str(proof.id), ContentFile(Fernet(key).encrypt(data)), save=False)
    proof.save(force_insert=True)
    return proof


def read(proof: IdentityProof) -> bytes:
    """Raises OSError where the file is gone, and MissingKey."""
    key = sealing.unseal(proof.sealed_key)["key"][0]
    with proof.file.storage.open(proof.file.name) as file:
        return Fernet(key).decrypt(file.read())


def purge(check_ids: Collection[UUID]) -> int:
    """Makes the documents of these checks unreadable, in the transaction that decides; the files go when it holds. A
    worker that dies in between leaves bytes that nobody can read, and `sweep` deletes them. Returns how many."""
    there = IdentityProof.objects.filter(identity_check__in=check_ids, purged_at=None)
    ids = list(there.values_list("pk", flat=True))
    if ids:
        IdentityProof.objects.filter(pk__in=ids).update(sealed_key="", purged_at=Now())
        transaction.on_commit(partial(delete_files, ids))
    return len(ids)


def delete_files(proof_ids: Collection[UUID] | None = None) -> int:
    """Deletes the files of what was purged: the file before its row says so."""
    purged = IdentityProof.objects.filter(purged_at__isnull=False).exclude(file="")
    done = 0
    for proof in purged if proof_ids is None else purged.filter(pk__in=proof_ids):
        try:
            proof.file.storage.delete(proof.file.name)
        except OSError:  # the next sweep tries again
            continue
        done += IdentityProof.objects.filter(pk=proof.pk).update(file="")
    return done


def sweep() -> int:
    """Deletes what was purged and still lies there, and what no row names. Returns how many files."""
    storage: Storage = IdentityProof._meta.get_field("file").storage
    root = Path(storage.path("proofs"))
    long_ago = time.time() - ORPHAN_SECONDS
    old = {f"proofs/{file.parent.name}/{file.name}": file for file in root.glob("*/*") if _written_at(file) < long_ago}
    known = set(IdentityProof.objects.filter(file__in=old).values_list("file", flat=True))
    orphans = [file for name, file in old.items() if name not in known]
    for file in orphans:
        file.unlink(missing_ok=True)
    return delete_files() + len(orphans)


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
