"""A list answers to its own filters and nothing else: reading by guesses is reading."""

import itertools

import pytest
from django.contrib import admin
from django.db import models
from django.urls import reverse

from tests import factories as f
from tests.attack.http import ANSWERS, query, without_effect

pytestmark = [pytest.mark.attack, pytest.mark.django_db]

LOOKUPS = (
    "", "exact", "iexact", "contains", "icontains", "in", "gt", "gte", "lt", "lte", "startswith", "istartswith",
    "endswith", "iendswith", "range", "date", "year", "month", "day", "week_day", "hour", "year__gte", "isnull", "regex",
    "iregex", "search", "has_key", "contains__regex", "pk", "pk__in", "nothing",
)  # fmt: skip
HOSTILE = (
    "a", "", "\0", "(", "[", "99999-12-31", "-1", "1" * 400, "1e400", "NaN", "None", "null", "%", "\\", "'", '{"a":1}',
    "a,b,\0", "\ud800", "2026-13-45", "00000000-0000-0000-0000-000000000000", "True", "x" * 5_000,
)  # fmt: skip
# What Django and its filters put into a list's address themselves.
OF_A_FILTER = ("", "exact", "isnull", "pk__in", "in")
SHARDS = 4


def columns(model: type[models.Model]) -> list[str]:
    """Every column of the table, and every column of the tables that it points to or that point to it."""
    near = []
    for field in model._meta.get_fields():
        near.append(field.name)
        if field.is_relation and field.related_model:
            near += [f"{field.name}__{far.name}" for far in field.related_model._meta.concrete_fields]
    return [*near, "pk", "id__pk"]


def is_declared(model_admin, column: str, lookup: str) -> bool:
    """Whether the parameter is one of the list's own filters'."""
    filters = [
        one if isinstance(one, str) else getattr(one, "parameter_name", one[0]) for one in model_admin.list_filter
    ]
    return any(column in (name, f"{name}__id", f"{name}__pk") for name in filters) and lookup in OF_A_FILTER


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_list_can_be_asked_about_what_it_does_not_offer(signed_in, tally, shard):
    f.person_with_everything()
    client, values, wrong = signed_in("superuser"), itertools.cycle(HOSTILE), []
    asked = [
        (model_admin, column, lookup)
        for model, model_admin in sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)
        for column in columns(model)
        for lookup in LOOKUPS
    ]
    for model_admin, column, lookup in asked[shard::SHARDS]:
        name = f"{column}__{lookup}".removesuffix("__")
        value = next(values)
        meta = model_admin.opts
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        with without_effect(client):
            status = client.get(f"{url}?{query({name: value})}").status_code
        tally["lookups"] += 1
        allowed = ANSWERS if is_declared(model_admin, column, lookup) else ANSWERS - {200}
        if status not in allowed:
            wrong.append((status, meta.label, name, value[:20]))
    assert wrong == []
