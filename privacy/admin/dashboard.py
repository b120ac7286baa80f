"""The first page of the day: the figures of selectors.dashboard, each linked to the list behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from privacy.models import State
from privacy.selectors import cases, dashboard
from privacy.selectors.dashboard import Today, Week
from privacy.selectors.queue import PATIENCE_SECONDS

WIDTH, HEIGHT = 660, 310
LEFT, BOTTOM, TOP = 48, 26, 12
BAR, GAP = 16, 2


@dataclass(frozen=True)
class Figure:
    """A number with its name. `url` is empty for those who may not open the list behind it."""

    label: str
    number: int | str
    url: str = ""
    tone: str = ""
    note: str = ""


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    height: float
    series: str
    text: str


@dataclass(frozen=True)
class Chart:
    """Bars, the lines behind them, and the names beneath; the template draws them as SVG."""

    width: int
    height: int
    bars: list[Bar]
    lines: list[tuple[float, int]]
    names: list[tuple[float, str]]
    left: int = LEFT


def context(request: HttpRequest, shared: dict) -> dict:
    """Unfold's DASHBOARD_CALLBACK: adds the figures to the index page."""
    today = dashboard.today(request.user)
    return shared | {
        "today": today,
        "pressing": pressing(request, today),
        "states": states(request, today),
        "machinery": machinery(request, today),
        "chart": chart(today.weeks),
        "first_steps": first_steps(request) if today.is_fresh else [],
    }


def list_of(request: HttpRequest, label: str, query: str = "") -> str:
    """The address of a list, for those who may open it."""
    app, model = label.split(".")
    if not request.user.has_perm(f"{app}.view_{model}"):
        return ""
    return reverse(f"admin:{app}_{model}_changelist") + query


def pressing(request: HttpRequest, today: Today) -> list[Figure]:
    """What somebody has to do something about."""
    decides = cases.decides(request.user)
    queue = "privacy.rightsrequest"
    return [
        Figure(
            "Overdue", today.overdue, list_of(request, queue, "?queue=overdue"), "stop", unruled(today.overdue_by_none)
        ),
        Figure(
            "Due in 7 days", today.due_soon, list_of(request, queue, "?deadline=week"), "warn",
            unruled(today.due_soon_by_none),
        ),
        Figure(
            "Awaiting my decision" if decides else "Awaiting decision",
            today.my_approvals if decides else today.states[State.DECIDING],
            list_of(request, queue, "?queue=approval"), "warn",
        ),
        Figure("To be answered", today.states[State.ANSWERING], list_of(request, queue, "?queue=answering"), "warn"),
        Figure(
            "Not fetched yet", today.packages_to_remind, list_of(request, "privacy.accesspackage", "?fetch=remind"),
            "warn", "deleted within 2 days: remind the person",
        ),
        Figure("Second answers owed", today.owed, list_of(request, queue, "?queue=owed"), "warn"),
        Figure("Mine", today.mine, list_of(request, queue, "?queue=mine"), note="or of whom I stand in for"),
        *escalated(request, today),
        *roles_waiting(request, today),
        *access_to_review(request, today),
        Figure("Parked", today.parked, list_of(request, queue, "?queue=parked"), "stop", "stopped after five tries"),
        Figure(
            "Child flags undecided", today.child_flags,
            list_of(request, "privacy.childflag", "?state__exact=suspected"), "warn",
        ),
        Figure(
            "Processors to review", today.processors_to_review, list_of(request, "privacy.processor", "?review=due"),
            "warn",
        ),
    ]  # fmt: skip


def escalated(request: HttpRequest, today: Today) -> list[Figure]:
    """For those who can still turn it: what nobody has answered three days before its date."""
    if not request.user.has_perm("privacy.change_processor"):
        return []
    url = list_of(request, "privacy.rightsrequest", "?deadline=escalated")
    return [Figure("Escalated", today.escalated, url, "stop", "unanswered, due in 3 days or overdue")]


def roles_waiting(request: HttpRequest, today: Today) -> list[Figure]:
    """All who decide are told of a role that is about to act."""
    if not today.roles_waiting or not cases.decides(request.user):
        return []
    url = list_of(request, "privacy.rolegrant")
    return [Figure("Roles that wait", today.roles_waiting, url, "warn", "they will decide what others ask for")]


def access_to_review(request: HttpRequest, today: Today) -> list[Figure]:
    """For those who may sign for it."""
    if not today.access_to_review or not request.user.has_perm("privacy.review_staff"):
        return []
    return [
        Figure("Access to review", today.access_to_review, list_of(request, "privacy.staff", "?access=due"), "warn")
    ]


