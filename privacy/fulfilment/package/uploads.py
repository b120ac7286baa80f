"""The person's files, byte for byte. One that is gone or unreadable becomes a gap that is told, not a failure."""

import errno
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.fulfilment.package import blocks
from privacy.fulfilment.package.archive import Archive
from privacy.fulfilment.package.tables import Table

MOST_BYTES = 150  # of a file name; file systems take 255, and unpacking programs add to it
MOST_BYTES_OF_SUFFIX = 20
# Windows, Naming Files, Paths, and Namespaces: devices, whatever stands behind the first dot.
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{device}{n}" for device in ("COM", "LPT") for n in "0123456789¹²³")}
TOO_MANY_OPEN = (errno.EMFILE, errno.ENFILE)


@dataclass(frozen=True)
class Gap:
    """Something of the person's that the package does not hold. `kind` is "file", "field" or "processor"."""

    kind: str
    what: str
    reason: str


@dataclass(frozen=True)
class StoredFile:
    """A file of a row: where it is stored, and what the person called it."""

    field: models.FileField
    row: str
    stored: str
    name: str


class Unread(Exception):
    """The text says why the file cannot be read, in words for the person it belongs to."""


def write(
    archive: Archive, reader: BaseDatabaseWrapper, tables: Sequence[Table], tick: Callable[[], None]
) -> tuple[int, list[Gap]]:
    """Adds files/<row>/<name> of every file of these tables; returns (whole files written, gaps)."""
    written = 0
    gaps: list[Gap] = []
    taken: set[str] = set()
    for found in _stored_files(reader, tables):
        place = _free_place(f"files/{found.row}/{safe_name(found.name)}", taken)
        try:
            _copy(found, place, archive, tick)
        except Unread as fault:
            gaps.append(Gap("file", place, str(fault)))
        else:
            written += 1
    return written, gaps


def _copy(found: StoredFile, place: str, archive: Archive, tick: Callable[[], None]) -> None:
    """Raises Unread for a fault of the reading; one of the writing is the package's and goes its way."""
    with _open(found) as stored, archive.entry(place, _size(stored)) as entry:
        for data in _blocks(stored):
            entry.write(data)
            tick()


def safe_name(name: str) -> str:
    """A name that unpacks everywhere: letters, digits, marks, - _ and dots; no folder, not too long, and none that
    Windows reserves. A name of signs only is "file" with its own suffix."""
    plain = unicodedata.normalize("NFC", name).replace("/", "_").replace("\\", "_").strip().rstrip(". ")
    suffix = _kept(PurePosixPath(plain).suffix).rstrip(".")
    if len(suffix.encode()) > MOST_BYTES_OF_SUFFIX:
        suffix = ""
    stem = _kept(plain if not suffix else PurePosixPath(plain).stem).lstrip(".")
    stem = stem.encode()[: MOST_BYTES - len(suffix.encode())].decode(errors="ignore")
    reserved = "_" if stem.partition(".")[0].upper() in RESERVED else ""
    return f"{reserved}{stem or 'file'}{suffix}"


def _kept(text: str) -> str:
    return "".join(c for c in text.replace(" ", "_") if c in "-_." or unicodedata.category(c)[0] in "LMN")


def _free_place(place: str, taken: set[str]) -> str:
    """The place, or a numbered one beside it: a row may have two files of one name, and many disks know no case."""
    path, number = PurePosixPath(place), 1
    while place.casefold() in taken:
        number += 1
        place = str(path.with_stem(f"{path.stem}_{number}"))
    taken.add(place.casefold())
    return place


def _stored_files(reader: BaseDatabaseWrapper, tables: Sequence[Table]) -> Iterator[StoredFile]:
    for table in tables:
        for field in table.declaration.file_fields():
            if field.name in table.declaration.withheld:
                continue
            named = "name" if "name" in table.columns else field.name
            key = table.declaration.model._meta.pk
            with reader.chunked_cursor() as cursor:
                cursor.execute(
                    f'SELECT "{key.name}", "{field.name}", "{named}" FROM ({table.sql}) s WHERE "{field.name}" <> %s',
                    [*table.params, ""],
                )
                while handful := cursor.fetchmany(500):
                    for row, stored, name in handful:
                        yield StoredFile(field, str(key.to_python(row)), stored, name)


@contextmanager
def _open(found: StoredFile) -> "Iterator[File[bytes]]":
    try:
        stored = found.field.storage.open(found.stored)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise Unread("The file is no longer in our storage.") from None
    except (SuspiciousFileOperation, ValueError):
        raise Unread("The name under which it was stored is not one of ours.") from None
    except OSError as fault:
        if fault.errno in TOO_MANY_OPEN:  # the process's own trouble, which passes: the step is tried again
            raise
        raise Unread("Our storage does not hand the file out. Ask us, and we look for it.") from None
    with stored:
        yield stored


def _size(stored: "File[bytes]") -> int:
    try:
        return stored.size
    except OSError:
        return 0  # the reading itself says what is wrong


def _blocks(stored: "File[bytes]") -> Iterator[bytes]:
    read = 0
    try:
        while data := stored.read(blocks.SIZE):
            yield data
            read += len(data)
    except OSError:
        raise Unread(f"Our storage could read no more than its first {read:,} bytes, which are here.") from None
