"""What every processor's connector is: one module a processor, all alike (see connectors/clerk.py).

A connector is found by its module in any installed app's `connectors` package or module and registers itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True)
class Done:
    """The step is finished. `result` is evidence: counts and ids, nothing personal. `record` runs in the
    transaction that marks the step done."""

    result: dict[str, Any] = field(default_factory=dict)
    units: int | None = None
    record: Callable[..., None] | None = None


@dataclass(frozen=True)
class Later:
    """Try again: after `seconds` if the other side said so (Retry-After), else with jittered back-off."""

    because: str
    seconds: float | None = None


@dataclass(frozen=True)
class Waiting:
    """The other side has accepted, or a person must attest; look again after `seconds`, if ever by itself."""

    because: str
    seconds: float | None = None


@dataclass(frozen=True)
class Failed:
    """No attempt of ours will help: park for a person."""

    because: str


Outcome = Done | Later | Waiting | Failed


@dataclass(frozen=True)
class Call:
    """One thing asked of a processor. `references` are its own names for the person, by kind of identifier;
    `idempotency_key` is the same on every attempt."""

    references: dict[str, list[str]]
    idempotency_key: UUID
    attempt: int = 1


class Connector:
    """A processor's side of our promises. Without credentials a connector asks a person to attest by hand."""

    key: ClassVar[str]
    name: ClassVar[str]

    def references(self, subject_id: UUID) -> dict[str, list[str]]:
        """The processor's own names for the person, read while we still have them."""
        raise NotImplementedError

    def references_of(self, subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, list[str]]]:
        """The same for many people, with a query for all of them where the connector can."""
        return {subject_id: self.references(subject_id) for subject_id in subject_ids}

    def erase(self, call: Call) -> Outcome:
        """Asks the processor to erase. Runs again after a crash: must do no harm when already done."""
        raise NotImplementedError

    def by_hand(self, verb: str) -> Waiting:
        return Waiting(f"No API key for {self.name}: {verb} it there by hand, then attest it here")


connectors: dict[str, Connector] = {}


def register(connector: type[Connector]) -> type[Connector]:
    """Class decorator: makes the connector part of every plan."""
    connectors[connector.key] = connector()
    return connector
