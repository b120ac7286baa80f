"""Which people a statement is about, and which of their rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connection, models

from privacy.datamap.names import quoted

Sql = tuple[str, list[Any]]


@dataclass(frozen=True)
class Scope:
    """Which subjects: `test` is SQL that follows a column, such as `= %s`. `people` says whose accounts they are:
    {account: person}, of those that are not a person's only one. `only`, if given, are the conditions by which some of
    their rows are meant, {model label: SQL}; of other models none are (datamap.parts)."""

    test: str
    params: tuple[Any, ...] = ()
    people: Mapping[UUID, UUID] = MappingProxyType({})
    only: Mapping[str, Sql] | None = None

    @classmethod
    def one(cls, subject_id: UUID) -> "Scope":
        return cls("= %s", _keys([subject_id]))

    @classmethod
    def many(cls, subject_ids: Iterable[UUID], people: Mapping[UUID, UUID] = MappingProxyType({})) -> "Scope":
        keys = _keys(subject_ids)
        return cls(f"IN ({', '.join(['%s'] * len(keys))})", keys, people)

    @classmethod
    def table(cls, name: str, people: Mapping[UUID, UUID] = MappingProxyType({})) -> "Scope":
        """The subjects whose ids stand in column `id` of a (temporary) table of PostgreSQL. As an array, because then
        they are looked up by index even where a few heavy users make the planner expect half of a table."""
        return cls(f"= ANY(ARRAY(SELECT id FROM {quoted(name)}))", (), people)

    def among(self, label: str) -> Sql:
        """The condition on the rows of a model, to follow others; nothing where all of the subjects' are meant."""
        if self.only is None:
            return "", []
        sql, params = self.only.get(label, ("1 = 0", []))
        return f" AND ({sql})", list(params)

    def person(self, value: Any) -> UUID:
        """The person to whom the account belongs whose id came in a row."""
        account = id_in(value)
        return self.people.get(account, account) if self.people else account


def id_in(value: Any) -> UUID:
    """An id as it came in a row: SQLite knows no such type."""
    return value if isinstance(value, UUID) else UUID(value)


_ID: "models.UUIDField[Any, Any]" = models.UUIDField()


def _keys(subject_ids: Iterable[UUID]) -> tuple[Any, ...]:
    return tuple(_ID.get_db_prep_value(subject_id, connection) for subject_id in subject_ids)
