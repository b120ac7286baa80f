"""What staff write beside a case, and the files that they put to it."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO
from uuid import UUID

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction

from privacy.cases.states import must_have
from privacy.cases.work import lock
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence import audit, commitments
from privacy.evidence.events import Event
from privacy.models import Case, CaseComment, CaseFile, Staff

LONGEST = 5000  # characters
MOST_BYTES = 10 * 1024**2
# By the end of the name: the type, and how such a file begins; of text, which begins anyhow, that it is UTF-8.
TYPES = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".txt": ("text/plain", b""),
    ".eml": ("message/rfc822", b""),
}
TAKEN = "PDF, PNG, JPEG, plain text (.txt) or a saved e-mail (.eml)"


@dataclass(frozen=True)
class Opened:
    """A file for reading, in bytes."""

    file: BinaryIO
    name: str
    size: int


def comment(*, request_id: UUID, actor: Staff, text: str, file: "File[bytes] | None" = None) -> CaseComment:
    """Writes a comment on the case, open or closed, with a file if one is given. The person reads neither. Raises
    PermissionDenied, and ValueError in words for the screen."""
    data = checked(file) if file else b""
    with transaction.atomic():
        case, _ = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.ask)
        written = write(case, actor, text)
        if file:
            attach(written, file.name or "file", data, actor)
    return written


def write(case: Case, actor: Staff, text: str) -> CaseComment:
    """The comment's row and entry, in the caller's transaction, on a locked case. Raises ValueError."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise ValueError(f"Write something, in {LONGEST:,} characters at most.")
    written = CaseComment.objects.create(case=case, text=text, salt=secrets.token_hex(16), written_by=actor)
    audit.append(case.pk, Event.COMMENT_WRITTEN, actor=actor, **commitments.of_words(written))
    return written


def attach(written: CaseComment, name: str, data: bytes, actor: Staff) -> CaseFile:
    kept = CaseFile(
        comment=written, name=PurePath(name.replace("\\", "/")).name[:255], media_type=type_of(name)[0],
        size=len(data), sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    kept.file.save(kept.name, ContentFile(data), save=False)
    kept.save(force_insert=True)
    audit.append(written.case_id, Event.COMMENT_FILE, actor=actor, **commitments.of_words(kept))
    return kept


def open_file(*, request_id: UUID, file_id: UUID, actor: Staff) -> Opened:
    """A file of the case, for those who may work on it and see people. Raises NotAllowed and PermissionDenied."""
    found = CaseFile.objects.select_related("comment__case").filter(pk=file_id, comment__case=request_id).first()
    if found is None:
        raise NotAllowed("There is no such file.")
    must_have(actor, case_kinds[found.comment.case.kind].may.ask)
    try:
        return Opened(found.file.storage.open(found.file.name), found.name, found.size)
    except OSError as fault:
        raise NotAllowed("The file is gone from the storage.") from fault


def checked(file: "File[bytes]") -> bytes:
    """What is in it. Raises ValueError for one that is too large, or of a type that is not taken."""
    if (file.size or 0) > MOST_BYTES:
        raise ValueError(f"The file is larger than {MOST_BYTES // 1024**2} MiB.")
    media_type, beginning = type_of(file.name or "")
    data: bytes = file.read()
    if not data.startswith(beginning) or (not beginning and not is_text(data)):
        raise ValueError(f"The file is not what its name says. Taken are {TAKEN}.")
    return data


def type_of(name: str) -> tuple[str, bytes]:
    found = TYPES.get(PurePath(name).suffix.lower())
    if found is None:
        raise ValueError(f"Files of this type are not taken. Taken are {TAKEN}.")
    return found


def is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False
