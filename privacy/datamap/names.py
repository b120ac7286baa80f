"""Tables and columns by the names that the database reads."""

from django.db import connection, models

from privacy.datamap.fields import Column, field_of

# The machinery imports no model; these it knows by label and column.
SUBJECT, LIMIT, HOLD = "privacy.DataSubject", "privacy.Limit", "privacy.LegalHold"
CLOSED_AT, ERASED_AT, LIFTED_AT, RELEASED_AT = "closed_at", "erased_at", "lifted_at", "released_at"


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def table_of(model: type[models.Model]) -> str:
    return quoted(model._meta.db_table)


def key_of(model: type[models.Model]) -> str:
    return quoted(model._meta.pk.column)


def model_named(label: str) -> type[models.Model]:
    from django.apps import apps

    return apps.get_model(label)


def table_named(label: str) -> str:
    return table_of(model_named(label))


def field_named(label: str, name: str) -> Column:
    return field_of(model_named(label), name)
