"""Recipients without a call of their own: of whom each has got something is read from the data map."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from django.db import connection

from privacy.connectors.base import Call, Connector, connectors
from privacy.datamap.recipients import known_to_each
from privacy.datamap.scope import Scope, subject_in
from privacy.jobs.outcomes import Outcome, Waiting
from privacy.models import Identifier

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
        return known_to([self.key], subject_ids)[self.key]

    def erase(self, call: Call) -> Outcome:
        return Waiting(f"{self.name} has no call for this: ask them to erase, then attest their answer here")


def references_of_all(subject_ids: Sequence[UUID], scope: Scope | None = None) -> dict[str, References]:
    """{processor: {person: its names for them}}, of those that it knows; with one query for all mere recipients.
    `scope`, if given, names the same people."""
    mere = [key for key, c in connectors.items() if type(c).references_of is Recipient.references_of]
    called = [key for key in connectors if key not in mere]
    found = known_to(mere, subject_ids, scope) | {key: connectors[key].references_of(subject_ids) for key in called}
    return {key: {pk: names for pk, names in known.items() if any(names.values())} for key, known in found.items()}


def known_to(
    recipients: Sequence[str], subject_ids: Sequence[UUID], scope: Scope | None = None
) -> dict[str, References]:
    found: dict[str, References] = {key: {} for key in recipients}
    if recipients and subject_ids:
        with connection.cursor() as cursor:
            cursor.execute(*known_to_each(recipients, scope or Scope.many(subject_ids)))
            for recipient, key in cursor.fetchall():
                subject_id = subject_in(key)
                found[recipient][subject_id] = {"account_id": [str(subject_id)]}
    for key in recipients:
        _add_identifiers(found[key], connectors[key])
    return found


def _add_identifiers(known: References, connector: Connector) -> None:
    """One query, of a recipient that knows any of them by more than the account's id."""
    kinds = connector.also_by if isinstance(connector, Recipient) and known else ()
    identifiers = Identifier.objects.filter(subject__in=known, kind__in=kinds).order_by("kind", "value")
    for subject_id, kind, value in identifiers.values_list("subject_id", "kind", "value") if kinds else ():
        known[subject_id].setdefault(kind, []).append(value)
