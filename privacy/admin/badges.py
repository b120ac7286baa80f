"""Short coloured words for states and dates. The colours are in ops.css; every badge says in words what it means."""

from datetime import date

from django.utils.html import format_html, format_html_join

from privacy import regimes
from privacy.models import RequestStatus, RightsRequest, Step, StepState

STATUS_TONES = {
    RequestStatus.RECEIVED: "plain",
    RequestStatus.AWAITING_APPROVAL: "warn",
    RequestStatus.ON_HOLD: "stop",
    RequestStatus.IN_PROGRESS: "run",
    RequestStatus.AWAITING_PROCESSORS: "run",
    RequestStatus.FULFILLED: "good",
    RequestStatus.DENIED: "plain",
    RequestStatus.WITHDRAWN: "plain",
}
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


def of_status(request: RightsRequest):
    """Of a request `with_work`."""
    return badges(
        badge(request.get_status_display(), STATUS_TONES[request.status]),
        badge("Parked", "stop") if request.is_parked and request.is_open else None,
        badge("Stopping", "warn") if request.is_stopping and request.is_open else None,
    )


def of_step(step: Step):
    return badge(step.get_state_display(), STEP_TONES[step.state])


def due(request: RightsRequest):
    """The deadline of an open request with the days that are left; a closed one is no longer due."""
    if not request.due_on or not request.is_open:
        return "–"
    tone, words = in_days((request.due_on - regimes.today()).days)
    shown = badges(badge(words, tone), none_verified(request))
    return format_html('<span class="ops-due">{} {}</span>', short_date(request.due_on), shown)


def none_verified(request: RightsRequest):
    """Says beside a date that no rule stands behind it."""
    is_so = request.regime == regimes.NONE_VERIFIED
    return badge(regimes.name_of(request.regime), "warn") if is_so else None


def in_days(days: int) -> tuple[str, str]:
    """(tone, words) of a deadline that is `days` away."""
    if days < 0:
        return "stop", f"{-days} day{'s' if days < -1 else ''} overdue"
    if days == 0:
        return "stop", "today"
    return "warn" if days <= SOON_DAYS else "plain", f"{days} day{'s' if days > 1 else ''} left"


def short_date(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
