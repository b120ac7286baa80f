"""What an attempt at a step comes to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Done:
    """The step is finished. `result` is evidence: counts and ids, nothing personal. `record` runs in the
    transaction that marks the step done."""

    result: dict[str, Any] = field(default_factory=dict)
    units: int | None = None
    record: Callable[..., None] | None = None


def so_far() -> Any:
    """The field `result` of an outcome that finishes nothing: the evidence of all attempts up to this one, which the
    next gets back in its Call; None leaves what is recorded. It is no part of what the engine is to do next, so
    outcomes are compared without it."""
    return field(default=None, compare=False)


@dataclass(frozen=True)
class Later:
    """Try again: after `seconds` if the other side said so (Retry-After), else with jittered back-off."""

    because: str
    seconds: float | None = None
    result: dict[str, Any] | None = so_far()


@dataclass(frozen=True)
class Waiting:
    """The other side has accepted, or a person must attest; look again after `seconds`, if ever by itself."""

    because: str
    seconds: float | None = None
    result: dict[str, Any] | None = so_far()


@dataclass(frozen=True)
class Failed:
    """No attempt of ours will help: park for a person."""

    because: str
    result: dict[str, Any] | None = so_far()


@dataclass(frozen=True)
class More:
    """A slice is finished and there is more of it. `units` is how many the step has done so far; `result`, if
    given, is the evidence so far. The next attempt gets both back in its Call."""

    units: int
    result: dict[str, Any] | None = None


Outcome = Done | More | Later | Waiting | Failed
