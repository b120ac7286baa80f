"""The first page of the day: the figures of selectors.dashboard, each linked to the list behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.urls import reverse

from privacy.admin import todo
from privacy.catalogue.cases import label_of
from privacy.fulfilment.register import BESIDE, fewer
from privacy.models import Staff, State
from privacy.selectors import cases, dashboard
from privacy.selectors.dashboard import Today
from privacy.selectors.open_work import Answered, Bucket
from privacy.selectors.queue import PATIENCE_SECONDS

WIDTH, HEIGHT = 660, 200
LEFT, BOTTOM, TOP = 48, 26, 12
GAP = 2


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
    width: float
    height: float
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
    """Unfold's DASHBOARD_CALLBACK: adds what to do next and the figures to the index page."""
    today = dashboard.today(request.user, request.waiting)
    return shared | {
        "today": today,
        **todo.context(request),
        "pressing": pressing(request, today),
        "ages": shares(today.ages),
        "answered": [answered_line(line) for line in today.answered],
        "machinery": machinery(request, today),
        "chart": chart(today.due),
        "first_steps": first_steps(request) if today.is_fresh else [],
    }


def list_of(request: HttpRequest, label: str, query: str = "") -> str:
    """The address of a list, for those who may open it."""
    app, model = label.split(".")
    if not request.user.has_perm(f"{app}.view_{model}"):
        return ""
    return reverse(f"admin:{app}_{model}_changelist") + query


def pressing(request: HttpRequest, today: Today) -> list[Figure]:
    """What the member's role can do something about."""
    user, queue = request.user, "privacy.rightsrequest"
    figures = [
        (can(user, "ask"), Figure(
            "Overdue", today.overdue, list_of(request, queue, "?queue=overdue"), "stop", unruled(today.overdue_by_none)
        )),
        (can(user, "ask"), Figure(
            "Due in 7 days", today.due_soon, list_of(request, queue, "?deadline=week"), "warn",
            unruled(today.due_soon_by_none),
        )),
        (cases.decides(user), Figure(
            "Awaiting my decision", today.my_approvals, list_of(request, queue, "?queue=approval"), "warn"
        )),
        *((True, figure) for figure in by_hand(request, today)),
        (can(user, "answer"), Figure(
            "To be answered", today.states[State.ANSWERING], list_of(request, queue, "?queue=answering"), "warn"
        )),
        (can(user, "answer"), Figure(
            "Not fetched yet", today.packages_to_remind, list_of(request, "privacy.accesspackage", "?fetch=remind"),
            "warn", "deleted within 2 days: remind the person",
        )),
        (can(user, "answer"), Figure(
            "Second answers owed", today.owed, list_of(request, queue, "?queue=owed"), "warn"
        )),
        (can(user, "ask"), Figure(
            "Mine", today.mine, list_of(request, queue, "?queue=mine"), note="or of whom I stand in for"
        )),
        *((True, figure) for figure in told_to_deciders(request, today)),
        (can(user, "retry"), Figure(
            "Parked", today.parked, list_of(request, queue, "?queue=parked"), "stop", "stopped after five tries"
        )),
        (user.has_perm("privacy.clear_child"), Figure(
            "Child flags undecided", today.child_flags,
            list_of(request, "privacy.childflag", "?state__exact=suspected"), "warn",
        )),
        (user.has_perm("privacy.change_processor"), Figure(
            "Processors to review", today.processors_to_review, list_of(request, "privacy.processor", "?review=due"),
            "warn",
        )),
    ]  # fmt: skip
    return [figure for is_theirs, figure in figures if is_theirs]


def can(user: Staff, act: str) -> bool:
    """Whether the member may do this about any kind of case."""
    return bool(cases.kinds_for(user, act))


def by_hand(request: HttpRequest, today: Today) -> list[Figure]:
    """For those who may see what a processor calls somebody: without it nothing can be asked there."""
    if not request.user.has_perm("privacy.reveal_content"):
        return []
    url = reverse("admin:privacy_rightsrequest_manual")
    return [Figure("Manual steps", today.manual_steps, url, "warn", "to be asked at processors by a person")]


