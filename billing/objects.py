"""Reads Stripe's objects: references by id or in full, lists, moments, and the several names of one thing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import models


@dataclass
class Found:
    """A Stripe object on its way in. `depth` is 0 for one given by itself, more for one nested in another."""

    model: type[models.Model]
    thing: Mapping
    as_of: datetime | None
    depth: int
    parent: Mapping = field(default_factory=dict)  # the object it was nested in

    @property
    def stripe_id(self) -> str:
        return str(self.thing["id"])

    @property
    def rank(self) -> tuple[float, bool, int]:
        """Of two versions at hand the newer one counts, and of two of one moment the fuller: a price before the plan of
        the same id, top before nested."""
        moment = self.as_of.timestamp() if self.as_of else 0
        return (-moment, self.thing.get("object") == "plan", self.depth)


def moment(seconds: int | None) -> datetime | None:
    """Stripe's times are whole seconds since 1970, UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def id_of(reference: object) -> str | None:
    """The id of what Stripe names by id, or sends whole where it was asked to expand."""
    stripe_id = reference.get("id") if isinstance(reference, Mapping) else reference
    return stripe_id if isinstance(stripe_id, str) and stripe_id else None


def within(thing: Mapping, *path: str) -> Mapping:
    """The object at the end of the path; an empty one where the path ends before."""
    for name in path:
        thing = thing.get(name)
        if not isinstance(thing, Mapping):
            return {}
    return thing


def listed(thing: Mapping, name: str) -> list[Mapping]:
    """The objects of a Stripe list."""
    data = within(thing, name).get("data")
    return [item for item in data if isinstance(item, Mapping)] if isinstance(data, list) else []


def price_ids(thing: Mapping) -> Iterator[str]:
    """Under any of the names Stripe has had for it."""
    for reference in (thing.get("price"), thing.get("plan"), within(thing, "pricing", "price_details").get("price")):
        if stripe_id := id_of(reference):
            yield stripe_id


def subscription_ids(thing: Mapping) -> Iterator[str]:
    """An invoice's own word for its subscription, and the newer one. Examples have a mere word in its place."""
    for reference in (thing.get("subscription"), within(thing, "parent", "subscription_details").get("subscription")):
        if (stripe_id := id_of(reference)) and stripe_id.startswith("sub_"):
            yield stripe_id


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
