"""Whose a customer is that nobody is known by: by the studio's word, or a guest's who pays under somebody's address."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import batched
from uuid import UUID

from billing.mapping import address_of
from billing.models import Customer
from billing.objects import Found, cut, within
from privacy.fulfilment.importing import subjects
from privacy.fulfilment.importing.arrivals import CHUNK
from privacy.fulfilment.importing.reading import why_not_storable
from privacy.fulfilment.importing.subjects import Person
from privacy.models import DataSubject, Identifier, Staff
from privacy.selectors.suppression import perhaps_suppressed, suppressed

Kind = Identifier.Kind
Batch = Mapping[tuple[type, str], Found]


def by_metadata(found: Batch, customers: Collection[str]) -> dict[str, UUID]:
    """{customer: the person whose Clerk id its metadata names, and nobody else's}."""
    named = {s: set(_clerk_ids(found[Customer, s])) for s in customers if (Customer, s) in found}
    whose = dict(owners(Kind.CLERK, sorted(set().union(*named.values()))))
    people = {s: {whose[clerk_id] for clerk_id in ids if clerk_id in whose} for s, ids in named.items()}
    return {s: next(iter(known)) for s, known in people.items() if len(known) == 1}


def _clerk_ids(item: Found) -> Iterator[str]:
    for value in within(item.thing, "metadata").values():
        if isinstance(value, str) and value.startswith("user_") and not why_not_storable(value):
            yield value


def who_come(found: Batch, unknown: Collection[str], new: Sequence[str]) -> tuple[set[str], dict[str, Person]]:
    """(those of the `new` customers that are erased people's, {customer that nobody is known by: the guest who pays
    under an address that somebody has}).

    An address of which the ledger cannot tell whether an erased person had it makes nobody a guest.
    """
    things = {s: found[Customer, s].thing for s in new if (Customer, s) in found}
    emails = {s: email for s, thing in things.items() if (email := address_of(thing.get("email")))}
    addresses = sorted(set(emails.values()))
    barred_ids, barred_addresses = suppressed(Kind.STRIPE, new), suppressed(Kind.EMAIL, addresses)
    barred = barred_ids | {s for s, email in emails.items() if email in barred_addresses}
    somebodys = {email for email, _ in owners(Kind.EMAIL, addresses)} - perhaps_suppressed(addresses)
    guests = {s: _guest(s, email, things[s]) for s, email in emails.items() if s in unknown and email in somebodys}
    return barred, guests


def _guest(stripe_id: str, email: str, thing: Mapping) -> Person:
    name = thing.get("name")
    is_name = isinstance(name, str) and not why_not_storable(name)
    return Person(
        full_name=cut(name, 200) if is_name else None,
        relation=DataSubject.Relation.PAYER,
        identifiers=((Kind.STRIPE, stripe_id), (Kind.EMAIL, email)),
    )


def welcome(customers: Sequence[Customer], guests: Mapping[str, Person], actor: Staff | None) -> None:
    """Brings in the guests whose customers do, and gives these their people."""
    theirs = [row for row in customers if row.subject._state.adding]
    arrived = subjects.bring_in(people=[guests[row.stripe_id] for row in theirs], actor=actor) if theirs else []
    for row, arrival in zip(theirs, arrived, strict=True):
        row.subject = arrival.row


def owners(kind: str, values: Sequence[str]) -> Iterator[tuple[str, UUID]]:
    """(identifier, who has it)."""
    for some in batched(values, CHUNK):
        yield from Identifier.objects.filter(kind=kind, value__in=some).values_list("value", "subject_id")
