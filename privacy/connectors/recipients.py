"""Recipients without a call of their own: of whom each has got something is read from the data map."""

from collections.abc import Iterable, Sequence
from typing import ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from privacy.connectors.base import Call, Connector, Names, References, connectors, read_names
from privacy.datamap import compiler, parts
from privacy.datamap.recipients import known_to
from privacy.datamap.scope import Scope
from privacy.jobs.outcomes import Outcome, Waiting
from privacy.models import DataSubject, Identifier
from privacy.models.accounts import scope_of

ROWS_NAMED = 100  # by a person, at most; the others they find by the day


class Recipient(Connector):
    """A company that gets data and offers nothing to call. It is told by a person, who names the account's id, and the
    identifiers of the kinds `also_by` where it knows people by those."""

    also_by: ClassVar[tuple[str, ...]] = ()

    instructions = (
        "Ask them, in the way that the agreement with them says, to erase what they have under each id or address. "
        "They confirm with the number of a ticket or letter, which you attest here."
    )

    def names_of(self, accounts: Sequence[UUID]) -> Iterable[Names]:
        """Those with a row in a declaration that names the recipient. What somebody else is called as well is left out:
        it would be erased there with them."""
        return self.names_among(Scope.many(accounts), accounts)

    def names_among(self, scope: Scope, accounts: Sequence[UUID]) -> Iterable[Names]:
        known = RawSQL(*known_to(self.key, scope))  # noqa: S611  (of the data map's names)
        yield DataSubject.objects.filter(pk__in=known).order_by().values_list("pk", Value("account_id"), Value(""))
        if self.also_by:
            alike = Identifier.objects.filter(kind=OuterRef("kind"), value=OuterRef("value"))
            mine = Identifier.objects.filter(subject__in=known, kind__in=self.also_by).order_by()
            yield mine.exclude(Exists(alike.exclude(subject__in=known))).values_list("subject", "kind", "value")

    def names_in(self, scope: Scope) -> Iterable[Names]:
        """The rows themselves: by the account's id it would erase more than is asked."""
        for declared in compiler.all_declarations():
            if self.key in declared.recipients and declared.label() in (scope.only or {}):
                rows = parts.rows_in(declared, scope).order_by("pk")
                yield rows.values_list(declared.subject, Value("row_id"), Cast("pk", TextField()))[:ROWS_NAMED]

    def erase(self, call: Call) -> Outcome:
        return Waiting(f"{self.name} has no call for this: ask them to erase, then attest their answer here")


def references_of_all(subject_ids: Sequence[UUID], scope: Scope | None = None) -> dict[str, References]:
    """{processor: {person: its names for them}}, of those that it knows. `scope`, if given, names the same people, and
    perhaps some of their rows."""
    if not subject_ids:
        return {key: {} for key in connectors}
    scope = scope or scope_of(subject_ids)
    known = read_names(asked_for(list(scope.people or subject_ids), scope))
    return {key: by_person(names, scope) for key, names in known.items()}


def asked_for(accounts: Sequence[UUID], scope: Scope) -> dict[str, Iterable[Names]]:
    """{processor: its queries}, of all that is there of the accounts or of the rows that are meant."""
    if scope.only is not None:
        return {key: connector.names_in(scope) for key, connector in connectors.items()}
    return {key: connector.names_among(scope, accounts) for key, connector in connectors.items()}


def by_person(known: References, scope: Scope) -> References:
    """By all the accounts that a person has."""
    found: References = {}
    for account, names in known.items():
        for kind, values in names.items():
            found.setdefault(scope.person(account), {}).setdefault(kind, []).extend(values)
    return found