def told_to_deciders(request: HttpRequest, today: Today) -> list[Figure]:
    return [*escalated(request, today), *roles_waiting(request, today), *access_to_review(request, today)]


def escalated(request: HttpRequest, today: Today) -> list[Figure]:
    """For those who can still turn it: what nobody has answered three days before its date. Managers see all of it,
    deputies what is whose whom they stand in for."""
    if not (today.escalated or cases.leads(request.user)):
        return []
    url = list_of(request, "privacy.rightsrequest", "?deadline=to_me")
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


def shares(buckets: Sequence[Bucket]) -> list[tuple[Bucket, float]]:
    """Each with the length of its bar in percent of the longest."""
    widest = max((bucket.number for bucket in buckets), default=0) or 1
    return [(bucket, 100 * bucket.number / widest) for bucket in buckets]


@dataclass(frozen=True)
class Part:
    """A part of a bar, in percent of the whole."""

    start: float
    width: float
    shade: int
    text: str


def answered_line(line: Answered) -> dict:
    """A right with its bar of parts, the soonest first. Of what is not shown the bar has one part, at its end."""
    shown = [(shade, bucket) for shade, bucket in enumerate(line.buckets) if bucket.number is not None]
    whole = line.total.number or sum(bucket.number for _, bucket in shown) or 1
    parts, start = [], 0.0
    for shade, bucket in shown:
        width = 100 * bucket.number / whole
        parts.append(Part(start, width, shade, f"{bucket.name}: {bucket.number:,}"))
        start += width
    return {
        "label": label_of(line.key),
        "parts": [part for part in parts if part.width],
        "numbers": [worded(bucket) for bucket in line.buckets],
        "total": worded(line.total),
        "late": worded(line.late) if line.late.number != 0 else "",
    }


def worded(bucket: Bucket) -> str:
    """The number, or why there is none."""
    if bucket.number is not None:
        return f"{bucket.number:,}"
    return fewer() if bucket.is_small else BESIDE


def machinery(request: HttpRequest, today: Today) -> list[Figure]:
    """Whether the workers work, and how much there is."""
    holds = list_of(request, "privacy.legalhold", "?released_at__isnull=1")
    audit = list_of(request, "privacy.auditentry")
    return [
        Figure(
            "Due work untouched", duration(today.untouched_seconds, "none waits"), tone=slow(today.untouched_seconds)
        ),
        Figure(
            "Last sweep", ago(today.last_sweep_seconds), tone=slow(today.last_sweep_seconds, never="stop"),
            note="" if today.last_sweep_seconds is not None else "start manage.py work",
        ),
        Figure("Legal holds in force", f"{today.holds_in_force:,}", holds),
        Figure("Audit trail verified", ago(today.verified_seconds), audit, "" if today.verified_seconds else "warn"),
    ]  # fmt: skip


def slow(seconds: float | None, never: str = "") -> str:
    if seconds is None:
        return never
    return "stop" if seconds > PATIENCE_SECONDS else ""


def ago(seconds: float | None) -> str:
    return f"{in_words(seconds)} ago" if seconds is not None else "never yet"


def duration(seconds: float | None, nothing: str) -> str:
    return in_words(seconds) if seconds is not None else nothing


def in_words(seconds: float) -> str:
    """`42 seconds`, `7 minutes`, `3 hours`, `2 days`."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {word}{'s' if number > 1 else ''}"
    return f"{max(int(seconds), 0)} seconds"


def chart(days: Sequence[tuple[date, int]]) -> Chart:
    """A bar a day; every Monday has its name."""
    top = ceiling(max((number for _, number in days), default=0))
    step = (WIDTH - LEFT) / max(len(days), 1)
    floor, room = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    bars, names = [], []
    for place, (day, number) in enumerate(days):
        x, height = LEFT + step * place, room * number / top
        bars.append(Bar(x, floor - height, step - GAP, height, f"{day.day} {day:%b}: {number:,} due"))
        if day.weekday() == 0:
            names.append((x + step / 2, f"{day.day} {day:%b}"))
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
