"""What the lists of duties share: what is in force comes first, and is ended by the same flow as anywhere."""

from privacy.admin import actions
from privacy.admin.base import PeopleList, ReadOnlyAdmin, TabbedChangeList
from privacy.admin.filters import DeclaredFilter
from privacy.models import LegalHold
from privacy.selectors.who import who


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


class DutyList(PeopleList, TabbedChangeList):
    """What is in force, and about whom."""


class DutyAdmin(ReadOnlyAdmin):
    """`endings` are the kinds of case that end the duty or decide about it; offered to those who may ask for them."""

    changelist = DutyList
    actions = ()
    endings: tuple[str, ...]

    def get_actions(self, request):
        kinds = [kind for kind in actions.allowed(request) if kind.key in self.endings]
        starts = {kind.key: actions.start_from_list(kind, "subject") for kind in kinds}
        return {key: (start, key, start.short_description) for key, start in starts.items()}

    def get_object(self, request, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.who = who([row.subject_id], request.user)[row.subject_id]
        return row
