"""How hundreds of values go to PostgreSQL as one. psycopg's own way looks at each for its type and what to quote."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID


def array(values: Iterable[Any]) -> str:
    """The literal of an array, for a parameter with a cast."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if isinstance(value, UUID):
        return value.hex
    return "NULL" if value is None else _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
