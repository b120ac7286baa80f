"""Payments at Stripe: one example of each of its objects, and objects recorded by the dj-stripe project."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from billing import sync
from billing.sync import TABLES, id_of
from kosenai_ops.studio.sources import SourceError, Tally, User, Watch, files_of, name_of, text_of, written
from privacy.fulfilment import intake
from privacy.fulfilment.intake import Arrival, Person
from privacy.fulfilment.reading import Unreadable, json_value
from privacy.models import Identifier

FILE = Path("stripe-fixtures") / "fixtures3.json"
FOLDER = "dj-stripe-fixtures"
CARRIERS = ("charge", "payment_intent")  # no table of their own, but refunds and invoices inside


@dataclass(frozen=True)
class Recorded:
    """An object, and the file it stands in."""

    source: str
    thing: Mapping


def read(folder: Path) -> list[Recorded]:
    """The objects that have a table, or hold such. Raises SourceError."""
    examples = value_of(folder / FILE)
    if not isinstance(examples, dict) or not isinstance(examples.get("resources"), dict):
        raise SourceError(f"{name_of(folder / FILE)}: no “resources” in it.")
    recorded = [Recorded(str(FILE), thing) for thing in of_one_customer(list(examples["resources"].values()))]
    for file in files_of(folder / FOLDER, ".json"):
        recorded += [Recorded(f"{FOLDER}/*.json", thing) for thing in [value_of(file)] if has_a_table(thing)]
    return recorded


def value_of(file: Path) -> object:
    try:
        return json_value(text_of(file))
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error


def has_a_table(thing: object) -> bool:
    return isinstance(thing, dict) and not thing.get("deleted") and thing.get("object") in (*TABLES, *CARRIERS)


def of_one_customer(things: Sequence[object]) -> Iterator[Mapping]:
    """Stripe's examples come from one account: what names no customer there is its only customer's."""
    mine = [thing for thing in things if has_a_table(thing)]
    customer = next((thing["id"] for thing in mine if thing["object"] == "customer"), None)
    for thing in mine:
        orphaned = "customer" in thing and thing["customer"] is None and thing["object"] in TABLES
        yield thing | {"customer": customer} if orphaned else thing


def write(recorded: Sequence[Recorded], users: Sequence[User], watch: Watch) -> list[Tally]:
    """The n-th customer is the n-th user: the Stripe id becomes one of their identifiers, then billing.sync stores."""
    customers = sorted({c for r in recorded for c in (customer_of(r.thing), *nested_customers(r.thing)) if c})
    payers = [(customer, users[number % len(users)]) for number, customer in enumerate(customers)]
    known = [Person(subject_id=u.id, identifiers=((Identifier.Kind.STRIPE, c),)) for c, u in payers if u.id]
    linked = Tally.of(
        "Stripe's customers", "identifiers", written(known, lambda p: intake.bring_in(people=p, actor=None), watch)
    )
    for _, user in payers:
        if not user.id:
            linked.add(user.left_out())
    source_of = {r.thing["id"]: r.source for r in recorded}
    by_file: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for synced in sync.sync(objects=[r.thing for r in recorded]):
        what = synced.model._meta.verbose_name_plural
        by_file[source_of.get(synced.stripe_id, "nested in those"), str(what)].append(synced)
    return [linked, *(Tally.of(source, what, found) for (source, what), found in by_file.items())]


def customer_of(thing: Mapping) -> str | None:
    return thing["id"] if thing["object"] == "customer" else id_of(thing.get("customer"))


def nested_customers(thing: Mapping) -> Iterator[str | None]:
    for name in ("latest_charge", "charge", "invoice"):
        if isinstance(thing.get(name), Mapping):
            yield id_of(thing[name].get("customer"))
