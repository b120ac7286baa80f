"""What erasure does to a field. Each treatment compiles to one SQL expression for the column."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.datamap.fields import Column, date_fault
from privacy.datamap.retention import Retention
from privacy.datamap.vocabulary import KeptFor

TEXT = (models.CharField, models.TextField)


@dataclass(frozen=True)
class Treatment:
    word: ClassVar[str]

    def fault(self, field: Column) -> str:
        """Why the column cannot take this treatment; empty when it can."""
        return ""

    def sql(self, field: Column, table: str, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """The SQL expression of the new value, and its parameters."""
        raise NotImplementedError


@dataclass(frozen=True)
class DeleteRow(Treatment):
    word: ClassVar[str] = "delete"


@dataclass(frozen=True)
class Keep(Treatment):
    """The value stays because a law asks for it, until a date that can be told; `ground` is the exception of the law on
    erasure."""

    because: str
    until: Retention
    ground: KeptFor
    word: ClassVar[str] = "keep"

    def fault(self, field: Column) -> str:
        if not self.because.strip():
            return "Keep needs a reason"
        if not self.until.has_end:
            return "Keep needs an end: years or days"
        fault = date_fault(field.model, self.until.after)
        return f"Keep {fault}" if fault else ""


@dataclass(frozen=True)
class Nullify(Treatment):
    word: ClassVar[str] = "nullify"

    def fault(self, field: Column) -> str:
        return "" if field.null else "Nullify on a column that is NOT NULL"

    def sql(self, field: Column, table: str, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        return "NULL", []


@dataclass(frozen=True)
class Blank(Treatment):
    """The empty value of the column's type, or `to` where a constraint asks for some text."""

    to: str = ""
    word: ClassVar[str] = "blank"

    def fault(self, field: Column) -> str:
        if not isinstance(field, (*TEXT, models.JSONField)):
            return f"Blank on a {type(field).__name__}: it knows text and JSON columns"
        if isinstance(field, models.CharField) and field.max_length and len(self.to) > field.max_length:
            return "Blank is longer than the column"
        return ""

    def sql(self, field: Column, table: str, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        empty = {} if isinstance(field, models.JSONField) else self.to
        return "%s", [field.get_db_prep_save(empty, connection)]


@dataclass(frozen=True)
class Pseudonymise(Treatment):
    """`erased-` and the row's own key: unique, and says nothing about the person."""

    word: ClassVar[str] = "pseudonymise"

    def fault(self, field: Column) -> str:
        if not isinstance(field, TEXT):
            return f"Pseudonymise on a {type(field).__name__}: it knows text columns"
        if field.max_length and field.max_length < 50:
            return "Pseudonymise needs 50 characters"
        return ""

    def sql(self, field: Column, table: str, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        key = connection.ops.quote_name(field.model._meta.pk.column)
        return f"'erased-' || CAST({table}.{key} AS text)", []


@dataclass(frozen=True)
class Stamp(Treatment):
    """The moment of the erasure; the first one's, should it run again."""

    word: ClassVar[str] = "stamp"

    def fault(self, field: Column) -> str:
        return "" if isinstance(field, models.DateTimeField) else "Stamp on a column that is not a time"

    def sql(self, field: Column, table: str, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        now = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')" if connection.vendor == "sqlite" else "STATEMENT_TIMESTAMP()"
        return f"COALESCE({connection.ops.quote_name(field.column)}, {now})", []


@dataclass(frozen=True)
class HandOver(Treatment):
    """The heir among the others of the row's `joint` takes the place. Only on joint rows."""

    word: ClassVar[str] = "hand over"
