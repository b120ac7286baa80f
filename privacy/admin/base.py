"""What every page of the back office shares: reads only unless a page says otherwise, quick at a million rows."""

import re
from collections.abc import Callable, Iterable
from functools import partial

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from unfold.admin import ModelAdmin, TabularInline, checkbox
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet
from unfold.views import ChangeList

from privacy.admin import address
from privacy.models import Staff
from privacy.selectors.who import Who, who

# Rendered once: a template for each row of a list was a tenth of the page.
CHECKBOX = checkbox.render(ACTION_CHECKBOX_NAME, "{}", {"aria-label": "{}"})

COUNT_CAP = 10_000
# Numbers of columns, each at most once, as the headers of the list write them; empty when the last one is taken out.
ORDER = re.compile(r"(?:-?[0-9]{1,2}(?:\.-?[0-9]{1,2})*)?", re.ASCII)


class CappedPaginator(Paginator):
    """Counts no further than COUNT_CAP: COUNT(*) over a million people took longer than the page itself."""

    template_name = "admin/privacy/pagination.html"

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().values("pk")[:COUNT_CAP].count()  # without the annotations

    @property
    def is_capped(self) -> bool:
        return self.count == COUNT_CAP


class CappedChangeList(ChangeList):
    """A page of rows, in an order that the list offers; a page that is not there is refused.

    Unfold's header compares with the count of the whole table, which nobody takes here.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = capfirst(self.opts.verbose_name_plural)  # Django's says to select one

    def get_results(self, request):
        try:
            super().get_results(request)
        except IncorrectLookupParameters as fault:
            raise address.Refused from fault
        if self.page_num > self.paginator.num_pages:  # Django shows the first page of a list that has no second one
            raise address.Refused
        self.full_result_count = self.result_count

    def get_ordering(self, request, queryset):
        """Django orders by any column of the list, those that show no arrow too, and passes over what it cannot."""
        columns = [int(number.lstrip("-")) for number in self.params.get(ORDER_VAR, "").split(".") if number]
        if len(set(columns)) < len(columns) or not all(self.can_be_sorted(column) for column in columns):
            raise address.Refused
        return super().get_ordering(request, queryset)

    def can_be_sorted(self, column: int) -> bool:
        if column >= len(self.list_display):
            return False
        name = self.list_display[column]
        offered = self.list_display if self.sortable_by is None else self.sortable_by
        return name in offered and bool(self.get_ordering_field(name))


class TabbedChangeList(CappedChangeList):
    """Shows the choices of its first filter as tabs above the rows (admin/privacy/tabs.html)."""

    def get_results(self, request):
        super().get_results(request)
        numbers = self.tab_numbers(request)
        self.tabs = [
            {"label": c["display"], "url": c["query_string"], "is_current": c["selected"], "number": numbers.get(n)}
            for n, c in enumerate(self.filter_specs[0].choices(self))
        ]

    def tab_numbers(self, request) -> dict[int, int]:
        """{place of the tab: rows on it}, of those worth counting."""
        return {}


class PeopleList(CappedChangeList):
    """Knows who the people of its page are, by one query for all of them. An action looks at none of them."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = SimpleLazyObject(partial(told_who, self.result_list, request.user))


def told_who(rows: Iterable, viewer: Staff) -> list:
    """The rows, each with `who` it is about."""
    rows = list(rows)
    known = who((row.subject_id for row in rows), viewer)
    for row in rows:
        row.who = known[row.subject_id]
    return rows