def unruled(number: int) -> str:
    return f"{number:,} by no verified rule" if number else ""


def states(request: HttpRequest, today: Today) -> list[tuple[Figure, float]]:
    """Open cases by state, each with the length of its bar in percent."""
    widest = max(today.states.values(), default=0) or 1
    return [
        (
            Figure(
                State(state).label, number,
                list_of(request, "privacy.rightsrequest", f"?state__exact={state}"),
            ),
            100 * number / widest,
        )
        for state, number in today.states.items()
    ]  # fmt: skip


def machinery(request: HttpRequest, today: Today) -> list[Figure]:
    """Whether the workers work, and how much there is."""
    holds = list_of(request, "privacy.legalhold", "?released_at__isnull=1")
    audit = list_of(request, "privacy.auditentry")
    verified = in_words(seconds_since(today.last_verified)) + " ago" if today.last_verified else "never yet"
    return [
        Figure(
            "Due work untouched", duration(today.untouched_seconds, "none waits"), tone=slow(today.untouched_seconds)
        ),
        Figure(
            "Last sweep", ago(today.last_sweep_seconds), tone=slow(today.last_sweep_seconds, never="stop"),
            note="" if today.last_sweep_seconds is not None else "start manage.py work",
        ),
        Figure("Legal holds in force", f"{today.holds_in_force:,}", holds),
        Figure("Audit trail verified", verified, audit, "" if today.last_verified else "warn"),
        Figure("People", counted(today.people), list_of(request, "privacy.datasubject")),
        Figure("Usage events", counted(today.usage_events), list_of(request, "privacy.usageevent")),
    ]  # fmt: skip


def counted(estimate: dashboard.Estimate) -> str:
    return f"{estimate.word} {estimate.rows:,}".strip()


def slow(seconds: float | None, never: str = "") -> str:
    if seconds is None:
        return never
    return "stop" if seconds > PATIENCE_SECONDS else ""


def ago(seconds: float | None) -> str:
    return f"{in_words(seconds)} ago" if seconds is not None else "never yet"


def duration(seconds: float | None, nothing: str) -> str:
    return in_words(seconds) if seconds is not None else nothing


def seconds_since(moment) -> float:
    return (timezone.now() - moment).total_seconds()


def in_words(seconds: float) -> str:
    """`42 seconds`, `7 minutes`, `3 hours`, `2 days`."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {word}{'s' if number > 1 else ''}"
    return f"{max(int(seconds), 0)} seconds"


def chart(weeks: Sequence[Week]) -> Chart:
    """Two bars a week: received and closed."""
    top = ceiling(max((max(week.received, week.closed) for week in weeks), default=0))
    step = (WIDTH - LEFT) / max(len(weeks), 1)
    floor, room = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    bars, names = [], []
    for place, week in enumerate(weeks):
        middle = LEFT + step * (place + 0.5)
        names.append((middle, f"{week.monday.day} {week.monday:%b}"))
        for series, number, x in (
            ("received", week.received, middle - BAR - GAP / 2), ("closed", week.closed, middle + GAP / 2),
        ):  # fmt: skip
            height = room * number / top
            bars.append(Bar(x, floor - height, height, series, f"Week of {names[-1][1]}: {number:,} {series}"))
    lines = [(floor - room * part / 2, top * part // 2) for part in range(3)]
    return Chart(WIDTH, HEIGHT, bars, lines, names)


def ceiling(number: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100, …: even, so that the middle line has a whole number."""
    size = 1
    while True:
        for digit in (2, 4, 10):
            if number <= digit * size:
                return digit * size
        size *= 10


def first_steps(request: HttpRequest) -> list[Figure]:
    """What to do on a database with nothing in it."""
    return [
        Figure("Give everybody a role", 1, list_of(request, "privacy.staff"), note="A manager invites the staff."),
        Figure(
            "Bring in the people", 2, list_of(request, "privacy.datasubject"),
            note="A manager imports them on the list of people, or on the server: manage.py import_studio.",
        ),
        Figure(
            "Review the processors", 3, list_of(request, "privacy.processor", "?review=due"),
            note="The privacy policy's eight are there, unverified.",
        ),
        Figure(
            "Start the workers", 4,
            note="On the server: manage.py work. Without them requests are saved but not carried out.",
        ),
    ]  # fmt: skip
