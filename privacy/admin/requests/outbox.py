"""The list of letters: what waits for a second person, what goes out, and what came back."""

from django.contrib import admin
from django.contrib.admin.options import unquote
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from privacy.admin.base import ReadOnlyAdmin
from privacy.admin.filters import ChoiceFilter
from privacy.admin.requests.letters import letter_page, state_of
from privacy.fulfilment.letters import kinds
from privacy.models import Letter


class LetterStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    choices_offered = tuple(Letter.State.choices)


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """The page of one stands beneath its case."""

    list_display = ["letter", "case_link", "stands", "language", "way", "made_at", "sent_at"]
    list_filter = [LetterStateFilter]
    list_select_related = ["case"]
    sortable_by = ("made_at", "sent_at")
    ordering = ["-made_at"]
    empty_text = "No letter yet."

    def get_queryset(self, request):
        return super().get_queryset(request).defer("sealed")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return redirect(letter_page(row))

    @display(description="Letter")
    def letter(self, row):
        return kinds.label_of(row.kind)

    @display(description="Case")
    def case_link(self, row):
        url = reverse("admin:privacy_rightsrequest_change", args=[row.case_id])
        return format_html('<a class="ops-link" href="{}">{}</a>', url, row.case)

    @display(description="Stands")
    def stands(self, row):
        return state_of(row)