class StaffAdmin(ModelAdmin):
    """A list with capped counts and no facets. What may be added, changed or deleted is up to Django's permissions.

    Filters are of privacy.admin.filters: their keys are all that the address of a list may ask by.
    """

    changelist: type[CappedChangeList] = CappedChangeList
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50  # "Show all" would undo the cap
    actions = None  # "Delete selected" deletes past the data map; a page that needs actions names its own

    shows: tuple[type[models.Model], ...] = ()  # models whose rows stand on its pages, beside its inlines
    search_length = 0  # characters that `q` may have; 0 for a list that is not searched
    empty_text = "Nothing here."  # shown where the rows would be

    class Media:
        css = {"all": ("privacy/ops.css",)}

    def get_changelist(self, request, **kwargs):
        """Every way to the rows of a list comes through here, the export's too, before anything is looked up."""
        address.only(request, self.list_parameters(request))
        return self.changelist

    def list_parameters(self, request) -> dict[str, Callable[[str], bool]]:
        """{key that the list's address may have: whether it takes a value}. The filters check their own values."""
        filters = {offered.parameter_name: address.anything for offered in self.get_list_filter(request)}
        search = {SEARCH_VAR: lambda term: len(term) <= self.search_length} if self.search_length else {}
        pages = {PAGE_VAR: address.is_page_number, ORDER_VAR: lambda order: bool(ORDER.fullmatch(order))}
        return filters | search | pages

    @display(description=checkbox.render("action_toggle_all", 1, {"aria-label": "Select all rows"}))
    def action_checkbox(self, row):
        """Unfold's says "Select record" of every row."""
        return format_html(CHECKBOX, row.pk, f"Select {row}")

    def lookup_allowed(self, lookup, value, request):
        """Django would take any lookup on any column of the model."""
        return lookup in self.list_parameters(request)

    def get_object(self, request, object_id, from_field=None):
        """Every page of one row comes through here."""
        address.only(request, self.page_parameters(request))
        return super().get_object(request, object_id, from_field)

    def get_changeform_initial_data(self, request):
        """Nothing: a form is not filled in from its address."""
        address.only(request, self.page_parameters(request))
        return {}

    def page_parameters(self, request) -> dict[str, Callable[[str], bool]]:
        """The same for the page of one row: the way back to the list, pop-up windows, pages of the rows on it."""
        inlines = [inline.get_formset(request) for inline in self.get_inline_instances(request)]
        return {
            "_changelist_filters": address.anything,
            IS_POPUP_VAR: lambda value: value == "1",
            TO_FIELD_VAR: lambda field: self.to_field_allowed(request, field),
            **{f"{formset.get_default_prefix()}-page": address.is_page_number for formset in inlines},
        }

    def response_action(self, request, queryset):
        """Django hands ticked keys to the database as they come."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.clean(key, None)
        except ValidationError as fault:
            raise address.Refused from fault
        return super().response_action(request, queryset)

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        """Django's message repeats the key that was typed, which may be a name, and the session would keep it."""
        messages.warning(request, f"This {opts.verbose_name} doesn’t exist. It was deleted, or the link is wrong.")
        return redirect("admin:index")

    @display(description="Subject", ordering="subject")
    def subject_link(self, obj):
        """The person by pseudonym, linked for those who may look."""
        return link_to_subject(obj.subject_id)

    @display(description="Who")
    def person(self, obj):
        """Name, masked address and short id, of a row from a PeopleList."""
        return person_cell(obj.who)


class ReadOnly:
    """Nothing is written through these pages; what changes a person's data goes through an action and its plan."""

    def has_add_permission(self, request, *args) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, StaffAdmin):
    """A list and pages to look at."""


class InlinePages(PaginationInlineFormSet):
    """Unfold would show the first page for one that is not there."""

    def get_page(self, paginator, page):
        if page > paginator.num_pages:
            raise address.Refused
        return super().get_page(paginator, page)


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows to look at on another model's page, a page of them at a time."""

    formset = InlinePages
    extra = 0
    per_page = 20
    tab = True
    show_change_link = True

    def get_readonly_fields(self, request, obj=None):
        return self.fields


def link_to_subject(subject_id):
    """`Subject 1a2b3c4d`, never a name, linked to the person's page."""
    url = reverse("admin:privacy_datasubject_change", args=[subject_id])
    return format_html('<a class="ops-link" href="{}">Subject {}</a>', url, str(subject_id)[:8])


def person_cell(person: Who):
    """Who it is, linked to their page; the pseudonym alone for those who may not see people."""
    if not person.is_shown:
        return person.pseudonym
    url = reverse("admin:privacy_datasubject_change", args=[person.id])
    return format_html(
        '<span class="ops-who"><a class="ops-link" href="{}">{}</a>{}</span>', url, person.title, also_known(person)
    )


def also_known(person: Who):
    """What tells the person from others of the name."""
    facts = [person.address, person.short_id if person.name else "", "erased" if person.is_erased else ""]
    return format_html_join("", ' <span class="ops-quiet">{}</span>', ((fact,) for fact in facts if fact))
