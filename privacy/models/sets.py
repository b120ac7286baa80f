"""Reads and writes rows by the hundred, where making instances and preparing their values is most of the time.

Writing takes columns: to PostgreSQL goes one as an array, one of JSON as one document, or as one value where all rows
say the same. SQLite takes the portable path.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from django.db import connection, models
from django.db.models.base import ModelState

from privacy.models.arrays import array

# {attname: what the column says of each row}
type Columns = Mapping[str, Sequence[Any]]


class Json(str):
    """What a column of JSON says, as text already."""


class ReadInSets(models.Model):
    """A model of which hundreds are read at once: without the signals and the looks at each field that Django's
    constructor takes, which here has nothing to say about what comes from the database."""

    class Meta:
        abstract = True

    def __hash__(self) -> int:
        """Reckoned once: sets are all but made of dictionaries, and Python reckons a UUID's anew each time."""
        known: int | None = self.__dict__.get("_hash")
        if known is None:
            known = self.__dict__["_hash"] = super().__hash__()
        return known

    @classmethod
    def from_db(cls, db: str | None, field_names: Sequence[str], values: Sequence[Any]) -> Self:
        row = cls.__new__(cls)
        row._state = ModelState()
        row._state.adding, row._state.db = False, db
        row.__dict__.update(zip(field_names, values, strict=True))
        return row


def insert(model: type[models.Model], columns: Columns, *, ignore_conflicts: bool = False) -> list[Any]:
    """Adds rows; returns their primary keys. All columns are given, but for a key that the database counts and what may
    be NULL."""
    if connection.vendor != "postgresql":
        rows = _instances(model, columns)
        return [row.pk for row in model._default_manager.bulk_create(rows, ignore_conflicts=ignore_conflicts)]
    first = next(iter(columns))
    alike, arrays = _apart(model, {name: values for name, values in columns.items() if name != first})
    arrays = {first: columns[first]} | arrays
    names = ", ".join(_column(model, name) for name in (*alike, *arrays))
    values = ", ".join([_mark(model, name) for name in alike] + [f"v.{_column(model, name)}" for name in arrays])
    key = connection.ops.quote_name(model._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(model)} ({names}) SELECT {values} FROM {_rows(model, arrays)}"
            f"{' ON CONFLICT DO NOTHING' if ignore_conflicts else ''} RETURNING {key}",
            [*alike.values(), *_params(model, arrays)],
        )
        return [pk for (pk,) in cursor.fetchall()]


def rewrite(model: type[models.Model], keys: Sequence[Any], columns: Columns) -> None:
    """Writes these columns of the rows with these primary keys."""
    key = model._meta.pk.attname
    if connection.vendor != "postgresql":
        return _rewrite_each(model, {**columns, key: keys})
    alike, arrays = _apart(model, columns)
    sets = [f"{_column(model, name)} = {_mark(model, name)}" for name in alike]
    sets += [f"{_column(model, name)} = v.{_column(model, name)}" for name in arrays]
    arrays = {key: keys} | arrays
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(model)} t SET {', '.join(sets)} FROM {_rows(model, arrays)} "
            f"WHERE t.{_column(model, key)} = v.{_column(model, key)}",
            [*alike.values(), *_params(model, arrays)],
        )
    return None


def _instances(model: type[models.Model], columns: Columns) -> list[models.Model]:
    told = {name: map(_read, values) for name, values in columns.items()}
    return [model(**dict(zip(told, row, strict=True))) for row in zip(*told.values(), strict=True)]


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, Json) else value


def _rewrite_each(model: type[models.Model], columns: Columns) -> None:
    """By one prepared statement; the last column is the key."""
    *names, key = columns
    sets = ", ".join(f"{_column(model, name)} = %s" for name in names)
    prepared = (
        [_field(model, name).get_db_prep_save(_read(value), connection) for value in values]
        for name, values in columns.items()
    )
    with connection.cursor() as cursor:
        sql = f"UPDATE {_table(model)} SET {sets} WHERE {_column(model, key)} = %s"
        cursor.executemany(sql, list(zip(*prepared, strict=True)))


def _apart(model: type[models.Model], columns: Columns) -> tuple[dict[str, Any], dict[str, Sequence[Any]]]:
    """({column: what it says of every row}, the columns that say different things)."""
    alike = {name: values for name, values in columns.items() if _are_alike(values)}
    apart = {name: _plain(model, name, values) for name, values in columns.items() if name not in alike}
    return {name: _plain(model, name, values[:1])[0] for name, values in alike.items()}, apart


def _are_alike(values: Sequence[Any]) -> bool:
    return bool(values[-1] == values[0]) and values.count(values[0]) == len(values)


def _plain(model: type[models.Model], name: str, values: Sequence[Any]) -> list[Any]:
    """As they are sent, all of one type: JSON and members of enumerations as text."""
    field = _field(model, name)
    if isinstance(field, models.JSONField):
        return [value if isinstance(value, Json) else json.dumps(value, cls=field.encoder) for value in values]
    if isinstance(field, models.CharField | models.TextField):
        return [None if value is None else str(value) for value in values]
    return list(values)


def _rows(model: type[models.Model], arrays: Columns) -> str:
    marks = ", ".join(
        "jsonb_array_elements(%s::jsonb)" if _is_json(model, name) else f"unnest(%s::{_type(model, name)}[])"
        for name in arrays
    )
    return f"ROWS FROM ({marks}) v({', '.join(_column(model, name) for name in arrays)})"


def _params(model: type[models.Model], arrays: Columns) -> list[str]:
    return [f"[{','.join(values)}]" if _is_json(model, name) else array(values) for name, values in arrays.items()]


def _is_json(model: type[models.Model], name: str) -> bool:
    """Such a column holds no NULL here: what it holds instead is an empty object."""
    return isinstance(_field(model, name), models.JSONField)


def _mark(model: type[models.Model], name: str) -> str:
    return f"%s::{_type(model, name)}"


def _type(model: type[models.Model], name: str) -> str:
    """Without its length: a cast would cut off what is too long, where the column refuses it."""
    return str(_field(model, name).db_type(connection)).partition("(")[0]


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _column(model: type[models.Model], name: str) -> str:
    return connection.ops.quote_name(_field(model, name).column)


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)
