"""The users of a studio, as Auth.js exports them for Clerk. Their password hashes are not even looked at."""

from pathlib import Path

from kosenai_ops.studio.sources import MAX_ROWS, SourceError, Tally, name_of, text_of
from privacy.fulfilment import intake
from privacy.fulfilment.intake import Arrival, Person
from privacy.fulfilment.reading import Unreadable, json_table
from privacy.models import Identifier

FILE = Path("clerk-user-import") / "authjs.json"
COLUMNS = ("userId", "email", "firstName", "lastName")


def read(folder: Path) -> list[Person]:
    """The people of the file, in its order. Raises SourceError."""
    file = folder / FILE
    try:
        table = json_table(text_of(file), MAX_ROWS)
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error
    if missing := [column for column in COLUMNS if column not in table.columns]:
        raise SourceError(f"{name_of(file)}: no row has {', '.join(missing)}.")
    return [person_of(row, f"{name_of(file)}, row {number}") for number, row in enumerate(table.rows, start=1)]


def person_of(row: dict, where: str) -> Person:
    if not isinstance(row["userId"], str) or not row["userId"].strip():
        raise SourceError(f"{where}: userId is empty or not a text.")
    names = [row[column] for column in ("firstName", "lastName") if row[column]]
    if not all(isinstance(value, str) for value in [*names, row["email"] or ""]):
        raise SourceError(f"{where}: a name or the e-mail address is not a text.")
    email = ((Identifier.Kind.EMAIL, row["email"]),) if row["email"] else ()
    return Person(full_name=" ".join(names), identifiers=((Identifier.Kind.CLERK, row["userId"]), *email))


def write(people: list[Person]) -> tuple[list[Arrival], Tally]:
    arrivals = intake.bring_in(people=people, actor=None)
    return arrivals, Tally.of(str(FILE), "people", arrivals)
