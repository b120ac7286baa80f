"""Which rows are one thing: those that are named or dated, and what hangs on them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models

from privacy.datamap import compiler, registry
from privacy.datamap.compiler import leaves_first, value_at
from privacy.datamap.declaration import PersonalData
from privacy.datamap.fields import far_end, field_of
from privacy.datamap.names import key_of, quoted, table_of
from privacy.datamap.scope import Scope, Sql


def things() -> list[type[PersonalData]]:
    """What can be forgotten by itself, by label."""
    found = [declared for declared in registry.declarations.values() if declared.forgotten_by]
    return sorted(found, key=lambda declared: declared.label())


def named(declared: type[PersonalData], keys: Sequence[Any]) -> Sql:
    """The rows with these keys."""
    key = declared.model._meta.pk
    values = [key.get_db_prep_value(value, connection) for value in keys]
    return f"{table_of(declared.model)}.{key_of(declared.model)} IN ({', '.join(['%s'] * len(values))})", values


def dated(declared: type[PersonalData], since: datetime | None, until: datetime | None) -> Sql:
    """The rows of that time, its end left out."""
    moment, parts, params = value_at(declared.model, declared.forgotten_by.split("__")), ["1 = 1"], []
    for sign, bound in ((">=", since), ("<", until)):
        if bound is not None:
            parts.append(f"{moment} {sign} %s")
            params.append(models.DateTimeField().get_db_prep_value(bound, connection))
    return " AND ".join(parts), params


def rows_in(declared: type[PersonalData], scope: Scope) -> models.QuerySet[Any]:
    """The model's rows that are meant."""
    where, params = compiler.rows(declared, scope)
    manager = declared.model._default_manager
    rows: models.QuerySet[Any] = manager.extra(where=[where], params=params)  # noqa: S610  (compiled)
    return rows


def with_what_hangs_on(chosen: Mapping[str, Sql]) -> dict[str, Sql]:
    """{model label: condition} of the chosen rows and of every row that points at one of them, for Scope.only."""
    found: dict[str, Sql] = {}
    for declared in reversed(leaves_first()):
        parts = [chosen[declared.label()]] if declared.label() in chosen else []
        for field in declared.model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and not declared.evidence:
                parent = far_end(field)
                if above := found.get(parent._meta.label):
                    column = f"{table_of(declared.model)}.{quoted(field_of(declared.model, field.name).column)}"
                    inner = f"SELECT {key_of(parent)} FROM {table_of(parent)} WHERE {above[0]}"
                    parts.append((f"{column} IN ({inner})", above[1]))
        if parts:
            found[declared.label()] = " OR ".join(f"({sql})" for sql, _ in parts), [p for _, ps in parts for p in ps]
    return found
