"""Which of two versions of one object is the newer.

Stripe's moments are whole seconds, in one of which an invoice is made, finalised and paid, and its events come in any
order. What the event and the object say of how far it has come stands in the microseconds of the version's moment.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

# How far an object has come by its status; of those that are not named, half-way. docs.stripe.com/api, read 2026-11-30
# in the fixtures of stripe-mock.
EARLY = {"draft", "incomplete", "pending", "requires_action", "trialing"}
LATE = {"paid", "void", "canceled", "incomplete_expired", "failed", "uncollectible"}
MADE = (".created", ".attached")
# Events after which the object is no more, though they carry it whole and no flag says so.
GONE = (".deleted", ".detached")
# It ends; the object says so by its status.
ENDED = ("customer.subscription.deleted",)


def is_gone(event_type: str) -> bool:
    return event_type.endswith(GONE) and event_type not in ENDED


def version_of(event: Mapping[str, Any], thing: Mapping[str, Any]) -> datetime | None:
    """The moment of the version of `thing` that the event tells of, comparable within its second too."""
    try:
        moment = datetime.fromtimestamp(event["created"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None  # of unknown age, as an object without an event is
    return moment + timedelta(microseconds=_place(event, thing))


def _place(event: Mapping[str, Any], thing: Mapping[str, Any]) -> int:
    kind, status = str(event.get("type") or ""), thing.get("status")
    if kind.endswith(GONE):
        return 90
    reached = 0 if status in EARLY else 2 if status in LATE else 1
    return reached * 10 + (0 if kind.endswith(MADE) else 1)
