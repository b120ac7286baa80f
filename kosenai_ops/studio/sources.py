"""Reading the files of a studio, writing their rows in committed slices, and counting what became of them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid5

from privacy.fulfilment.intake import Arrival, Outcome
from privacy.fulfilment.reading import Unreadable, decoded, json_value, listed
from privacy.jobs.slices import in_slices

# Rows of a file get a primary key made of where they stand, so that a second run finds those of the first.
NAMESPACE = UUID("8d0c7a52-52f5-4ad6-9d10-2b1f0a9f6b34")
MAX_BYTES = 100 * 1024**2  # of one file
MAX_ROWS = 1_000_000  # of one table

type Watch = Callable[[int], None]  # is told of every slice how many rows it had


class SourceError(Exception):
    """The import cannot start; the text says which file, where in it, and what is wrong."""


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

    def add(self, arrival: Arrival) -> None:
        self.outcomes[arrival.outcome] += 1
        if arrival.reason:
            self.reasons[arrival.reason] += 1

    @property
    def left_out(self) -> int:
        return self.outcomes[Outcome.SKIPPED] + self.outcomes[Outcome.REFUSED]


@dataclass(frozen=True, slots=True)
class User:
    """A person that came in, or why not. As rows of the database a hundred thousand of them took 150 MiB."""

    id: UUID | None
    reason: str

    @classmethod
    def of(cls, arrival: Arrival) -> "User":
        return cls(arrival.row and arrival.row.pk, arrival.reason)

    def left_out(self) -> Arrival:
        """What becomes of a row that is theirs when they are not here."""
        return Arrival(Outcome.SKIPPED, reason=self.reason)


def written[Row](
    rows: Iterable[Row], verb: Callable[[Sequence[Row]], Sequence[Arrival]], watch: Watch
) -> Iterator[Arrival]:
    """Writes the rows by `verb`, a slice a transaction; an Arrival each, in order."""
    for arrivals in in_slices(rows, verb):
        watch(len(arrivals))
        yield from arrivals


def text_of(file: Path) -> str:
    """The file's text. Raises SourceError."""
    try:
        return decoded(bytes_of(file, MAX_BYTES))
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error


def bytes_of(file: Path, most: int) -> bytes:
    """The file, if it has no more bytes than that. Raises SourceError."""
    try:
        with file.open("rb") as stream:
            data = stream.read(most + 1)
    except FileNotFoundError as error:
        raise SourceError(f"{name_of(file)} is not there.") from error
    except OSError as error:
        raise SourceError(f"{name_of(file)} cannot be read: {error.strerror}.") from error
    if len(data) > most:
        raise SourceError(f"{name_of(file)} has more than {most >> 20} MB. Split it.")
    return data


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
