"""Fields that have a column. Django's `get_field` finds others too, such as the far ends of foreign keys."""

from typing import Any, cast

from django.core.exceptions import FieldDoesNotExist
from django.db import models

type Column = models.Field[Any, Any]


def field_of(model: type[models.Model], name: str) -> Column:
    """Raises FieldDoesNotExist."""
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(f"{model._meta.label} has no column for {name!r}.")
    return field


def is_free_text(field: Column) -> bool:
    """Whether anything can stand in it: text, JSON or a file, and no choice of a list."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.FileField)
    return isinstance(field, kinds) and not field.choices


def date_fault(model: type[models.Model], path: str) -> str:
    """Why this path, from a row of the model and through foreign keys, leads to no date; empty when it does."""
    *links, name = path.split("__")
    try:
        for link in links:
            field = field_of(model, link)
            if not isinstance(field, models.ForeignKey):
                return f"counts from {path!r}, where {link!r} is no foreign key"
            model = far_end(field)
        field = field_of(model, name)
    except FieldDoesNotExist:
        return f"counts from {path!r}, which is not a field"
    return "" if isinstance(field, models.DateField) else f"counts from {path!r}, which is no date"


def far_end(link: Column) -> type[models.Model]:
    """The model at the other end of a foreign key; its name, as a text, only until all models are loaded."""
    return cast(type[models.Model], link.related_model)
