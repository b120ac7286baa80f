"""Our keys: one a purpose, each with an id that stands beside what was made with it, the current one first.

A key that is replaced stays in the list until nothing is left that was made with it; `manage.py rotate_keys` makes
anew what can be made anew, and says which keys nothing needs any more.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class Purpose(StrEnum):
    """What a key is for; the value is the prefix of its variable, such as LEDGER_KEYS."""

    LEDGER = "ledger"  # knows erased identifiers again
    PSEUDONYM = "pseudonym"  # names people in evidence
    SEALING = "sealing"  # what is read once more, and then emptied


@dataclass(frozen=True)
class Key:
    """`id` is empty for the one key of all purposes that there was before keys had ids."""

    id: str
    secret: str


class MissingKey(ImproperlyConfigured):
    """Something was made with a key that is not among ours any more."""


def ring(purpose: Purpose) -> list[Key]:
    """Every key of the purpose, the current one first."""
    return [Key(id, secret) for id, secret in settings.KEYS[purpose]]


def current(purpose: Purpose) -> Key:
    return ring(purpose)[0]


def named(purpose: Purpose, id: str) -> Key:
    """Raises MissingKey."""
    for key in ring(purpose):
        if key.id == id:
            return key
    variable = f"{purpose.upper()}_KEYS" if id else "LEDGER_KEY"
    name = f"The key {id!r}" if id else "The key from before keys had ids"
    raise MissingKey(
        f"{name} is not in {variable}, and something was made with it. Put it back, after the current one."
    )
