"""What staff want to know at nine in the morning: numbers, in five queries, none of them over the big tables."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet, Value

from privacy.evidence.events import Event
from privacy.models import (
    AuditEntry,
    Case,
    ChildFlag,
    DataSubject,
    LegalHold,
    Processor,
    Staff,
    State,
)
from privacy.selectors import cases, deadlines, open_work, packages, parked, processing, processors, queue
from privacy.selectors.open_work import Answered, Bucket
from privacy.selectors.staff import due_for_review, open_grants

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
    "parked_work": parked.jobs_of_no_case,
    "child_flags": lambda: ChildFlag.objects.filter(state=ChildFlag.State.SUSPECTED),
}


@dataclass(frozen=True)
class Today:
    """The figures. `states` is by open state; `…_by_none` counts those whose date no verified rule sets;
    `my_approvals` leaves out what the member asked for;
    `parked` counts work of no case as well."""

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
        """Nothing has been imported and nothing has happened yet but that the release brought its rules of law."""
        happened = AuditEntry.objects.exclude(event=Event.RULE_SEEDED)
        return not (self.open or happened.exists() or DataSubject.objects.exists())


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
        parked=counts["parked"] + waiting["parked_work"],
        mine=counts["mine"],
        escalated=counts["escalated"],
        owed=waiting["owed"],
        holds_in_force=waiting["holds_in_force"],
        child_flags=waiting["child_flags"],
        untouched_seconds=queue.longest(heard, waited),
        last_sweep_seconds=heard.get("sweep"),
        ages=open_work.of_age(counts),
        due=open_work.due_by_day(counts),
        answered=open_work.answered(),
        verified_seconds=heard.get("verify_audit"),
        processors_to_review=waiting["processors_to_review"],
        packages_to_remind=waiting["packages_to_remind"],
        manual_steps=waiting["manual_steps"],
        roles_waiting=waiting["roles_waiting"],
        access_to_review=waiting["access_to_review"],
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
        escalated=Count("pk", filter=cases.escalated_to(staff)),
        parked=Count("pk", filter=Q(cases.IS_PARKED)),
        **open_work.open_columns(),
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
