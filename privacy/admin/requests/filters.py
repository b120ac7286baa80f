"""The filters of the queue: its tabs, deadlines, kinds and states."""

from django.db.models import Q

from privacy.admin.filters import ChoiceFilter, DeclaredFilter, PersonFilter
from privacy.catalogue import case_kinds
from privacy.models import Outcome, State
from privacy.selectors import cases, deadlines


class QueueFilter(DeclaredFilter):
    """The tabs above the list; without one, what is open."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request, model_admin):
        return list(tabs_for(request.user).items())

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": "Open"}, *others]

    def queryset(self, request, queryset):
        is_open = queryset.filter(cases.OPEN)
        match self.wanted:
            case "mine":
                return queryset.filter(cases.of(request.user))
            case "approval":
                return queryset.filter(awaiting(request.user))
            case "running":
                return queryset.filter(cases.being_carried_out()).exclude(cases.IS_PARKED)
            case "answering":
                return queryset.filter(state=State.ANSWERING)
            case "parked":
                return is_open.filter(cases.IS_PARKED)
            case "overdue":
                return is_open.filter(deadlines.overdue())
            case "owed":
                return queryset.filter(cases.owes())
            case "closed":
                return queryset.filter(state=State.CLOSED)
            case "all":
                return queryset
        return is_open


class DeadlineFilter(ChoiceFilter):
    """Open requests by their deadline; the figures of the dashboard lead here."""

    title = "deadline"
    parameter_name = "deadline"
    choices_offered = (("week", "In 7 days"), ("escalated", "Escalated"), ("none_verified", "No verified rule"))

    def queryset(self, request, queryset):
        is_open = queryset.filter(cases.OPEN)
        match self.wanted:
            case "escalated":
                return queryset.filter(cases.escalated())
            case "week":
                return is_open.filter(deadlines.due_soon())
            case "none_verified":
                return is_open.filter(deadlines.NONE_VERIFIED)
        return queryset


class KindFilter(ChoiceFilter):
    title = "kind"
    parameter_name = "kind__exact"

    def lookups(self, request, model_admin):
        return [(kind.key, kind.label) for kind in case_kinds.values()]


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state__exact"
    choices_offered = State.choices


class OutcomeFilter(ChoiceFilter):
    title = "outcome"
    parameter_name = "outcome__exact"
    choices_offered = Outcome.choices


class SubjectFilter(PersonFilter):
    parameter_name = "subject"


def tabs_for(user) -> dict[str, str]:
    """{value of the filter: words on the tab}, without the first one, Open."""
    undecided = "Awaiting my decision" if cases.decides(user) else "Awaiting decision"
    return {
        "mine": "Mine", "approval": undecided, "running": "Running", "answering": "To be answered", "parked": "Parked",
        "overdue": "Overdue", "owed": "Owing", "closed": "Closed", "all": "All",
    }  # fmt: skip


def awaiting(user) -> Q:
    """What waits for this member's decision; for those who decide nothing, all that waits for anybody's."""
    return cases.decidable_by(user) if cases.decides(user) else cases.undecided()
