"""Reading the files of a studio, and counting what became of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid5

from privacy.fulfilment.intake import Arrival, Outcome
from privacy.fulfilment.reading import Unreadable, decoded

# Rows of a file get a primary key made of where they stand, so that a second run finds those of the first.
NAMESPACE = UUID("8d0c7a52-52f5-4ad6-9d10-2b1f0a9f6b34")


MAX_BYTES = 100 * 1024**2  # of one file
MAX_ROWS = 1_000_000  # of one table


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
            tally.outcomes[arrival.outcome] += 1
            if arrival.reason:
                tally.reasons[arrival.reason] += 1
        return tally

    @property
    def left_out(self) -> int:
        return self.outcomes[Outcome.SKIPPED] + self.outcomes[Outcome.REFUSED]


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
