"""What every processor's connector is: one module a processor, all alike (see connectors/clerk.py).

A connector is found by its module in any installed app's `connectors` package or module and registers itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from privacy.datamap.compiler import union
from privacy.datamap.scope import Scope, id_in
from privacy.jobs.outcomes import Done, Outcome, Waiting

# Queries of (account, kind of name, name), and what they find: {account or person: {kind: names}}.
Names = QuerySet[Any, tuple[Any, Any, Any]]
References = dict[UUID, dict[str, list[str]]]


@dataclass(frozen=True)
class Call:
    """One thing asked of a processor.

    `references` are its own names for the person, by kind; `idempotency_key` is the same on every attempt.
    `renew` prolongs the worker's lease; let what it raises pass, because then nothing more may be done. Given a
    result it stores it as the evidence so far: do so before whatever cannot be taken back, for the worker may die
    before the answer. `result` is what earlier attempts left.
    """

    references: dict[str, list[str]]
    idempotency_key: UUID
    renew: Callable[..., None]
    result: dict[str, Any] = field(default_factory=dict)


class Connector:
    """A processor's side of our promises. A connector writes `names_of` and `erase`.

    `console` and `instructions` are for the person who erases there where no API does: where that is, and what to do
    there, in two sentences. What the inventory says of either comes before them. `corrections` are what whoever puts
    something right there does, `restrictions` whoever has its use restricted, and `opt_outs` whoever has somebody left
    out of what it does by itself.
    """

    key: ClassVar[str]
    name: ClassVar[str]
    console: ClassVar[str] = ""
    instructions: ClassVar[str] = ""
    corrections: ClassVar[str] = (
        "Look the person up by what they are called there, and put right what this case says. What their page does not "
        "let you change, ask their support to change."
    )
    restrictions: ClassVar[str] = (
        "Ask their support, or in the way that the agreement says, to keep what they have under each id, and to use it "
        "for nothing else until they hear from us. They confirm with the number of a ticket or letter."
    )
    opt_outs: ClassVar[str] = (
        "Look the person up by what they are called there, and have them left out of whatever it does by itself with "
        "what it has already, such as its statistics. Nothing new is sent from here."
    )

    @property
    def mode(self) -> str:
        """How the processor is told: "API", "manual" where a person asks there, or "expiry" where nobody can ask and
        what it has goes by a stated day."""
        return "manual"

    def names_of(self, accounts: Sequence[UUID]) -> Iterable[Names]:
        """The processor's own names for these people, read while we still have them. An empty name stands for the
        account's id."""
        raise NotImplementedError

    def names_among(self, scope: Scope, accounts: Sequence[UUID]) -> Iterable[Names]:
        """`names_of` these accounts, which `scope` names too: for whoever asks the data map about them."""
        return self.names_of(accounts)

    def references_of(self, accounts: Sequence[UUID]) -> References:
        """The same, read."""
        return read_names({self.key: self.names_of(accounts)})[self.key] if accounts else {}

    def names_in(self, scope: Scope) -> Iterable[Names]:
        """Its own names for what is in these rows, where it can erase that and nothing else."""
        return ()

    def erase(self, call: Call) -> Outcome:
        """Asks the processor to erase. Runs again after a crash: must do no harm when already done."""
        raise NotImplementedError

    def manual(self, verb: str) -> Waiting:
        return Waiting(f"No API key for {self.name}: {verb} it there, then attest it here")


def read_names(asked: Mapping[str, Iterable[Names]]) -> dict[str, References]:
    """Under each key what its queries find, in one statement for all of them."""
    found: dict[str, References] = {key: {} for key in asked}
    selects = [(key, query.query.sql_with_params()) for key, queries in asked.items() for query in queries]
    if not selects:
        return found
    with connection.cursor() as cursor:
        cursor.execute(*union((key, (sql, list(params))) for key, (sql, params) in selects))
        for key, account, kind, name in sorted(set(cursor.fetchall())):
            of_account = found[key].setdefault(id_in(account), {})
            of_account.setdefault(kind, []).append(name or str(id_in(account)))
    return found


connectors: dict[str, Connector] = {}


def register(connector: type[Connector]) -> type[Connector]:
    """Class decorator: makes the connector part of every plan."""
    connectors[connector.key] = connector()
    return connector


def retained(what: str, because: str, until: date) -> dict[str, str]:
    """An item for the list `retained` of a result: what the processor keeps, why, and the day on which it goes."""
    return {"what": what, "because": because, "until": until.isoformat()}


def expires(kept: list[dict[str, str]]) -> Done:
    """The outcome where nobody can ask: what is kept until which day, or that the last of it has gone."""
    return Done({"outcome": "goes by the stated day" if kept else "has gone by its day", "retained": kept})
