"""Child flags: accounts that may be a child's, frozen until it is decided."""

from django import forms
from django.contrib import admin
from unfold.decorators import display

from privacy.admin.badges import badge
from privacy.admin.duties.base import DutyAdmin, OpenFilter
from privacy.admin.filters import LinkFilter
from privacy.models import ChildFlag


class FlagStateFilter(LinkFilter):
    title = "decision"
    parameter_name = "state__exact"
    field = forms.ChoiceField(choices=ChildFlag.State)


TONES = {ChildFlag.State.SUSPECTED: "warn", ChildFlag.State.CHILD: "stop", ChildFlag.State.CLEARED: "plain"}


@admin.register(ChildFlag)
class ChildFlagAdmin(DutyAdmin):
    list_filter = [OpenFilter, FlagStateFilter]
    list_display = ["person", "decide", "state_badge", "__str__", "reason", "flagged_by", "flagged_at", "decided_at"]
    list_display_links = ["__str__"]
    list_select_related = ["flagged_by"]
    ordering = ["-flagged_at"]
    fields = ["person", "state", "reason", "flagged_by", "flagged_at", "decided_by", "decided_at"]
    readonly_fields = ["person"]
    endings = ("child_confirm", "child_clear")
    open_label, past_label = "To be decided", "Decided"
    empty_text = "No flag here. An account is flagged from a person's page or the list of people."

    def is_in_force(self, row):
        """An account that is decided to be a child's can still be cleared."""
        return row.state != ChildFlag.State.CLEARED

    @display(description="State")
    def state_badge(self, flag):
        return badge(flag.get_state_display(), TONES[flag.state])
