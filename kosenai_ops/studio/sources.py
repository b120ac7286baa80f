"""Reading the files of a studio, and counting what became of their rows."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid5

from privacy.fulfilment.importing.arrivals import Arrival, Outcome
from privacy.fulfilment.importing.reading import Unreadable, decoded, json_value, listed

# Rows of a file get a primary key made of where they stand, so that a second run finds those of the first.
NAMESPACE = UUID("8d0c7a52-52f5-4ad6-9d10-2b1f0a9f6b34")
MAX_BYTES = 100 * 1024**2  # of one file
MAX_ROWS = 1_000_000  # of one table
AWAY = "Its person is no longer here."


class SourceError(Exception):
    """The files cannot be imported; the text says which file, where in it, and what is wrong."""


@dataclass
class Tally:
    """A line of the table: what became of the rows of one file, and why some did not come in."""

    source: str
    what: str
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, source: str, what: str, arrivals: Iterable[Arrival]) -> "Tally":
        tally = cls(source, what)
        for arrival in arrivals:
            tally.add(arrival)
        return tally

    @classmethod
    def kept(cls, source: str, what: str, outcomes: Mapping[str, int], reasons: Mapping[str, int]) -> "Tally":
        """One of which `vars` was kept as JSON."""
        return cls(source, what, Counter(outcomes), Counter(reasons))

    def include(self, other: "Tally") -> None:
        self.outcomes += other.outcomes
        self.reasons += other.reasons

    def add(self, arrival: Arrival) -> None:
        self.outcomes[arrival.outcome] += 1
        if arrival.reason:
            self.reasons[arrival.reason] += 1

    @property
    def left_out(self) -> int:
        return self.outcomes[Outcome.SKIPPED] + self.outcomes[Outcome.REFUSED]

    @property
    def came_in(self) -> int:
        return self.outcomes.total() - self.left_out


@dataclass(frozen=True)
class Part[Row]:
    """A part of the files: its rows, in the same order at every reading, and what writes some of them in the caller's
    transaction and tells what became of them."""

    rows: Iterable[Row]
    write: Callable[[Sequence[Row]], Iterable[Tally]]


@dataclass(frozen=True, slots=True)
class User:
    """A person that came in, or why not. As rows of the database a hundred thousand of them took 150 MiB."""

    id: UUID | None
    reason: str

    @classmethod
    def of(cls, judged: Arrival) -> "User":
        """By what would become of the person now: one who would only now come in has gone since."""
        is_here = judged.outcome in (Outcome.UPDATED, Outcome.UNCHANGED)
        return cls(judged.row.pk if is_here else None, judged.reason or AWAY)

    def left_out(self) -> Arrival:
        """What becomes of a row that is theirs when they are not here."""
        return Arrival(Outcome.SKIPPED, reason=self.reason)


def text_of(file: Path) -> str:
    """The file's text. Raises SourceError."""
    try:
        return decoded(bytes_of(file, MAX_BYTES))
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error


def bytes_of(file: Path, most: int) -> bytes:
    """The file, if it has no more bytes than that. Raises SourceError."""
    with opened(file) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise SourceError(f"{name_of(file)} has more than {most >> 20} MB. Split it.")
    return data


def fingerprint(file: Path) -> str:
    """Its name with the digest of what is in it, or with why that cannot be read."""
    try:
        with opened(file) as stream:
            return f"{name_of(file)} {hashlib.file_digest(stream, 'sha256').hexdigest()}"
    except SourceError as error:
        return str(error)


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """Raises SourceError."""
    try:
        with file.open("rb") as stream:
            yield stream
    except FileNotFoundError as error:
        raise SourceError(f"{name_of(file)} is not there.") from error
    except OSError as error:
        raise SourceError(f"{name_of(file)} cannot be read: {error.strerror}.") from error


def json_objects(text: str) -> Iterator[dict]:
    """The objects of a JSON list one after another, or of a page of an API's list. Raises Unreadable."""
    if not OPENED.match(text):
        yield from listed(json_value(text), MAX_ROWS)[0]
        return
    try:
        yield from _parsed(text)
    except (ValueError, RecursionError):
        listed(json_value(text), MAX_ROWS)  # says in words what is wrong, and where
        raise


def _parsed(text: str) -> Iterator[dict]:
    decoder, at = json.JSONDecoder(parse_constant=_no_constant), OPENED.match(text)
    while at and at[1] in "[,":
        row, end = decoder.raw_decode(text, at.end())
        if not isinstance(row, dict):
            raise ValueError
        yield row
        at = BETWEEN.match(text, end)
    if not at or at.end() != len(text):
        raise ValueError


OPENED = re.compile(r"\s*(\[\s*\]|\[)\s*")  # an empty list is closed at once
BETWEEN = re.compile(r"\s*([,\]])\s*")


def _no_constant(name: str):
    raise ValueError(name)


def files_of(folder: Path, *suffixes: str) -> list[Path]:
    """The folder's files with these suffixes, by name. Raises SourceError when there are none."""
    if not folder.is_dir():
        raise SourceError(f"The folder {folder.name} is not there.")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in suffixes)
    if not files:
        raise SourceError(f"The folder {folder.name} has no file that ends in {' or '.join(suffixes)}.")
    return files


def name_of(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def key(*parts: object) -> UUID:
    return uuid5(NAMESPACE, "\n".join(str(part) for part in parts))
