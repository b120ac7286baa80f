"""A list answers to its own filters and nothing else: reading by guesses is reading."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import models, transaction
from django.test import RequestFactory
from django.urls import reverse

from tests import factories as f
from tests.attack.http import ANSWERS, query, within_time, without_effect

pytestmark = [pytest.mark.attack, pytest.mark.django_db]

LOOKUPS = (
    "", "exact", "iexact", "contains", "icontains", "in", "gt", "gte", "lt", "lte", "startswith", "istartswith",
    "endswith", "iendswith", "range", "date", "year", "month", "day", "week_day", "hour", "year__gte", "isnull",
    "regex", "iregex", "search", "has_key", "contains__regex", "pk", "pk__in", "nothing",
)  # fmt: skip
HOSTILE = (
    "a", "", "\0", "(", "[", "99999-12-31", "-1", "1" * 400, "1e400", "NaN", "None", "null", "%", "\\", "'", '{"a":1}',
    "a,b,\0", "\ud800", "2026-13-45", "00000000-0000-0000-0000-000000000000", "True", "x" * 5_000,
)  # fmt: skip
# What Django and its filters put into a list's address themselves.
OF_A_FILTER = ("", "exact", "isnull", "pk__in", "in")


def own_columns(model: type[models.Model]) -> list[str]:
    return [*(field.name for field in model._meta.get_fields()), "pk", "id__pk"]


def near_columns(model: type[models.Model]) -> list[str]:
    """Every column of the tables that the model points to, or that point to it."""
    links = [field for field in model._meta.get_fields() if field.is_relation and field.related_model]
    return [f"{link.name}__{far.name}" for link in links for far in link.related_model._meta.concrete_fields]


def is_declared(model_admin, column: str, lookup: str) -> bool:
    """Whether the parameter is one of the list's own filters'."""
    offered = [
        one if isinstance(one, str) else getattr(one, "parameter_name", "") for one in model_admin.get_list_filter(None)
    ]
    if f"{column}__{lookup}" in offered:
        return True
    return any(column in (name, f"{name}__id", f"{name}__pk") for name in offered) and lookup in OF_A_FILTER


@dataclass(frozen=True)
class Question:
    """One parameter that a list's address could carry."""

    model_admin: admin.ModelAdmin
    column: str
    lookup: str
    value: str

    @property
    def parameter(self) -> str:
        return f"{self.column}__{self.lookup}" if self.lookup else self.column

    @property
    def address(self) -> str:
        meta = self.model_admin.opts
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        return f"{url}?{query({self.parameter: self.value})}"

    def complaint(self, status: int | str) -> tuple | None:
        """What is wrong with this answer, if anything is."""
        is_offered = is_declared(self.model_admin, self.column, self.lookup)
        if status in (ANSWERS if is_offered else ANSWERS - {200}):
            return None
        return status, self.model_admin.opts.label, self.parameter, self.value[:20]


def lists() -> list[tuple[type[models.Model], admin.ModelAdmin]]:
    return sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)


def every_question() -> Iterator[Question]:
    """Of each list's own columns."""
    values = itertools.cycle(HOSTILE)
    for model, model_admin in lists():
        for column, lookup in itertools.product(own_columns(model), LOOKUPS):
            yield Question(model_admin, column, lookup, next(values))


def one_question_a_column() -> Iterator[Question]:
    """Of the tables around it too; lookup and value take turns."""
    values, lookups = itertools.cycle(HOSTILE), itertools.cycle(LOOKUPS)
    for model, model_admin in lists():
        for column in [*own_columns(model), *near_columns(model)]:
            yield Question(model_admin, column, next(lookups), next(values))


def status_of_view(question: Question, user) -> int | str:
    """The list's view called as Django calls it, without middleware and page: ten times as many in the same time."""
    request = RequestFactory().get(question.address)
    request.user, request.session = user, {}
    request._messages = FallbackStorage(request)
    try:
        with transaction.atomic():
            return question.model_admin.changelist_view(request).status_code
    except (BadRequest, SuspiciousOperation):
        return 400
    except PermissionDenied:
        return 403
    except Exception as fault:  # whatever it is, a browser would get a 500
        return repr(fault)[:60]


@pytest.fixture
def studio(db):
    f.person_with_everything()


def test_no_list_can_be_asked_about_what_it_does_not_offer(studio, tally):
    user, wrong = f.StaffFactory(is_superuser=True), []
    for question in within_time(every_question(), tally):
        tally["lookups"] += 1
        wrong.append(question.complaint(status_of_view(question, user)))
    assert list(filter(None, wrong)) == []


def test_nor_about_the_tables_around_it(studio, signed_in, tally):
    client, wrong = signed_in("superuser"), []
    for question in within_time(one_question_a_column(), tally):
        tally["lookups"] += 1
        with without_effect(client):
            wrong.append(question.complaint(client.get(question.address).status_code))
    assert list(filter(None, wrong)) == []
