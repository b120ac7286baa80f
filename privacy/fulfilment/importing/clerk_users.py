"""Clerk's users as Clerk hands them out (the dashboard's CSV, the API's and the CLI's JSON) or takes them in (Auth.js):
which of their columns become what here. Every door reads this one table.

An unverified address is nobody's word but the typist's and names no person, unless it is the primary one, under which
Clerk itself knows the account.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from privacy.fulfilment.importing.reading import MAX_ROWS, Table, json_value, listed, table_of_objects
from privacy.fulfilment.importing.subjects import Person
from privacy.models import Identifier

ID = ("id", "userId")
NAMES = (("first_name", "firstName"), ("last_name", "lastName"))
PRIMARY_EMAIL = ("primary_email_address", "email")
MORE_EMAILS = ("verified_email_addresses", "email_addresses")
PRIMARY_EMAIL_ID = "primary_email_address_id"
TAKEN = {*ID, *NAMES[0], *NAMES[1], *PRIMARY_EMAIL, *MORE_EMAILS, PRIMARY_EMAIL_ID}
# Columns that no table of ours has: by them a file is known as Clerk's.
SIGNS = {"userId", *NAMES[0], *NAMES[1], "primary_email_address", *MORE_EMAILS}
SEPARATORS = re.compile(r"[\s,;|]+")


def is_clerks(columns: Iterable[str]) -> bool:
    return not SIGNS.isdisjoint(columns)


def passed_over(columns: Iterable[str]) -> list[str]:
    """The columns of which nothing is stored: passwords, telephone numbers, metadata, pictures."""
    return [column for column in columns if column not in TAKEN]


def person_of(user: Mapping[str, object]) -> Person:
    """A user as a person: Clerk id, name, the primary e-mail address and then the verified ones."""
    clerk_id = clerk_id_of(user)
    pairs = [(Identifier.Kind.CLERK, clerk_id)] if clerk_id else []
    pairs += [(Identifier.Kind.EMAIL, email) for email in emails_of(user)]
    return Person(full_name=name_of(user) or None, identifiers=tuple(pairs))


def clerk_id_of(user: Mapping[str, object]) -> str:
    return _text(user, ID)


def name_of(user: Mapping[str, object]) -> str:
    return " ".join(filter(None, (_text(user, columns) for columns in NAMES)))


def emails_of(user: Mapping[str, object]) -> list[str]:
    """The addresses, the primary one first."""
    listed = [found for column in MORE_EMAILS for found in _addresses(user.get(column), user.get(PRIMARY_EMAIL_ID))]
    leading = [address for address, is_primary in listed if is_primary]
    return list(dict.fromkeys(filter(None, [_text(user, PRIMARY_EMAIL), *leading, *(a for a, _ in listed)])))


def table_of_json(text: str, most_rows: int = MAX_ROWS) -> Table:
    """A JSON file of users, whose cells may be lists and objects; any other as reading.table_of_objects has it. Raises
    Unreadable."""
    users, page = listed(json_value(text), most_rows)
    columns = list(dict.fromkeys(column for user in users for column in user))
    if not is_clerks(columns):
        return table_of_objects(users).noted(page)
    return Table(columns, [{column: user.get(column) for column in columns} for user in users]).noted(page)


def _addresses(cell: object, primary_id: object) -> Iterator[tuple[str, bool]]:
    """(address, whether it is the primary one) of a CSV's cell, a list of texts, or the API's list of objects."""
    for item in SEPARATORS.split(cell) if isinstance(cell, str) else cell if isinstance(cell, list) else ():
        if isinstance(item, Mapping):
            is_primary = bool(primary_id) and item.get("id") == primary_id
            verification = item.get("verification")
            is_verified = isinstance(verification, Mapping) and verification.get("status") == "verified"
            if (is_primary or is_verified) and isinstance(item.get("email_address"), str):
                yield item["email_address"], is_primary
        elif isinstance(item, str):
            yield item, False


def _text(user: Mapping[str, object], columns: Iterable[str]) -> str:
    """The first of these columns that says something."""
    values = (user.get(column) for column in columns)
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")
