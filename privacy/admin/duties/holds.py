"""Legal holds: what is in force, and what was."""

from django import forms
from django.contrib import admin
from unfold.decorators import display

from privacy.admin.badges import badge
from privacy.admin.duties.base import DutyAdmin, OpenFilter
from privacy.admin.filters import LinkFilter
from privacy.models import LegalHold


class ReleasedFilter(LinkFilter):
    title = "release"
    parameter_name = "released_at__isnull"
    label = "Not released"
    field = forms.TypedChoiceField(choices=[("1", label)], coerce=bool)


@admin.register(LegalHold)
class LegalHoldAdmin(DutyAdmin):
    list_filter = [OpenFilter, ReleasedFilter]
    list_display = ["person", "decide", "state", "__str__", "reason", "silent", "placed_by", "placed_at", "released_at"]
    list_display_links = ["__str__"]
    list_select_related = ["placed_by"]
    ordering = ["-placed_at"]
    fields = ["person", "reason", "silent", "placed_by", "placed_at", "released_by", "released_at"]
    readonly_fields = ["person"]
    endings = ("hold_release",)
    open_label, past_label = "In force", "Released"
    empty_text = "No legal hold here. One is placed from a person's page or the list of people."

    def is_in_force(self, row):
        return row.released_at is None

    @display(description="State")
    def state(self, hold):
        return badge("Released", "plain") if hold.released_at else badge("In force", "stop")
