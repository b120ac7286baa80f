"""The person's files, byte for byte. One that is gone or unreadable becomes a gap that is told, not a failure."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from django.core.exceptions import SuspiciousFileOperation
from django.db import models
from django.utils.text import get_valid_filename

from privacy.fulfilment.package import blocks
from privacy.fulfilment.package.archive import Archive
from privacy.fulfilment.package.tables import Table

MOST_BYTES = 150  # of a file name; file systems take 255, and unpacking programs add to it


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


class Vanished(Exception):
    """The text says why the file cannot be read, in words for the person it belongs to."""


def write(archive: Archive, reader, tables: Sequence[Table], tick: Callable[[], None]) -> tuple[int, list[Gap]]:
    """Adds files/<row>/<name> of every file of these tables; returns (files written, gaps)."""
    written, gaps = 0, []
    for found in _stored_files(reader, tables):
        place = f"files/{found.row}/{safe_name(found.name)}"
        try:
            with _open(found) as stored, archive.entry(place) as entry:
                while data := stored.read(blocks.SIZE):
                    entry.write(data)
                    tick()
        except Vanished as fault:
            gaps.append(Gap("file", place, str(fault)))
        else:
            written += 1
    return written, gaps


def safe_name(name: str) -> str:
    """A name that unpacks everywhere: no folders, no control or direction characters, not too long."""
    try:
        safe = get_valid_filename(name.replace("/", "_").replace("\\", "_"))
    except SuspiciousFileOperation:
        return "file"
    suffix = PurePosixPath(safe).suffix
    if len(suffix.encode()) > 20:
        suffix = ""
    stem = safe.removesuffix(suffix).encode()[: MOST_BYTES - len(suffix.encode())].decode(errors="ignore")
    return stem.lstrip(".") + suffix or "file"


def _stored_files(reader, tables: Sequence[Table]) -> Iterator[StoredFile]:
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
def _open(found: StoredFile) -> Iterator[BinaryIO]:
    try:
        stored = found.field.storage.open(found.stored)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise Vanished("The file is no longer in our storage.") from None
    except (SuspiciousFileOperation, ValueError):
        raise Vanished("The name under which it was stored is not one of ours.") from None
    with stored:
        yield stored
