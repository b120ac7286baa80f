"""Recipients without a call of their own: of whom each has got something is read from the data map."""

from collections.abc import Iterator, Sequence
from typing import ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from privacy.connectors.base import Call, Connector, connectors
from privacy.datamap import compiler, parts
from privacy.datamap.recipients import known_to_each
from privacy.datamap.scope import Scope, id_in
from privacy.jobs.outcomes import Outcome, Waiting
from privacy.models import Identifier
from privacy.models.accounts import scope_of

ROWS_NAMED = 100  # by a person, at most; the others they find by the day
References = dict[UUID, dict[str, list[str]]]


class Recipient(Connector):
    """A company that gets data and offers nothing to call. It is told by a person, who names the account's id, and the
    identifiers of the kinds `also_by` where it knows people by those."""

    also_by: ClassVar[tuple[str, ...]] = ()

    instructions = (
        "Ask them, in the way that the agreement with them says, to erase what they have under each id or address. "
        "They confirm with the number of a ticket or letter, which you attest here."
    )

    def references_of(self, subject_ids: Sequence[UUID]) -> References:
        """Those with a row in a declaration that names the recipient."""
        return known_to([self.key], Scope.many(subject_ids))[self.key] if subject_ids else {}

    def references_in(self, scope: Scope) -> dict[str, list[str]]:
        """The rows themselves: by the account's id it would erase more than is asked."""
        return {"row_id": ids} if (ids := list(self._rows_in(scope))) else {}

    def _rows_in(self, scope: Scope) -> Iterator[str]:
        for declared in compiler.all_declarations():
            if self.key in declared.recipients and declared.label() in (scope.only or {}):
                rows = parts.rows_in(declared, scope).order_by("pk").values_list("pk", flat=True)
                yield from map(str, rows[:ROWS_NAMED])

    def erase(self, call: Call) -> Outcome:
        return Waiting(f"{self.name} has no call for this: ask them to erase, then attest their answer here")


def references_of_all(subject_ids: Sequence[UUID], scope: Scope | None = None) -> dict[str, References]:
    """{processor: {person: its names for them}}, of those that it knows; with one query for all mere recipients.
    `scope`, if given, names the same people."""
    mere = [key for key, c in connectors.items() if type(c).references_of is Recipient.references_of]
    called = [key for key in connectors if key not in mere]
    if not subject_ids:
        return {key: {} for key in connectors}
    scope = scope or scope_of(subject_ids)
    accounts = list(scope.people or subject_ids)
    found = known_to(mere, scope) | {key: connectors[key].references_of(accounts) for key in called}
    return {key: _by_person(known, scope) for key, known in found.items()}


def _by_person(known: References, scope: Scope) -> References:
    """By all the accounts that a person has."""
    found: References = {}
    for account, names in known.items():
        for kind, values in names.items():
            if values:
                found.setdefault(scope.person(account), {}).setdefault(kind, []).extend(values)
    return found


def known_to(recipients: Sequence[str], scope: Scope) -> dict[str, References]:
    """{processor: {account: its names for it}}."""
    found: dict[str, References] = {key: {} for key in recipients}
    if recipients:
        with connection.cursor() as cursor:
            cursor.execute(*known_to_each(recipients, scope))
            for recipient, key in cursor.fetchall():
                account = id_in(key)
                found[recipient][account] = {"account_id": [str(account)]}
    for key in recipients:
        _add_identifiers(found[key], connectors[key])
    return found


def _add_identifiers(known: References, connector: Connector) -> None:
    """One query, of a recipient that knows any of them by more than the account's id. What somebody else is called as
    well is left out: it would be erased there with them."""
    kinds = connector.also_by if isinstance(connector, Recipient) and known else ()
    others = Identifier.objects.filter(kind=OuterRef("kind"), value=OuterRef("value")).exclude(subject__in=known)
    mine = Identifier.objects.filter(~Exists(others), subject__in=known, kind__in=kinds)
    identifiers = mine.order_by("kind", "value")
    for subject_id, kind, value in identifiers.values_list("subject_id", "kind", "value") if kinds else ():
        known[subject_id].setdefault(kind, []).append(value)
