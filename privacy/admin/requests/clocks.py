"""The clocks of a case: what each law asks and how that was reckoned; to acknowledge, to extend, to pause."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from unfold.widgets import UnfoldAdminSelectWidget

from privacy import regimes
from privacy.admin.badges import badge, short_date
from privacy.admin.forms import DayInput, NoQuestionsForm, not_to_come
from privacy.admin.requests.base import ask, carry_out, check_permit, on_request
from privacy.cases import clocks
from privacy.catalogue import case_kinds
from privacy.models import Case, Clock, ClockPause, RegimeRule
from privacy.regimes.deadlines import clock_as_json, rule_as_json
from privacy.regimes.delays import Delay

NO_RESIDENCE = "The residence is known no more, so the steps cannot be told again."


class AcknowledgeForm(forms.Form):
    on = forms.DateField(
        label="On which day was the person told?", required=False, widget=DayInput, validators=[not_to_come],
        help_text="Empty: today.",
    )  # fmt: skip


class ExtendForm(forms.Form):
    """`delays` are those that the laws of the case allow."""

    because = forms.ChoiceField(
        label="Why is the answer put off?", widget=UnfoldAdminSelectWidget,
        help_text="Tell the person this and the new date within the first period: nothing is sent from here.",
        error_messages={"required": "Choose why: the law allows it for these reasons alone."},
    )  # fmt: skip

    def __init__(self, *args, delays: Sequence[Delay], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["because"].choices = [("", "Choose…"), *((delay.reason, delay.with_law) for delay in delays)]


def lines_of(row: Case, pauses: Sequence[ClockPause]) -> list[dict[str, Any]]:
    """The clocks as the page shows them, the strictest first; none of a case without a deadline, or of one that was
    opened before clocks were kept and has not been reckoned since."""
    found = clocks.reckoned(row, pauses)
    found.sort(key=lambda pair: (pair[0].kind == Clock.Kind.INTERNAL, pair[0].planned_on))
    return [line_of(row, *pair) for pair in found]


def line_of(row: Case, clock: Clock, told: regimes.Reckoned | None) -> dict[str, Any]:
    rule = clock.rule
    return {
        "what": Clock.Kind(clock.kind).label,
        "law": rule.name,
        "badge": badge("Unverified", "warn") if rule.verified_on is None else None,
        "binds": bool(told and told.is_response) and clock.planned_on == row.due_on,
        "planned": short_date(clock.planned_on),
        "limit": short_date(clock.limit_on),
        "source": rule.source,
        "read": f"read on {short_date(rule.verified_on)} by {rule.verified_by}" if rule.verified_on else "",
        "note": told.note if told else NO_RESIDENCE,
        "steps": told.period.steps if told else (),
    }


def facts_of(row: Case, pauses: Sequence[ClockPause]) -> dict[str, Any]:
    """What the page of a case says of its clocks."""
    prefetch_related_objects([row], Prefetch("clocks", Clock.objects.select_related("rule")))
    return {"clocks": lines_of(row, pauses), "pauses": pauses, "received_on": regimes.day_of(row.received_at)}


@on_request
def as_json(request: HttpRequest, row: Case) -> HttpResponse:
    """{case, received, due_on, limit_on, law, acknowledged_at, extended_at, pauses: [{why, began_on, ended_on}],
    clocks: [{kind, law, rule, fallback, planned, due, steps, skipped}]}."""
    found = clocks.reckoned(row, row.pauses.all())
    return JsonResponse(
        {
            "case": row.pk, "received": regimes.day_of(row.received_at), "due_on": row.due_on,
            "limit_on": row.limit_on, "law": row.regime, "acknowledged_at": row.acknowledged_at,
            "extended_at": row.extended_at,
            "pauses": list(row.pauses.values("why", "began_on", "ended_on")),
            "clocks": [
                {"kind": clock.kind, "law": clock.rule.law, "rule": rule_as_json(clock.rule),
                 "fallback": clock.is_fallback, "planned": clock.planned_on, "due": clock.limit_on,
                 "note": told.note if told else NO_RESIDENCE, **(clock_as_json(told) if told else {})}
                for clock, told in found
            ],
        }
    )  # fmt: skip


@on_request
def acknowledge(request: HttpRequest, row: Case) -> HttpResponse:
    """Says that the person was told that it has come in."""
    check_permit(request, case_kinds[row.kind].may.answer)
    form = AcknowledgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        moment = datetime.combine(on, time.min, regimes.CONTROLLER_ZONE) if on and on < regimes.today() else None
        if moment and on < regimes.day_of(row.received_at):
            form.add_error("on", "This is before it was received.")
        else:
            return carry_out(request, row, clocks.acknowledge, "Acknowledged.", request_id=row.id, on=moment)
    due = min((clock.limit_on for clock in row.clocks.filter(kind=Clock.Kind.ACKNOWLEDGE)), default=None)
    by = [f"The law asks for it by {short_date(due)}, with how the request will be handled."] if due else []
    return ask(
        request, row, form, title=f"Say that {row} was acknowledged", submit="It was acknowledged",
        sentences=["You state that the person was told that it has come in: nothing is sent from here.", *by],
    )  # fmt: skip


@on_request
def extend(request: HttpRequest, row: Case) -> HttpResponse:
    """Puts the answer off, once, by what the law allows."""
    check_permit(request, case_kinds[row.kind].may.answer)
    form = ExtendForm(request.POST or None, delays=clocks.delays_offered(row))
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, clocks.extend, "Extended: tell the person why, and the new date.",
                         request_id=row.id, because=form.cleaned_data["because"])  # fmt: skip
    refusal = clocks.not_to_extend(row)
    return ask(
        request, row, form, title=f"Extend {row}", submit="Extend", is_pointless=bool(refusal),
        heading="Why it cannot be put off" if refusal else "",
        sentences=[refusal] if refusal else [
            then_in_words(row), "It counts from the original start, not from the first date, and can be done once.",
        ],
    )  # fmt: skip


def then_in_words(row: Case) -> str:
    """What extending would make of the dates."""
    longer = Case.objects.select_related("subject").get(pk=row.pk)
    longer.extended_at = row.received_at  # not saved: only what would be is reckoned
    bound = regimes.binding(clocks.expected([longer], regimes.in_force())[row.pk])
    if bound is None:
        return "It has no date."
    return f"Then it is planned to {short_date(bound.planned_on)}; the legal limit is {short_date(bound.limit_on)}."


@on_request
def pause(request: HttpRequest, row: Case) -> HttpResponse:
    """Stops the clock while the person is asked what they mean."""
    check_permit(request, case_kinds[row.kind].may.answer)
    if request.method == "POST":
        return carry_out(request, row, clocks.pause, "The clock stands.",
                         request_id=row.id, why=RegimeRule.Pause.SCOPE)  # fmt: skip
    return ask(
        request, row, NoQuestionsForm(), title=f"Stop the clock of {row}", submit="Stop the clock",
        sentences=["You have asked the person to make clear what they want to see, and cannot go on without it.",
                   "Clocks of laws that allow no pause go on. Take it up again on the day on which they answer."],
    )  # fmt: skip


@on_request
def resume(request: HttpRequest, row: Case) -> HttpResponse:
    """The person has answered: the clock goes on."""
    check_permit(request, case_kinds[row.kind].may.answer)
    if request.method == "POST":
        return carry_out(request, row, clocks.resume, "The clock goes on.", request_id=row.id)
    standing = ClockPause.objects.filter(case=row, ended_on=None).first()
    since = f"It has stood since {short_date(standing.began_on)}; these days are added." if standing else ""
    return ask(
        request, row, NoQuestionsForm(), title=f"Let the clock of {row} go on", submit="Let it go on",
        sentences=["The person has answered.", *([since] if since else [])],
    )  # fmt: skip


PAGES = {
    "acknowledge": acknowledge, "extend": extend, "pause": pause, "resume": resume, "clocks": as_json,
}  # fmt: skip
