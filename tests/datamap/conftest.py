"""Throw-away models: each test declares them in a registry of its own, and the project's is as it was after it."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from privacy.datamap import LawfulBasis, PersonalData, Use, registry
from privacy.datamap.retention import while_account_open


class ThrowAway(models.Model):
    class Meta:
        abstract = True
        app_label = "throwaway"


@pytest.fixture
def throwaway(monkeypatch):
    """Models defined during the test stand beside the project's; what it declares and exempts is forgotten after."""
    with isolate_apps() as own:
        both = SimpleNamespace(get_models=lambda **options: [*apps.get_models(**options), *models_of(own)])
        monkeypatch.setattr(registry, "apps", both)
        monkeypatch.setattr(registry, "declarations", dict(registry.declarations))
        monkeypatch.setattr(registry, "exemptions", dict(registry.exemptions))
        monkeypatch.setattr(registry, "exempt_evidence", dict(registry.exempt_evidence))
        yield


def models_of(own) -> list[type[models.Model]]:
    return [model for models_of_app in own.all_models.values() for model in models_of_app.values()]


def declare(model, **attributes) -> type[PersonalData]:
    """A declaration that is sound for a model with an `author`, but for what `attributes` say otherwise."""
    sound = {
        "subject": "author",
        "purpose": Use.STUDIO,
        "lawful_basis": LawfulBasis.CONTRACT,
        "retention": while_account_open(),
        "not_personal": ("id",),
    }
    kept = {name: value for name, value in (sound | attributes).items() if value is not None}
    return registry.register(model)(type(f"{model.__name__}Data", (PersonalData,), kept))
