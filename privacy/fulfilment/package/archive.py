"""The zip: written once, from front to back, each entry with its size and SHA-256."""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import BinaryIO, Protocol


class Sink(Protocol):
    def write(self, data: bytes) -> int: ...

    def flush(self) -> None: ...


class Entry:
    """A file of the zip while it is written."""

    def __init__(self, stream: BinaryIO):
        self._stream, self._digest, self.size = stream, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self.size += len(data)
        self._stream.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Archive:
    """A zip on a sink that cannot seek. `entries` is {name: {"bytes", "sha256"}} of what is written.

    A context manager; if its block fails the zip is left without its end.
    """

    def __init__(self, sink: Sink, at: datetime):
        self._sink: Sink | None = sink
        # It closes only a file that it has opened itself, so it needs no `close` of ours, whatever its types say.
        self._zip = zipfile.ZipFile(self, "w")  # type: ignore[call-overload]
        self._at = at.timetuple()[:6]
        self.entries: dict[str, dict[str, int | str]] = {}

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if fault is None:
            self._zip.close()
        # A ZipFile that was not closed closes itself when it is collected, and would write to a file that is gone.
        self._sink = None

    @contextmanager
    def entry(self, name: str, size: int = 0) -> Iterator[Entry]:
        """A new file of the zip. `size` in bytes, where it is known beforehand, decides about zip64.

        The sizes stand behind each file, because the sink cannot seek, and readers that go from front to back must
        know how wide those numbers are. Java's takes four bytes each up to 4 GiB whatever the header says; others
        (libarchive) take eight if the header has a zip64 field. So the header has one only if the file is that large.
        """
        info = zipfile.ZipInfo(name, self._at)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        # A million events take two thirds of the time of the default level, and a twelfth more room. The attribute
        # is public, as compress_level, from Python 3.13 only; a ZipInfo does not take the level of its ZipFile.
        info._compresslevel = 1  # type: ignore[attr-defined]
        info.file_size = size
        with self._zip.open(info, "w") as stream:
            entry = Entry(stream)
            yield entry
            # A table that grew beyond zipfile's limit of 2 GiB: right for the list at the end, by which all programs
            # but those that read from front to back go. zipfile would refuse it here, and the whole package with it.
            stream._zip64 = stream._zip64 or entry.size > 0.9 * zipfile.ZIP64_LIMIT
        self.entries[name] = {"bytes": entry.size, "sha256": entry.sha256}

    def add(self, name: str, text: str) -> None:
        with self.entry(name) as entry:
            entry.write(text.encode(errors="backslashreplace"))

    def write(self, data: bytes) -> int:
        """For the ZipFile, which takes this object for its file."""
        return self._sink.write(data) if self._sink else len(data)

    def flush(self) -> None:
        if self._sink:
            self._sink.flush()
