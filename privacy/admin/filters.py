"""The filters of the lists. Each takes one key of the address, with the values that it offers."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from privacy.admin.address import Refused


class DeclaredFilter(admin.SimpleListFilter):
    """A filter that refuses what it does not offer: an ignored value would show the whole list as if it were a part.

    `wanted` is the value of the address as `clean` understands it, None without one.
    """

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        try:
            self.wanted = None if self.value() is None else self.clean(self.value())
        except ValidationError as fault:
            raise Refused from fault

    def clean(self, text: str) -> Any:
        """The value to look for. Raises ValidationError for one that the filter does not offer."""
        if text not in (value for value, _ in self.lookup_choices):
            raise ValidationError("not among the choices")
        return text

    def queryset(self, request, queryset):
        return queryset if self.wanted is None else queryset.filter(**{self.parameter_name: self.wanted})


class ChoiceFilter(DeclaredFilter):
    """The choices of a field, compared exactly."""

    choices_offered: Iterable[tuple[str, str]]

    def lookups(self, request, model_admin):
        return self.choices_offered


class YesNoFilter(ChoiceFilter):
    choices_offered = (("1", "Yes"), ("0", "No"))


class LinkFilter(DeclaredFilter):
    """Reached by a link of ours only: nobody picks one of a million people from a list of choices.

    `field` reads the value; `label` is what the list of filters calls it, else the value itself.
    """

    field: forms.Field
    label = ""

    def lookups(self, request, model_admin):
        return [] if self.value() is None else [(self.value(), self.label or self.value())]

    def clean(self, text):
        return self.field.clean(text)


class PersonFilter(LinkFilter):
    title = "person"
    label = "This person"
    field = forms.UUIDField()


@cache
def of_person(path: str) -> type[PersonFilter]:
    """The filter by the person at the end of the foreign keys of `path`."""
    return type("PersonFilter", (PersonFilter,), {"parameter_name": f"{path}__exact"})
