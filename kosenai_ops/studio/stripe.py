"""Payments at Stripe: one example of each of its objects, and objects recorded by the dj-stripe project."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from billing.gathering import customers_of, gather, opened, strange
from billing.mapping import TABLES
from billing.objects import Found, id_of
from billing.outcomes import Synced
from billing.sync import store_some
from kosenai_ops.studio import people
from kosenai_ops.studio.sources import Part, SourceError, Tally, files_of, name_of, text_of
from privacy.fulfilment.importing.arrivals import Arrival
from privacy.fulfilment.importing.reading import Unreadable, json_value

FILE = Path("stripe-fixtures") / "fixtures3.json"
FOLDER = "dj-stripe-fixtures"
CARRIERS = ("charge", "payment_intent", "event")  # no table of their own, but refunds and invoices inside


@dataclass(frozen=True)
class Recorded:
    """An object, and the file it stands in."""

    source: str
    thing: object


def files(folder: Path) -> list[Path]:
    """Raises SourceError when there are none."""
    return [folder / FILE, *files_of(folder / FOLDER, ".json", ".jsonl", ".ndjson")]


def check(folder: Path) -> tuple[int, list[Tally]]:
    """(how many objects there are, what is to be told of their files). Raises SourceError."""
    things = [r.thing for r in read(folder)]
    return len(gather(things, None)) + len(strange(things)), []


def read(folder: Path) -> list[Recorded]:
    """The objects that have a table, or hold such. Raises SourceError."""
    first, *more = files(folder)
    examples = value_of(first)
    if not isinstance(examples, dict) or not isinstance(examples.get("resources"), dict):
        raise SourceError(f"{name_of(first)}: no “resources” in it.")
    recorded = [Recorded(str(FILE), thing) for thing in of_one_customer(list(examples["resources"].values()))]
    for file in more:
        things = [thing for thing in opened(values_of(file)) if concerns_us(thing)]
        recorded += [Recorded(f"{FOLDER}/*{file.suffix}", thing) for thing in things]
    return recorded


def values_of(file: Path) -> list[object]:
    """What the file says: one value, or one a line (JSON Lines). Raises SourceError."""
    text = text_of(file)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    is_by_line = len(lines) > 1 and all(line[0] + line[-1] == "{}" for line in lines)
    try:
        return [json_value(line) for line in lines] if is_by_line else [json_value(text)]
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error


def value_of(file: Path) -> object:
    return values_of(file)[0]


def concerns_us(thing: object) -> bool:
    """Whether it has a table, holds what has, or is so strange that billing.sync should say so."""
    return not isinstance(thing, dict) or thing.get("object") in (None, *TABLES, *CARRIERS)


def has_a_table(thing: object) -> bool:
    return isinstance(thing, dict) and not thing.get("deleted") and thing.get("object") in (*TABLES, *CARRIERS)


def of_one_customer(things: Sequence[object]) -> Iterator[Mapping]:
    """Stripe's examples come from one account: what names no customer there is its only customer's."""
    mine = [thing for thing in things if has_a_table(thing)]
    customer = next((thing.get("id") for thing in mine if thing["object"] == "customer"), None)
    for thing in mine:
        orphaned = "customer" in thing and thing["customer"] is None and thing["object"] in TABLES
        yield thing | {"customer": customer} if orphaned else thing


def part(folder: Path, users: int) -> Part[Found | Synced]:
    """The n-th customer is the n-th user's, if it comes in."""
    recorded = read(folder)
    things = [r.thing for r in recorded]
    customers = sorted(customers_of(things))
    here = people.arrived(folder, range(min(users, len(customers))))
    owners = {customer: here[n % len(here)].id for n, customer in enumerate(customers)}
    payers = {customer: owner for customer, owner in owners.items() if owner}
    source_of = {id_of(r.thing): r.source for r in recorded}
    found = gather(things, None)

    def write(some: Sequence[Found | Synced]) -> list[Tally]:
        """Stores the objects; of those that could not even be looked at it is known what became of them."""
        objects, done = [o for o in some if isinstance(o, Found)], [s for s in some if isinstance(s, Synced)]
        by_file: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
        for synced in store_some(objects, found, actor=None, payers=payers) + done:
            what = synced.model._meta.verbose_name_plural if synced.model else "objects"
            source = source_of.get(synced.stripe_id, "nested in those") if synced.stripe_id else "Stripe's files"
            by_file[source, str(what)].append(synced)
        return [Tally.of(source, what, arrivals) for (source, what), arrivals in by_file.items()]

    return Part([*found.values(), *strange(things)], write)
