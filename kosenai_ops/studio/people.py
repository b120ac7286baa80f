"""The users of a studio, as Auth.js exports them for Clerk. Their password hashes are not even looked at."""

from collections.abc import Iterable
from pathlib import Path

from kosenai_ops.studio.sources import SourceError, Tally, User, Watch, json_rows, name_of, text_of, written
from privacy.fulfilment import intake
from privacy.fulfilment.intake import Person
from privacy.fulfilment.reading import Unreadable
from privacy.models import Identifier

FILE = Path("clerk-user-import") / "authjs.json"
COLUMNS = ("userId", "email", "firstName", "lastName")


def read(folder: Path) -> list[Person]:
    """The people of the file, in its order. Raises SourceError."""
    file = folder / FILE
    text = text_of(file)
    try:
        columns = {column for row in json_rows(text) for column in row}
        if missing := [column for column in COLUMNS if column not in columns]:
            raise SourceError(f"{name_of(file)}: no row has {', '.join(missing)}.")
        return [person_of(row, f"{name_of(file)}, row {number}") for number, row in enumerate(json_rows(text), start=1)]
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error


def person_of(row: dict, where: str) -> Person:
    user_id, address, *names = (row.get(column) or "" for column in COLUMNS)
    if not isinstance(user_id, str) or not user_id.strip():
        raise SourceError(f"{where}: userId is empty or not a text.")
    if not all(isinstance(value, str) for value in [*names, address]):
        raise SourceError(f"{where}: a name or the e-mail address is not a text.")
    email = ((Identifier.Kind.EMAIL, address),) if address else ()
    return Person(full_name=" ".join(filter(None, names)), identifiers=((Identifier.Kind.CLERK, user_id), *email))


def write(people: Iterable[Person], watch: Watch) -> tuple[list[User], Tally]:
    users, tally = [], Tally(str(FILE), "people")
    for arrival in written(people, lambda some: intake.bring_in(people=some, actor=None), watch):
        tally.add(arrival)
        users.append(User.of(arrival))
    return users, tally
