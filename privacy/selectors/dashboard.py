"""What staff want to know at nine in the morning: numbers, in a dozen queries, none of them over the big tables."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import CharField, Count, DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import TruncWeek

from privacy import regimes
from privacy.catalogue.cases import rights
from privacy.models import (
    AuditEntry,
    Case,
    ChildFlag,
    DataSubject,
    LegalHold,
    Processor,
    Staff,
    State,
    UsageEvent,
)
from privacy.selectors import cases, deadlines, evidence, packages, processing, queue
from privacy.selectors.staff import due_for_review, open_grants

WEEKS = 12
COUNT_CAP = 10_000
OPEN = [state for state in State.values if state != State.CLOSED]


@dataclass(frozen=True)
class Week:
    """Requests that came and went in the week that starts on `monday`."""

    monday: date
    received: int
    closed: int


@dataclass(frozen=True)
class Estimate:
    """A row count that did not cost a scan: exact up to a cap, else the planner's guess or the cap itself."""

    rows: int
    word: str


@dataclass(frozen=True)
class Today:
    """The figures. `states` is by open state; `…_by_none` counts those whose date no verified rule sets;
    `my_approvals` leaves out what the member asked for."""

    states: dict[str, int]
    overdue: int
    overdue_by_none: int
    due_soon: int
    due_soon_by_none: int
    my_approvals: int
    parked: int
    mine: int
    escalated: int
    owed: int
    holds_in_force: int
    child_flags: int
    untouched_seconds: float | None
    last_sweep_seconds: float | None
    weeks: list[Week]
    median_days: float | None
    median_of: int
    last_verified: datetime | None
    people: Estimate
    usage_events: Estimate
    processors_to_review: int
    roles_waiting: int
    access_to_review: int
    packages_to_remind: int
    has_audit: bool

    @property
    def open(self) -> int:
        return sum(self.states.values())

    @property
    def is_fresh(self) -> bool:
        """Nothing has been imported and nothing has happened yet."""
        return not self.people.rows and not self.open and not self.has_audit


def today(staff: Staff) -> Today:
    """The dashboard's figures for this member of staff."""
    counts = open_counts(staff)
    weeks, median_of = weekly()
    waiting = waiting_counts()
    return Today(
        states={state: counts[state] for state in OPEN},
        overdue=counts["overdue"],
        overdue_by_none=counts["overdue_by_none"],
        due_soon=counts["due_soon"],
        due_soon_by_none=counts["due_soon_by_none"],
        my_approvals=counts["my_approvals"],
        parked=counts["parked"],
        mine=counts["mine"],
        escalated=counts["escalated"],
        owed=waiting["owed"],
        holds_in_force=capped(LegalHold.objects.filter(released_at__isnull=True)),
        child_flags=capped(ChildFlag.objects.filter(state=ChildFlag.State.SUSPECTED)),
        untouched_seconds=queue.untouched_seconds(),
        last_sweep_seconds=queue.last_sweep_seconds(),
        weeks=weeks,
        median_days=median_days(median_of),
        median_of=median_of,
        last_verified=evidence.last_verified(),
        people=estimate(DataSubject),
        usage_events=estimate(UsageEvent),
        processors_to_review=waiting["processors_to_review"],
        packages_to_remind=waiting["packages_to_remind"],
        roles_waiting=waiting["roles_waiting"],
        access_to_review=waiting["access_to_review"],
        has_audit=AuditEntry.objects.exists(),
    )


def open_counts(staff: Staff) -> dict[str, int]:
    """Open cases by state and by what is pressing, in one query over the index of the queue."""
    overdue, due_soon = deadlines.overdue(), deadlines.due_soon()
    return Case.objects.filter(state__in=OPEN).aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in OPEN},
        overdue=Count("pk", filter=overdue),
        overdue_by_none=Count("pk", filter=overdue & deadlines.NONE_VERIFIED),
        due_soon=Count("pk", filter=due_soon),
        due_soon_by_none=Count("pk", filter=due_soon & deadlines.NONE_VERIFIED),
        my_approvals=Count("pk", filter=cases.decidable_by(staff)),
        mine=Count("pk", filter=cases.of(staff)),
        escalated=Count("pk", filter=cases.escalated()),
        parked=Count("pk", filter=Q(cases.IS_PARKED)),
    )


def waiting_counts() -> Counter[str]:
    """What somebody has to see to beside the open cases, in one query over five tables."""
    first, *others = (
        rows.order_by()
        .annotate(told_of=Value(name, output_field=CharField()))
        .values("told_of")
        .annotate(number=Count("pk"))
        .values_list("told_of", "number")
        for name, rows in (
            ("owed", Case.objects.filter(cases.owes())),
            ("processors_to_review", Processor.objects.filter(processing.review_due())),
            ("packages_to_remind", packages.to_remind()),
            ("roles_waiting", open_grants().select_related(None)),
            ("access_to_review", due_for_review()),
        )
    )
    return Counter(dict(first.union(*others, all=True)))


def weekly() -> tuple[list[Week], int]:
    """The last twelve weeks, and how many rights requests were closed in them. Weeks start on the
    controller's Monday."""
    received, closed = by_week("received_at"), by_week("closed_at")
    mondays = [first_monday() + timedelta(weeks=number) for number in range(WEEKS)]
    return [Week(monday, received[monday], closed[monday]) for monday in mondays], sum(closed.values())


def by_week(moment: str) -> Counter[date]:
    rows = (
        Case.objects.filter(**{f"{moment}__gte": start()}, kind__in=rights())
        .order_by()
        .values_list(TruncWeek(moment, output_field=DateTimeField(), tzinfo=regimes.CONTROLLER_ZONE))
        .annotate(number=Count("pk"))
    )
    return Counter({week.date(): number for week, number in rows})


def median_days(of: int) -> float | None:
    """Days from receipt to close of the `of` rights requests closed in these weeks. The database sorts, we take one."""
    if not of:
        return None
    durations = (
        Case.objects.filter(closed_at__gte=start(), kind__in=rights())
        .annotate(took=F("closed_at") - F("received_at"))
        .order_by("took")
        .values_list("took", flat=True)
    )
    middle = (of - 1) // 2
    return next((took.total_seconds() / 86400 for took in durations[middle : middle + 1]), None)


def first_monday() -> date:
    now = regimes.today()
    return now - timedelta(days=now.weekday(), weeks=WEEKS - 1)


def start() -> datetime:
    return datetime.combine(first_monday(), datetime.min.time(), regimes.CONTROLLER_ZONE)


def capped(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:COUNT_CAP].count()


def estimate(model: type[DataSubject] | type[UsageEvent]) -> Estimate:
    """Counts to the cap; beyond it, on PostgreSQL, the planner's estimate: COUNT(*) reads the whole table."""
    counted = capped(model.objects.all())
    if counted < COUNT_CAP:
        return Estimate(counted, "")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
            guessed = cursor.fetchone()[0]
        if guessed >= counted:
            return Estimate(guessed, "about")
    return Estimate(counted, "more than")
