"""What staff want to know at nine in the morning: numbers, in five queries, none of them over the big tables."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import TruncDate

from privacy import regimes
from privacy.catalogue.cases import answered_in_writing
from privacy.evidence.events import Event
from privacy.models import (
    AuditEntry,
    Case,
    ChildFlag,
    DataSubject,
    LegalHold,
    Outcome,
    Processor,
    Staff,
    State,
)
from privacy.selectors import cases, deadlines, packages, processing, processors, queue
from privacy.selectors.staff import due_for_review, open_grants

WEEKS, DUE_DAYS = 12, 42
# Days since a request was received, or until it was answered: the name, and where the next begins.
AGES: tuple[tuple[str, int | None], ...] = (
    ("Up to a week", 8), ("8 to 14 days", 15), ("15 to 30 days", 31), ("31 to 45 days", 46), ("Longer", None),
)  # fmt: skip
NEVER_ANSWERED = {*Outcome.nothing_done()} - {Outcome.DENIED}
OPEN = [state for state in State.values if state != State.CLOSED]


# What somebody has to see to.
WAITING: dict[str, Callable[[], QuerySet[Any]]] = {
    "open": lambda: Case.objects.filter(cases.OPEN),
    "owed": lambda: Case.objects.filter(cases.owes()),
    "processors_to_review": lambda: Processor.objects.filter(processing.review_due()),
    "packages_to_remind": packages.to_remind,
    "manual_steps": processors.manual_steps,
    "roles_waiting": lambda: open_grants().select_related(None),
    "access_to_review": due_for_review,
    "holds_in_force": lambda: LegalHold.objects.filter(released_at__isnull=True),
    "child_flags": lambda: ChildFlag.objects.filter(state=ChildFlag.State.SUSPECTED),
}


@dataclass(frozen=True)
class Bucket:
    """So many, of a name."""

    name: str
    number: int


@dataclass(frozen=True)
class Answered:
    """How soon rights requests of a kind were answered that were closed in the last twelve weeks; `late` of them after
    their date."""

    key: str
    buckets: list[Bucket]
    late: int

    @property
    def total(self) -> int:
        return sum(bucket.number for bucket in self.buckets)


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
    ages: list[Bucket]
    due: list[tuple[date, int]]
    answered: list[Answered]
    verified_seconds: float | None
    processors_to_review: int
    roles_waiting: int
    access_to_review: int
    packages_to_remind: int
    manual_steps: int

    @property
    def open(self) -> int:
        return sum(self.states.values())

    @property
    def is_fresh(self) -> bool:
        """Nothing has been imported and nothing has happened yet."""
        if self.open or DataSubject.objects.exists():
            return False
        return not AuditEntry.objects.exclude(event=Event.RULE_SEEDED).exists()  # what the release itself has told


def today(staff: Staff, waiting: Mapping[str, int]) -> Today:
    """The dashboard's figures for this member of staff; `waiting` are the `waiting_counts` of all WAITING."""
    counts, (heard, waited) = open_counts(staff), queue.look()
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
        holds_in_force=waiting["holds_in_force"],
        child_flags=waiting["child_flags"],
        untouched_seconds=queue.longest(heard, waited),
        last_sweep_seconds=heard.get("sweep"),
        ages=of_age(counts),
        due=due_by_day(counts),
        answered=answered(),
        verified_seconds=heard.get("verify_audit"),
        processors_to_review=waiting["processors_to_review"],
        packages_to_remind=waiting["packages_to_remind"],
        manual_steps=waiting["manual_steps"],
        roles_waiting=waiting["roles_waiting"],
        access_to_review=waiting["access_to_review"],
    )


def open_counts(staff: Staff) -> dict[str, int]:
    """Open cases by state and by what is pressing, in one query over the index of the queue."""
    overdue, due_soon, ours = deadlines.overdue(), deadlines.due_soon(), Q(kind__in=answered_in_writing())
    return Case.objects.filter(state__in=OPEN).aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in OPEN},
        overdue=Count("pk", filter=overdue),
        overdue_by_none=Count("pk", filter=overdue & deadlines.NONE_VERIFIED),
        due_soon=Count("pk", filter=due_soon),
        due_soon_by_none=Count("pk", filter=due_soon & deadlines.NONE_VERIFIED),
        my_approvals=Count("pk", filter=cases.decidable_by(staff)),
        mine=Count("pk", filter=cases.of(staff)),
        escalated=Count("pk", filter=cases.escalated_to(staff)),
        parked=Count("pk", filter=Q(cases.IS_PARKED)),
        **{f"age_{place}": Count("pk", filter=ours & _is_of_age(place)) for place in range(len(AGES))},
        **{f"due_{number}": Count("pk", filter=Q(due_on=_day(number))) for number in range(DUE_DAYS)},
    )


def waiting_counts(figures: Collection[str]) -> Counter[str]:
    """So many of each of these of WAITING, in one query over all of them."""
    parts = [
        WAITING[name]()
        .order_by()
        .annotate(told_of=Value(name, output_field=CharField()))
        .values("told_of")
        .annotate(number=Count("pk"))
        .values_list("told_of", "number")
        for name in sorted(figures)
    ]
    if not parts:
        return Counter()
    return Counter(dict(parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]))


def of_age(counts: Mapping[str, int]) -> list[Bucket]:
    """Open rights requests by the days since they were received, of `open_counts`."""
    return [Bucket(name, counts[f"age_{place}"]) for place, (name, _) in enumerate(AGES)]


def _is_of_age(place: int) -> Q:
    now, earliest, latest = datetime.now(UTC), AGES[place - 1][1] if place else None, AGES[place][1]
    before = Q(received_at__lte=now - timedelta(days=earliest)) if earliest else Q()
    return before & Q(received_at__gt=now - timedelta(days=latest)) if latest else before


def due_by_day(counts: Mapping[str, int]) -> list[tuple[date, int]]:
    """(day, open cases due on it) of the next six weeks, of `open_counts`; what is overdue is due on none of them."""
    return [(_day(number), counts[f"due_{number}"]) for number in range(DUE_DAYS)]


def _day(number: int) -> date:
    return regimes.today() + timedelta(days=number)


def answered() -> list[Answered]:
    """Of each right that was answered, how soon, in one query."""
    took = ExpressionWrapper(F("closed_at") - F("received_at"), DurationField())
    since = datetime.now(UTC) - timedelta(weeks=WEEKS)
    answered = Case.objects.filter(~Q(outcome__in=NEVER_ANSWERED), kind__in=answered_in_writing())
    rows = answered.filter(closed_at__gte=since)
    columns = {f"soon_{place}": Count("pk", filter=_took(place)) for place in range(len(AGES))}
    late = Count("pk", filter=Q(limit_on__lt=TruncDate("closed_at", tzinfo=regimes.CONTROLLER_ZONE)))
    found = rows.alias(took=took).order_by("kind").values("kind").annotate(**columns, late=late)
    return [
        Answered(row["kind"], [Bucket(AGES[n][0], row[f"soon_{n}"]) for n in range(len(AGES))], row["late"])
        for row in found
    ]


def _took(place: int) -> Q:
    latest, earliest = AGES[place][1], AGES[place - 1][1] if place else None
    longer = Q(took__gte=timedelta(days=earliest)) if earliest else Q()
    return longer & Q(took__lt=timedelta(days=latest)) if latest else longer
