"""Which rows and columns go into the package, and what kind of value stands in each column."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from uuid import UUID

from django.db import models

from privacy.datamap import PersonalData, compiler, readable
from privacy.datamap.fields import Column
from privacy.datamap.scope import Scope
from privacy.fulfilment.redaction.told import Told
from privacy.models import DataSubject
from privacy.models.accounts import scope_of

TEXT_FIELDS = (models.CharField, models.TextField, models.FileField)


class Kind(Enum):
    """How a column's values are written: TEXT may be hostile; WORD is our own, such as "you" or a role."""

    TEXT = auto()
    WORD = auto()
    MOMENT = auto()
    JSON = auto()
    BOOLEAN = auto()
    UUID = auto()
    OTHER = auto()


@dataclass(frozen=True, eq=False)
class Table:
    """One declared model: its columns by name, the SELECT of the person's rows, and their WHERE alone."""

    declaration: type[PersonalData]
    columns: dict[str, Kind]
    sql: str
    params: tuple[Any, ...]
    where: str
    where_params: tuple[Any, ...]

    @property
    def label(self) -> str:
        return self.declaration.label()

    def path(self, suffix: str) -> str:
        """Where the table stands in the zip, such as data/privacy.Script.csv."""
        return f"data/{self.label}.{suffix}"


def tables_of(subject_id: UUID, told: Told, *, given_only: bool = False) -> list[Table]:
    """Every declared model, by label, but for what is made from others; or only what the person gave us."""
    scope = scope_of([subject_id])
    shown = [d for d in compiler.all_declarations() if not d.derived and (d.is_portable() or not given_only)]
    return [_table(declaration, scope, told, given_only=given_only) for declaration in shown]


def _table(declaration: type[PersonalData], scope: Scope, told: Told, *, given_only: bool) -> Table:
    names, (sql, params) = readable.selection(declaration, scope, told.of(declaration.label()), given_only=given_only)
    where, where_params = readable.readable_rows(declaration, scope, given_only=given_only)
    kinds = {field.name: _kind(declaration, field) for field in readable.columns(declaration)}
    columns = {name: kinds.get(name, Kind.WORD) for name in names}
    return Table(declaration, columns, sql, tuple(params), where, tuple(where_params))


def _kind(declaration: type[PersonalData], field: Column) -> Kind:
    if field.name in declaration.roles or field.related_model is DataSubject:
        return Kind.WORD
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    match field:
        case models.UUIDField():
            return Kind.UUID
        case models.DateTimeField():
            return Kind.MOMENT
        case models.JSONField():
            return Kind.JSON
        case models.BooleanField():
            return Kind.BOOLEAN
        case _ if isinstance(field, TEXT_FIELDS):
            return Kind.TEXT
    return Kind.OTHER
