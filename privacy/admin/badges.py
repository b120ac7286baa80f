"""Short coloured words for states and dates. The colours are in ops.css; every badge says in words what it means."""

from datetime import date

from django.utils.html import format_html, format_html_join

from privacy import regimes
from privacy.catalogue import case_kinds
from privacy.models import Case, Outcome, State, Step, StepState
from privacy.selectors import redactions

STATE_TONES = {
    State.RECEIVED: "plain",
    State.VERIFYING: "warn",
    State.DECIDING: "warn",
    State.FULFILLING: "run",
    State.ANSWERING: "warn",
    State.CLOSED: "plain",
}
OUTCOME_TONES = {Outcome.FULFILLED: "good", Outcome.PARTLY: "good"}
STEP_TONES = {
    StepState.PENDING: "plain",
    StepState.STARTED: "run",
    StepState.WAITING: "warn",
    StepState.DONE: "good",
    StepState.WAIVED: "plain",
}
SOON_DAYS = 7


def badge(text: str, tone: str):
    """A coloured word. Tones: plain, run, good, warn, stop, gone."""
    return format_html('<span class="ops-badge ops-{}">{}</span>', tone, text)


def badges(*found):
    """Those of the badges that are not None, side by side; a dash for none."""
    return format_html_join(" ", "{}", ((one,) for one in found if one)) or "–"


def of_case(case: Case):
    """State or outcome, and what it waits for, of a case `with_work`."""
    return badges(
        of_state(case),
        badge("Parked", "stop") if case.is_parked else None,
        badge("Stopping", "warn") if case.is_stopping else None,
        badge("On hold", "stop") if is_on_hold(case) else None,
        badge("Waits for a copy", "warn") if case.is_behind and case.is_working else None,
        badge("In grace", "warn") if case.is_in_grace and case_kinds[case.kind].has_grace else None,
        badge("Others to look through", "warn") if case.is_confirming and not case.is_stopped else None,
        badge("Awaiting processors", "run") if case.is_waiting and not case.is_stopped else None,
        badge("Second answer owed", "warn") if case.is_working and not case.is_open else None,
    )


def of_state(case: Case):
    if case.is_open:
        return badge(case.get_state_display(), STATE_TONES[case.state])
    return badge(case.get_outcome_display(), OUTCOME_TONES.get(case.outcome, "plain"))


def is_on_hold(case: Case) -> bool:
    """Whether a hold stops it, or would if it were decided now."""
    stopped = case.is_stopped and not case.is_behind
    return stopped or (case.is_held and case.is_open and bool(case_kinds[case.kind].stopped_words))


def of_step(step: Step):
    return badge(
        "Waiting for a person" if redactions.is_awaited([step]) else step.get_state_display(), STEP_TONES[step.state]
    )


def due(request: Case):
    """The deadline of an open request with the days that are left; of a closed one, when it was and whether in time."""
    if not request.is_open:
        return closed(request)
    if not request.due_on:
        return "–"
    shown = badges(badge(*left(request)), none_verified(request))
    return format_html('<span class="ops-due">{} {}</span>', dated(request.due_on), shown)


def left(request: Case) -> tuple[str, str]:
    """(words, tone) of the days to the planned day, then to the law's limit, then past it."""
    today = regimes.today()
    if getattr(request, "is_paused", False):  # by with_work; not on the manual steps
        return "clock stands", "warn"
    if request.due_on < today <= request.limit_on:
        return f"legal limit {short_date(request.limit_on)}", "stop"
    tone, words = in_days(((request.due_on if request.due_on >= today else request.limit_on) - today).days)
    return words, tone


def closed(request: Case):
    """`Closed 3 Nov 2026`, and whether that was in time."""
    day = regimes.day_of(request.closed_at)
    return format_html('<span class="ops-due">Closed {} {}</span>', short_date(day), in_time(request) or "")


def in_time(request: Case):
    """Whether a closed case was answered by its date; nothing of one that had none, or where nobody was to be
    answered."""
    unanswered = {*Outcome.nothing_done()} - {Outcome.DENIED}
    if not request.due_on or request.outcome in unanswered:
        return None
    days = (request.limit_on - regimes.day_of(request.answered_at or request.closed_at)).days
    if days < 0:
        return badge(f"{-days} day{'s' if days < -1 else ''} late", "stop")
    return badge("In time", "good")


def none_verified(request: Case):
    """Says beside a date that no rule stands behind it."""
    is_so = request.regime == regimes.NONE_VERIFIED
    return badge(regimes.name_of(request.regime), "warn") if is_so else None


def day(on: date | None):
    """A date of ours by which something is to be done, with the days that are left; a dash for none."""
    if on is None:
        return "–"
    tone, words = in_days((on - regimes.today()).days)
    return format_html('<span class="ops-due">{} {}</span>', dated(on), badge(words, tone))


def dated(day: date):
    """The day as an element: cards on a phone show the days that are left, and leave it out."""
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), short_date(day))


def in_days(days: int) -> tuple[str, str]:
    """(tone, words) of a deadline that is `days` away."""
    if days < 0:
        return "stop", f"{-days} day{'s' if days < -1 else ''} overdue"
    if days == 0:
        return "stop", "today"
    return "warn" if days <= SOON_DAYS else "plain", f"{days} day{'s' if days > 1 else ''} left"


def short_date(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
