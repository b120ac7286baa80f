"""The users of a studio, as Clerk or Auth.js exports them. Their password hashes are not even looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kosenai_ops.studio.sources import (
    MAX_ROWS,
    SourceError,
    Tally,
    User,
    Watch,
    json_objects,
    name_of,
    text_of,
    written,
)
from privacy.fulfilment import clerk_users, intake
from privacy.fulfilment.intake import Person
from privacy.fulfilment.reading import Unreadable, csv_table

FOLDER = Path("clerk-user-import")
FILES = ("authjs.json", "clerk.json", "clerk.csv", "users.json", "users.csv")


@dataclass(frozen=True)
class Users:
    """The people of the files, in their order; the files' names; the columns of which nothing is stored."""

    people: list[Person]
    source: str
    passed_over: list[str]


def read(folder: Path) -> Users:
    """The people of whichever of the files are there. Raises SourceError."""
    files = [folder / FOLDER / name for name in FILES if (folder / FOLDER / name).exists()]
    if not files:
        raise SourceError(f"{FOLDER / FILES[0]} is not there. Any of {', '.join(FILES)} will do.")
    people: list[Person] = []
    columns: set[str] = set()
    for file in files:
        found, named = people_of(file)
        people += found
        columns |= named
    source = ", ".join(str(FOLDER / file.name) for file in files)
    return Users(people, source, sorted(clerk_users.passed_over(columns)))


def people_of(file: Path) -> tuple[list[Person], set[str]]:
    """(the people of a file, its columns), a row after another: parsed all at once, a hundred thousand users took
    twelve times their file. Raises SourceError."""
    people, columns, nameless = [], set(), 0
    try:
        for number, user in enumerate(rows_of(file), start=1):
            columns |= user.keys()
            if not nameless and not clerk_users.clerk_id_of(user):
                nameless = number
            people.append(clerk_users.person_of(user))
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error
    if people and columns.isdisjoint(clerk_users.ID):
        raise SourceError(f"{name_of(file)}: no row has {' or '.join(clerk_users.ID)}.")
    if nameless:
        column = next(column for column in reversed(clerk_users.ID) if column in columns)
        raise SourceError(f"{name_of(file)}, row {nameless}: {column} is empty or not a text.")
    return people, columns


def rows_of(file: Path) -> Iterable[Mapping]:
    text = text_of(file)
    return csv_table(without_remarks(text), MAX_ROWS).rows if file.suffix == ".csv" else json_objects(text)


def without_remarks(text: str) -> str:
    """Clerk's sample begins with a line about its passwords."""
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        del lines[0]
    return "".join(lines)


def write(users: Users, watch: Watch) -> tuple[list[User], Tally]:
    arrived, tally = [], Tally(users.source, "people")
    for arrival in written(users.people, lambda some: intake.bring_in(people=some, actor=None), watch):
        tally.add(arrival)
        arrived.append(User.of(arrival))
    if users.passed_over:
        tally.reasons[f"Nothing is stored of {', '.join(users.passed_over)}."] = len(arrived)
    return arrived, tally
