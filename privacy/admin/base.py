"""What every page of the back office shares: reads only unless a page says otherwise, quick at a million rows."""

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.views import ChangeList

COUNT_CAP = 10_000


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
    """Unfold's header compares with the count of the whole table, which nobody takes here."""

    def get_results(self, request):
        super().get_results(request)
        self.full_result_count = self.result_count


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


class StaffAdmin(ModelAdmin):
    """A list with capped counts and no facets. What may be added, changed or deleted is up to Django's permissions."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50  # "Show all" would undo the cap
    actions = None  # "Delete selected" deletes past the data map; a page that needs actions names its own

    empty_text = "Nothing matches."  # shown where the rows would be

    class Media:
        css = {"all": ("privacy/ops.css",)}

    def get_changelist(self, request, **kwargs):
        return CappedChangeList

    @display(description="Subject", ordering="subject")
    def subject_link(self, obj):
        """The person by pseudonym, linked for those who may look."""
        return link_to_subject(obj.subject_id)


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


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows to look at on another model's page, a page of them at a time."""

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
