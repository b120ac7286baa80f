"""Which people a statement is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, models

from privacy.datamap.names import quoted

Sql = tuple[str, list[Any]]


@dataclass(frozen=True)
class Scope:
    """Which subjects: `test` is SQL that follows a column, such as `= %s`."""

    test: str
    params: tuple[Any, ...] = ()

    @classmethod
    def one(cls, subject_id: UUID) -> "Scope":
        return cls("= %s", (_key(subject_id),))

    @classmethod
    def many(cls, subject_ids: Sequence[UUID]) -> "Scope":
        marks = ", ".join(["%s"] * len(subject_ids))
        return cls(f"IN ({marks})", tuple(_key(s) for s in subject_ids))

    @classmethod
    def table(cls, name: str) -> "Scope":
        """The subjects whose ids stand in column `id` of a (temporary) table of PostgreSQL. As an array, because then
        they are looked up by index even where a few heavy users make the planner expect half of a table."""
        return cls(f"= ANY(ARRAY(SELECT id FROM {quoted(name)}))")


def subject_in(value: Any) -> UUID:
    """The subject's id as it came in a row: SQLite knows no such type."""
    return value if isinstance(value, UUID) else UUID(value)


def _key(subject_id: UUID) -> Any:
    return models.UUIDField().get_db_prep_value(subject_id, connection)
