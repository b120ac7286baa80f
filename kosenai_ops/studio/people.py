"""The users of a studio, as Clerk or Auth.js exports them. Their password hashes are not even looked at."""

from dataclasses import dataclass
from pathlib import Path

from kosenai_ops.studio.sources import MAX_ROWS, SourceError, Tally, name_of, text_of
from privacy.fulfilment import clerk_users, intake
from privacy.fulfilment.intake import Arrival, Person
from privacy.fulfilment.reading import Table, Unreadable, csv_table

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
    tables = {file: table_of(file) for file in files}
    return Users(
        people=[person for file, table in tables.items() for person in people_of(table, file)],
        source=", ".join(str(FOLDER / file.name) for file in files),
        passed_over=sorted({c for table in tables.values() for c in clerk_users.passed_over(table.columns)}),
    )


def table_of(file: Path) -> Table:
    text = text_of(file)
    try:
        if file.suffix == ".csv":
            return csv_table(without_remarks(text), MAX_ROWS)
        return clerk_users.table_of_json(text, MAX_ROWS)
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error


def without_remarks(text: str) -> str:
    """Clerk's sample begins with a line about its passwords."""
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        del lines[0]
    return "".join(lines)


def people_of(table: Table, file: Path) -> list[Person]:
    if not any(column in table.columns for column in clerk_users.ID):
        raise SourceError(f"{name_of(file)}: no row has {' or '.join(clerk_users.ID)}.")
    for number, row in enumerate(table.rows, start=1):
        if not clerk_users.clerk_id_of(row):
            column = next(column for column in reversed(clerk_users.ID) if column in table.columns)
            raise SourceError(f"{name_of(file)}, row {number}: {column} is empty or not a text.")
    return [clerk_users.person_of(row) for row in table.rows]


def write(users: Users) -> tuple[list[Arrival], Tally]:
    arrivals = intake.bring_in(people=users.people, actor=None)
    tally = Tally.of(users.source, "people", arrivals)
    if users.passed_over:
        tally.reasons[f"Nothing is stored of {', '.join(users.passed_over)}."] = len(arrivals)
    return arrivals, tally
