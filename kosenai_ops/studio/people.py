"""The users of a studio, as Clerk or Auth.js exports them. Their password hashes are not even looked at."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import batched, islice
from pathlib import Path

from kosenai_ops.studio.sources import MAX_ROWS, Part, SourceError, Tally, User, json_objects, name_of, text_of
from privacy.fulfilment.importing import clerk_users, subjects
from privacy.fulfilment.importing.arrivals import CHUNK
from privacy.fulfilment.importing.reading import Unreadable, csv_table
from privacy.fulfilment.importing.subjects import Person

FOLDER = Path("clerk-user-import")
FILES = ("authjs.json", "clerk.json", "clerk.csv", "users.json", "users.csv")


def files(folder: Path) -> list[Path]:
    """Whichever of the files are there. Raises SourceError."""
    found = [folder / FOLDER / name for name in FILES if (folder / FOLDER / name).exists()]
    if not found:
        raise SourceError(f"{FOLDER / FILES[0]} is not there. Any of {', '.join(FILES)} will do.")
    return found


def source_of(folder: Path) -> str:
    return ", ".join(str(FOLDER / file.name) for file in files(folder))


def check(folder: Path) -> tuple[int, list[Tally]]:
    """(how many people there are, what is to be told of their files). Raises SourceError."""
    columns: set[str] = set()
    tally = Tally(source_of(folder), "people")
    users = sum(1 for _ in read(folder, columns))
    if not users:
        raise SourceError(f"{tally.source} has no users, and whatever comes in must be somebody's.")
    if passed_over := sorted(clerk_users.passed_over(columns)):
        tally.reasons[f"Nothing is stored of {', '.join(passed_over)}."] = users
    return users, [tally]


def read(folder: Path, columns: set[str]) -> Iterator[Person]:
    """The people of the files, in their order; notes the files' columns. Raises SourceError."""
    for file in files(folder):
        yield from people_of(file, columns)


def people_of(file: Path, columns: set[str]) -> Iterator[Person]:
    """The people of a file, a row after another: parsed all at once, a hundred thousand users took twelve times their
    file. Raises SourceError, of a fault in every row at the end."""
    known, nameless, number = set(), 0, 0
    try:
        for number, user in enumerate(rows_of(file), start=1):
            known |= user.keys()
            if not nameless and not clerk_users.clerk_id_of(user):
                nameless = number
            yield clerk_users.person_of(user)
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error
    columns |= known
    if number and known.isdisjoint(clerk_users.ID):
        raise SourceError(f"{name_of(file)}: no row has {' or '.join(clerk_users.ID)}.")
    if nameless:
        column = next(column for column in reversed(clerk_users.ID) if column in known)
        raise SourceError(f"{name_of(file)}, row {nameless}: {column} is empty or not a text.")


def rows_of(file: Path) -> Iterable[Mapping]:
    text = text_of(file)
    return csv_table(without_remarks(text), MAX_ROWS).rows if file.suffix == ".csv" else json_objects(text)


def without_remarks(text: str) -> str:
    """Clerk's sample begins with a line about its passwords."""
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        del lines[0]
    return "".join(lines)


def part(folder: Path, users: int) -> Part[Person]:
    source = source_of(folder)
    return Part(
        read(folder, set()),
        lambda some: [Tally.of(source, "people", subjects.bring_in(people=some, actor=None))],
    )


def arrived(folder: Path, numbers: Collection[int]) -> dict[int, User]:
    """{number: the person with this number in the files, as far as they are here now}. Only these are kept, and no more
    read than has them: few screenplays of very many users cost what few cost. Raises SourceError."""
    read_to = islice(enumerate(read(folder, set())), max(numbers, default=-1) + 1)
    wanted = ((number, person) for number, person in read_to if number in numbers)
    found: dict[int, User] = {}
    for some in batched(wanted, CHUNK):
        judged = subjects.judge_people(people=[person for _, person in some])
        found |= {number: User.of(arrival) for (number, _), arrival in zip(some, judged, strict=True)}
    return found
