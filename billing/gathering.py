"""Gathers Stripe's objects out of whatever they came in: events, lists, pages, and one nested in another."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models

from billing import order
from billing.mapping import TABLES
from billing.models import (
    CreditNote,
    Customer,
    Invoice,
    InvoiceLine,
    PaymentMethod,
    Price,
    Product,
    Refund,
    Subscription,
)
from billing.objects import Found, id_of, listed, price_ids, subscription_ids, within
from billing.outcomes import NO_ID, NO_TYPE, Synced
from privacy.fulfilment.importing.arrivals import Outcome
from privacy.models import Identifier

PAGES = ("list", "search_result")
# Above everything that refers to it.
ORDER = (Product, Price, Customer, Subscription, PaymentMethod, Invoice, InvoiceLine, Refund, CreditNote)


def opened(objects: Iterable[object]) -> Iterator[object]:
    """The objects themselves, in order: lists, Stripe's pages and search results are opened."""
    waiting = [iter(objects)]
    while waiting:
        for thing in waiting[-1]:
            if isinstance(thing, Mapping) and thing.get("object") in PAGES and isinstance(thing.get("data"), list):
                thing = thing["data"]
            if isinstance(thing, list):
                waiting.append(iter(thing))
                break
            yield thing
        else:
            waiting.pop()


def customers_of(objects: Iterable[object]) -> set[str]:
    """The ids of the customers that these objects are or belong to."""
    return ids_of(gather(opened(objects), None), Customer)


def gather(objects: Iterable[Mapping], as_of: datetime | None) -> dict[tuple[type, str], Found]:
    """The objects that have a table, with those nested in them, once each, above everything that refers to them."""
    found: dict[tuple[type, str], Found] = {}
    for thing in objects:
        for item in _unpacked(thing, as_of, 0, {}):
            key = (item.model, item.stripe_id)
            if key not in found or item.rank < found[key].rank:
                found[key] = item
    return dict(sorted(found.items(), key=lambda entry: ORDER.index(entry[1].model)))


def _unpacked(thing: object, as_of: datetime | None, depth: int, parent: Mapping) -> Iterator[Found]:
    if not isinstance(thing, Mapping) or not isinstance(thing.get("object"), str):
        return
    if thing["object"] == "event":
        told_of = within(thing, "data", "object")
        gone = {"deleted": True} if order.is_gone(str(thing.get("type"))) else {}
        yield from _unpacked({**told_of, **gone}, order.version_of(thing, told_of), depth, {})
    if thing["object"] in TABLES and isinstance(thing.get("id"), str):
        yield Found(TABLES[thing["object"]].model, thing, as_of, depth, parent)
    if thing.get("deleted"):
        return  # what was in it went with it
    for name in ("product", "price", "plan", "customer", "subscription", "invoice", "charge", "latest_charge"):
        yield from _unpacked(thing.get(name), as_of, depth + 1, thing)
    for name in ("sources", "subscriptions", "items", "lines", "refunds", "charges"):
        for item in listed(thing, name):
            yield from _unpacked(item, as_of, depth + 1, thing)


def strange(things: Iterable[object]) -> list[Synced]:
    """What is told of objects that cannot be looked at."""
    return [synced for thing in things if (synced := _strange(thing))]


def _strange(thing: object) -> Synced | None:
    kind = thing.get("object") if isinstance(thing, Mapping) else None
    if not isinstance(kind, str):
        return Synced(Outcome.REFUSED, reason=NO_TYPE)
    if kind in TABLES and not (isinstance(thing.get("id"), str) and thing["id"]):
        return Synced(Outcome.REFUSED, reason=NO_ID, model=TABLES[kind].model)
    return None


# The names by which an object refers to rows of a model.
REFERENCES = {Product: ("product",), Customer: ("customer",), Invoice: ("invoice",)}


def ids_of(found: Mapping[tuple[type, str], Found], model: type[models.Model]) -> set[str]:
    """The Stripe ids of this model that a batch has or refers to."""
    ids = {stripe_id for kind, stripe_id in found if kind is model}
    for item in found.values():
        for thing in (item.thing, item.parent, within(item.thing, "charge")):
            ids |= {id_of(thing.get(name)) for name in REFERENCES.get(model, ())}
        if model is Price:
            ids |= {i for thing in (item.thing, *listed(item.thing, "items")) for i in price_ids(thing)}
        if model is Subscription:
            ids |= set(subscription_ids(item.thing))
    return {stripe_id for stripe_id in ids if stripe_id and _is_an_id(stripe_id)}


def _is_an_id(text: str) -> bool:
    """Whether it can be an identifier; no row is asked for by anything else (a NUL, a character that nobody sees)."""
    try:
        return Identifier.normalise(Identifier.Kind.STRIPE, text) == text
    except ValidationError:
        return False
