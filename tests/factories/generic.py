"""A row of any declared model, made from its fields: a new model has one without a factory of its own."""

from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import NOT_PROVIDED
from django.utils.crypto import get_random_string

from privacy.datamap import compiler, readable
from privacy.datamap.declaration import PersonalData
from privacy.datamap.scope import Scope
from privacy.models import DataSubject


def has_the_rest(person: DataSubject) -> None:
    """A row in each declared model in which the person has none."""
    scope = Scope.one(person.id)
    for declaration in compiler.all_declarations():
        where, params = readable.readable_rows(declaration, scope)
        if not declaration.model._default_manager.extra(where=[where], params=params).exists():
            row_of(declaration, person)


def row_of(declaration: type[PersonalData], person: DataSubject) -> models.Model:
    link, *_ = declaration.path()
    return declaration.model._default_manager.create(
        **{field.name: value_of(field, person if field.name == link else None) for field in needed(declaration, link)}
    )


def needed(declaration: type[PersonalData], link: str) -> list[models.Field]:
    """The fields without which the database takes no row."""
    given = [field for field in declaration.model._meta.concrete_fields if not field.primary_key]
    return [field for field in given if field.name == link or not (field.null or has_default(field))]


def has_default(field: models.Field) -> bool:
    return field.has_default() or field.db_default is not NOT_PROVIDED or field.blank


def value_of(field: models.Field, person: DataSubject | None) -> Any:
    match field:
        case models.ForeignKey() if person and field.related_model is DataSubject:
            return person
        case models.ForeignKey():
            return field.related_model._default_manager.first()
        case models.CharField() | models.TextField() if field.choices:
            return field.choices[0][0]
        case models.BooleanField():
            return False
        case models.DateTimeField():
            return datetime.now(UTC)
        case models.DateField():
            return datetime.now(UTC).date()
        case models.IntegerField():
            return 1
        case models.JSONField():
            return {}
    return get_random_string(min(field.max_length or 12, 12))
