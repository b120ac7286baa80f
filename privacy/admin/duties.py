"""Legal holds and child flags: lists of what is in force, from which it is released by the same flow as anywhere."""

from django import forms
from django.contrib import admin
from unfold.decorators import display

from privacy.admin import actions
from privacy.admin.badges import badge
from privacy.admin.base import ReadOnlyAdmin, TabbedChangeList
from privacy.admin.filters import DeclaredFilter, LinkFilter
from privacy.models import ChildFlag, LegalHold


def start_for_subjects(action: actions.SubjectAction):
    """A list action that leads the rows' people to the confirmation of `action`."""

    def start(model_admin, request, queryset):
        people = queryset.order_by().values_list("subject", flat=True).distinct()
        return actions.confirm_if_few(request, action, people)

    start.short_description = f"{action.label}…"
    return start


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


class DutyAdmin(ReadOnlyAdmin):
    """`action_name` is what ends the duty; it is offered to those who may."""

    changelist = TabbedChangeList
    actions = ()
    action_name: str

    def get_actions(self, request):
        action = actions.ACTIONS[self.action_name]
        if not request.user.has_perm(action.permission):
            return {}
        start = start_for_subjects(action)
        return {action.name: (start, action.name, start.short_description)}


@admin.register(LegalHold)
class LegalHoldAdmin(DutyAdmin):
    list_filter = [OpenFilter, ReleasedFilter]
    list_display = ["__str__", "subject_link", "state", "reason", "silent", "placed_by", "placed_at", "released_at"]
    list_select_related = ["placed_by"]
    ordering = ["-placed_at"]
    fields = ["subject_link", "reason", "silent", "placed_by", "placed_at", "released_by", "released_at"]
    readonly_fields = ["subject_link"]
    action_name = "release"
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
    action_name = "clear"
    open_label, past_label = "To be decided", "Cleared"
    empty_text = "No flag here. An account is flagged from a person's page or the list of people."

    @display(description="State")
    def state_badge(self, flag):
        return badge(flag.get_state_display(), "warn" if flag.state == ChildFlag.State.SUSPECTED else "plain")
