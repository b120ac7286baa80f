"""The filters of the queue: its tabs, deadlines, kinds and states."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q

from privacy import regimes
from privacy.admin.filters import ChoiceFilter, DeclaredFilter, PersonFilter
from privacy.catalogue import case_kinds
from privacy.models import Outcome, State
from privacy.selectors import cases, deadlines, letters

DAY = forms.DateField(
    required=False, input_formats=["%Y-%m-%d"],
    validators=[MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2199, 12, 31))],
)  # fmt: skip


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
            case "unassigned":
                return queryset.filter(cases.unassigned())
            case "approval":
                return queryset.filter(awaiting(request.user))
            case "news":
                return queryset.filter(letters.HAS_NEWS)
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
    choices_offered = (
        ("overdue", "Overdue"),
        ("week", "In 7 days"),
        ("escalated", "Escalated"),
        ("to_me", "Escalated to me"),
        ("none_verified", "No verified rule"),
    )

    def queryset(self, request, queryset):
        is_open = queryset.filter(cases.OPEN)
        match self.wanted:
            case "overdue":
                return is_open.filter(deadlines.overdue())
            case "to_me":
                return queryset.filter(cases.escalated_to(request.user))
            case "escalated":
                return queryset.filter(cases.escalated())
            case "week":
                return is_open.filter(deadlines.due_soon())
            case "none_verified":
                return is_open.filter(deadlines.NONE_VERIFIED)
        return queryset


class DayFilter(DeclaredFilter):
    """Picked in the form above the list; an empty one filters nothing."""

    def lookups(self, request, model_admin):
        return [(self.value(), self.value())] if self.value() else []

    def clean(self, text):
        return DAY.clean(text)


class ReceivedFrom(DayFilter):
    title, parameter_name = "received from", "received_from"

    def queryset(self, request, queryset):
        return queryset if self.wanted is None else queryset.filter(received_at__gte=start_of(self.wanted))


class ReceivedTo(DayFilter):
    title, parameter_name = "received to", "received_to"

    def queryset(self, request, queryset):
        if self.wanted is None:
            return queryset
        return queryset.filter(received_at__lt=start_of(self.wanted + timedelta(days=1)))


class DueFrom(DayFilter):
    title, parameter_name = "due from", "due_from"

    def queryset(self, request, queryset):
        return queryset if self.wanted is None else queryset.filter(due_on__gte=self.wanted)


class DueTo(DayFilter):
    title, parameter_name = "due to", "due_to"

    def queryset(self, request, queryset):
        return queryset if self.wanted is None else queryset.filter(due_on__lte=self.wanted)


DAYS = (ReceivedFrom, ReceivedTo, DueFrom, DueTo)


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


def start_of(day: date) -> datetime:
    """The first moment of the controller's day."""
    return datetime.combine(day, time.min, regimes.CONTROLLER_ZONE)


def tabs_for(user) -> dict[str, str]:
    """{value of the filter: words on the tab}, without the first one, Open."""
    undecided = "Awaiting my decision" if cases.decides(user) else "Awaiting decision"
    return {
        "mine": "Mine", "unassigned": "Unassigned", "approval": undecided, "running": "Running",
        "answering": "To be answered", "news": "Something came in", "parked": "Parked", "overdue": "Overdue",
        "owed": "Owing", "closed": "Closed", "all": "All",
    }  # fmt: skip


def awaiting(user) -> Q:
    """What waits for this member's decision; for those who decide nothing, all that waits for anybody's."""
    return cases.decidable_by(user) if cases.decides(user) else cases.undecided()
