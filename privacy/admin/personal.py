"""Lists and pages of rows about people, to look at."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from unfold.decorators import display

from privacy.admin import filters
from privacy.admin.base import ReadOnlyAdmin, link_to_subject
from privacy.datamap import registry


class PersonalAdmin(ReadOnlyAdmin):
    """Rows about people, to look at: the newest first in one person's list, else in the order of the key.

    Sorting a whole table by a column without an index took seconds at a million rows, so columns do not sort.
    """

    newest_first: str = "-pk"
    sortable_by = ()

    @property
    def subject_path(self) -> str:
        """The foreign keys from a row to its person, as the data map has them."""
        return registry.declarations[self.model].subject

    def get_ordering(self, request):
        return [self.newest_first if self.is_of_one_person(request) else "-pk"]

    def is_of_one_person(self, request) -> bool:
        return f"{self.subject_path}__exact" in request.GET

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), filters.of_person(self.subject_path)]

    def get_queryset(self, request):
        joined = list(self.list_select_related or ())
        if joins := "__".join(self.subject_path.split("__")[:-1]):
            joined.append(joins)
        rows = super().get_queryset(request)
        return rows.select_related(*joined) if joined else rows

    def get_list_display(self, request):
        return [self.column(name) for name in super().get_list_display(request)]

    def get_fields(self, request, obj=None):
        return [self.column(name) for name in super().get_fields(request, obj)]

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj)

    def column(self, name: str):
        """The column as it is, or a link by key where it points at another row about people.

        Django would load that row, with all that stands in it, to print eight characters of its key.
        """
        field = next((f for f in self.opts.concrete_fields if f.name == name), None)
        if not field or field.related_model not in registry.declarations:
            return name
        other = field.related_model._meta
        page = f"admin:{other.app_label}_{other.model_name}_change"

        @display(description=field.verbose_name)
        def linked(obj):
            key = getattr(obj, field.attname)
            return link_to_row(page, other.verbose_name, key) if key else "–"

        linked.__name__ = f"linked_{name}"
        return linked

    @display(description="Subject")
    def subject_link(self, obj):
        *joins, last = self.subject_path.split("__")
        for name in joins:
            obj = getattr(obj, name)
        return link_to_subject(getattr(obj, f"{last}_id"))


def link_to_row(page: str, kind: str, key: Any):
    """`Script 1a2b3c4d`, linked to the row's page."""
    return format_html(
        '<a class="ops-link" href="{}">{} {}</a>', reverse(page, args=[key]), capfirst(kind), str(key)[:8]
    )
