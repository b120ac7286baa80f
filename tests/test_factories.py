"""Every model has a factory or is made from its fields, and one person has a row in every table about people."""

import pytest
from django.apps import apps

from privacy.datamap import compiler, readable, registry
from privacy.datamap.scope import Scope
from tests import factories

MODELS = [model for app in ("privacy", "billing") for model in apps.get_app_config(app).get_models()]
OURS = {model for model in MODELS if not model._meta.proxy}
MADE_BY_APPEND = {"AuditEntry"}


def test_every_model_that_is_about_nobody_has_a_factory():
    made = {factory._meta.model for name, factory in vars(factories).items() if name.endswith("Factory")}
    declared = registry.declarations.keys()  # what has none is made from its fields
    assert {model.__name__ for model in OURS - made - declared} - MADE_BY_APPEND == set()


@pytest.mark.django_db
def test_every_factory_makes_a_row():
    for name, factory in vars(factories).items():
        if name.endswith("Factory"):
            assert factory().pk is not None, name


@pytest.mark.django_db
def test_a_person_with_everything_has_a_row_in_every_declared_model():
    scope = Scope.one(factories.person_with_everything().id)
    without = set()
    for declaration in compiler.all_declarations():
        where, params = readable.readable_rows(declaration, scope)
        if not declaration.model.objects.extra(where=[where], params=params).exists():
            without.add(declaration.label())
    assert without == set()
