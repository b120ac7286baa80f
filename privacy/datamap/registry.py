"""Which declaration speaks for which model. Filled by every installed app's `personal_data` module."""

from collections.abc import Callable

from django.db import models

from privacy.datamap.declaration import PersonalData

declarations: dict[type[models.Model], type[PersonalData]] = {}
exemptions: dict[type[models.Model], str] = {}


def register(model: type[models.Model]) -> Callable[[type[PersonalData]], type[PersonalData]]:
    """Class decorator, like admin.register: this declaration speaks for `model`."""

    def wrap(declaration: type[PersonalData]) -> type[PersonalData]:
        declaration.model = model
        declarations[model] = declaration
        return declaration

    return wrap


def exempt(model: type[models.Model], *, because: str) -> None:
    """Says that `model` holds nothing about a data subject. A blank reason fails the system check."""
    exemptions[model] = because
