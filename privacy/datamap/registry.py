"""Which declaration speaks for which model. Filled by every installed app's `personal_data` module."""

from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.migrations.recorder import MigrationRecorder

from privacy.datamap.declaration import Evidence, PersonalData

# Whoever runs our servers stores every row and every file.
STORES_ALL = ("hosting",)

declarations: dict[type[models.Model], type[PersonalData]] = {}
exemptions: dict[type[models.Model], str] = {}
exempt_evidence: dict[type[models.Model], Evidence] = {}
erasers: dict[type[models.Model], "Eraser"] = {}


@dataclass(frozen=True)
class Eraser:
    """For a table that belongs to nobody's data but keeps what people type: a row that names the person goes.
    `text_of` reads all that somebody may have typed out of a row."""

    text_of: Callable[[models.Model], str]
    because: str


def register(model: type[models.Model]) -> Callable[[type[PersonalData]], type[PersonalData]]:
    """Class decorator, like admin.register: this declaration speaks for `model`."""

    def wrap(declaration: type[PersonalData]) -> type[PersonalData]:
        if model in declarations:  # the second would silently undo what the first erases
            raise ImproperlyConfigured(f"{model._meta.label} is declared twice in the data map.")
        declaration.model = model
        declaration.recipients = tuple(dict.fromkeys((*declaration.recipients, *STORES_ALL)))
        declarations[model] = declaration
        return declaration

    return wrap


def named(label: str) -> type[PersonalData]:
    """The declaration of the model with this label. Raises KeyError."""
    return {declared.label(): declared for declared in declarations.values()}[label]


def exempt(model: type[models.Model], *, because: str, evidence: Evidence | None = None) -> None:
    """Says that `model` holds nothing about a data subject. A blank reason fails the system check."""
    exemptions[model] = because
    if evidence:
        exempt_evidence[model] = evidence


def evidence() -> dict[type[models.Model], Evidence]:
    """Every model whose rows prove something, declared or exempted, and what may happen to them."""
    return {model: d.evidence for model, d in declarations.items() if d.evidence} | exempt_evidence


def masked(model: type[models.Model]) -> tuple[str, ...]:
    """The fields of the model whose values are shown for a reason only."""
    declared = declarations.get(model)
    return declared.masked_fields() if declared else ()


def erased_by(model: type[models.Model], text_of: Callable[[models.Model], str], *, because: str) -> None:
    """Says that rows of `model` whose text names a person go when that person is erased."""
    erasers[model] = Eraser(text_of, because)


def models_with_tables() -> list[type[models.Model]]:
    """Every model that must be in the map: auto-created M2M tables and the migrations' own table count."""
    found = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    return [*found, MigrationRecorder.Migration]
