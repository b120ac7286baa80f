"""Legal holds and child flags: lists of what is in force, from which it is released by the same flow as anywhere."""

from django import forms
from django.contrib import admin
from unfold.decorators import display

from privacy.admin import actions
from privacy.admin.badges import badge
from privacy.admin.base import ReadOnlyAdmin, TabbedChangeList
from privacy.admin.filters import DeclaredFilter, LinkFilter
from privacy.models import ChildFlag, LegalHold


class OpenFilter(DeclaredFilter):
    """What is in force is what staff come for; the past is one click away."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("past", model_admin.past_label), ("all", "All")]

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": changelist.model_admin.open_label}, *others]

    def queryset(self, request, queryset):
        is_open = {f"{self.end_field(queryset.model)}__isnull": True}
        match self.wanted:
            case "past":
                return queryset.exclude(**is_open)
            case "all":
                return queryset
        return queryset.filter(**is_open)

    def end_field(self, model) -> str:
        return "released_at" if model is LegalHold else "decided_at"


class ReleasedFilter(LinkFilter):
    title = "release"
    parameter_name = "released_at__isnull"
    label = "Not released"
    field = forms.TypedChoiceField(choices=[("1", label)], coerce=bool)


class FlagStateFilter(LinkFilter):
    title = "decision"
    parameter_name = "state__exact"
    field = forms.ChoiceField(choices=ChildFlag.State)


TONES = {ChildFlag.State.SUSPECTED: "warn", ChildFlag.State.CHILD: "stop", ChildFlag.State.CLEARED: "plain"}


class DutyAdmin(ReadOnlyAdmin):
    """`endings` are the kinds of case that end the duty or decide about it; offered to those who may ask for them."""

    changelist = TabbedChangeList
    actions = ()
    endings: tuple[str, ...]

    def get_actions(self, request):
        kinds = [kind for kind in actions.allowed(request) if kind.key in self.endings]
        starts = {kind.key: actions.start_from_list(kind, "subject") for kind in kinds}
        return {key: (start, key, start.short_description) for key, start in starts.items()}


@admin.register(LegalHold)
class LegalHoldAdmin(DutyAdmin):
    list_filter = [OpenFilter, ReleasedFilter]
    list_display = ["__str__", "subject_link", "state", "reason", "silent", "placed_by", "placed_at", "released_at"]
    list_select_related = ["placed_by"]
    ordering = ["-placed_at"]
    fields = ["subject_link", "reason", "silent", "placed_by", "placed_at", "released_by", "released_at"]
    readonly_fields = ["subject_link"]
    endings = ("hold_release",)
    open_label, past_label = "In force", "Released"
    empty_text = "No legal hold here. One is placed from a person's page or the list of people."

    @display(description="State")
    def state(self, hold):
        return badge("Released", "plain") if hold.released_at else badge("In force", "stop")


@admin.register(ChildFlag)
class ChildFlagAdmin(DutyAdmin):
    list_filter = [OpenFilter, FlagStateFilter]
    list_display = ["__str__", "subject_link", "state_badge", "reason", "flagged_by", "flagged_at", "decided_at"]
    list_select_related = ["flagged_by"]
    ordering = ["-flagged_at"]
    fields = ["subject_link", "state", "reason", "flagged_by", "flagged_at", "decided_by", "decided_at"]
    readonly_fields = ["subject_link"]
    endings = ("child_confirm", "child_clear")
    open_label, past_label = "To be decided", "Decided"
    empty_text = "No flag here. An account is flagged from a person's page or the list of people."

    @display(description="State")
    def state_badge(self, flag):
        return badge(flag.get_state_display(), TONES[flag.state])
