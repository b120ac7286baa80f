"""The register as tables: figures of a year, in which no number is about fewer people than may be told of, and the
record of each request (11 CCR 7101), without a person. What leaves is written down, with why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from privacy import regimes
from privacy.catalogue.cases import answered_in_writing, label_of
from privacy.fulfilment import exporting
from privacy.models import Answered, DataSubject, Outcome, Refusal, RightsRequest, Staff, Verification
from privacy.roles import must_have
from privacy.selectors import register
from privacy.selectors.register import GROUPS, NO_BASIS, NO_LAW, OPEN, OTHER, Year
from privacy.selectors.spreads import AGES, Spread

MAY = "privacy.view_register"
BESIDE = "not shown"  # or another number that is not shown would follow
GROUP_NAMES = {
    "delete": "Delete", "correct": "Correct", "know": "Know", "opt_out": "Opt out of sale or sharing",
    "limit": "Limit sensitive data", OTHER: "Other requests",
}  # fmt: skip
FIGURES, METRICS, RECORDS = "figures", "metrics", "records"
RECORD = ("Request", "Date of request", "Nature", "Manner made", "Date of response", "Nature of response",
          "Basis for denial")  # fmt: skip

type Value = str | int | float


@dataclass(frozen=True)
class Table:
    """`key` names it in an address and a file."""

    key: str
    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]


def fewer() -> str:
    return f"fewer than {settings.SMALLEST_FIGURE}"


def told(year: Year, *key: str) -> Value:
    number = year.shown(*key)
    if number is not None:
        return number
    return fewer() if year.is_small(*key) else BESIDE


def times(spread: Spread | None) -> tuple[Value, Value]:
    """(median, mean) days; a dash where there is nothing to tell, or few."""
    return (spread.median, round(spread.mean, 1)) if spread else ("–", "–")


def tables_of(year: Year) -> list[Table]:
    """All figures of the year."""
    return [metrics(year), by_right(year), by_law(year), by_outcome(year), refused(year), by_month(year), soon(year)]


def metrics(year: Year) -> Table:
    """11 CCR 7102(a)(1): of each kind of request received, complied with in whole or in part and denied, and median and
    mean days; beside it what was taken up again."""
    rows = [
        [GROUP_NAMES[group], told(year, "group", group),
         *(told(year, "status", status, group) for status in register.STATUSES), *times(year.spread("group", group)),
         told(year, "reopened", group)]
        for group in [*GROUPS, OTHER]
    ]  # fmt: skip
    rows.append(
        ["All", told(year, "all"), *(told(year, "status", status) for status in register.STATUSES),
         *times(year.spread("all")), told(year, "reopened")]
    )  # fmt: skip
    headings = ("Requests to", "Received", "Complied with, in whole or in part", "Denied", "Open, or neither",
                "Median days", "Mean days", "Taken up again")  # fmt: skip
    return Table("metrics", "Metrics (11 CCR 7102)", headings, rows)


def by_right(year: Year) -> Table:
    rows = [
        [label_of(right), told(year, "right", right), *times(year.spread("right", right))]
        for right in answered_in_writing()
    ]
    return Table("rights", "By right", ("Right", "Received", "Median days", "Mean days"), rows)


def by_law(year: Year) -> Table:
    names = {law: "No law" if law == NO_LAW else regimes.name_of(law) for law in year.laws()}
    rows = [[names[law], told(year, "law", law), *times(year.spread("law", law))] for law in names]
    return Table("laws", "By law", ("Law", "Received", "Median days", "Mean days"), rows)


def by_outcome(year: Year) -> Table:
    names = {OPEN: "Open"} | dict(Outcome.choices)
    rows = [[name, told(year, "outcome", outcome)] for outcome, name in names.items()]
    return Table("outcomes", "By outcome", ("Outcome", "Requests"), rows)


def refused(year: Year) -> Table:
    rows = [
        ["No basis on record" if basis == NO_BASIS else basis_of(basis), told(year, "basis", basis)]
        for basis in year.bases()
    ]
    return Table("refused", "Refused, by basis", ("Basis", "Requests"), rows)


def basis_of(reason: str) -> str:
    return Refusal(reason).with_law if reason in Refusal else reason


def by_month(year: Year) -> Table:
    months = [(month, f"{datetime(year.year, month, 1):%B}") for month in range(1, 13)]
    rows = [[name, told(year, "month", str(month))] for month, name in months]
    return Table("months", "By month of receipt", ("Month", "Received"), rows)


def soon(year: Year) -> Table:
    rows = [[name, told(year, "soon", str(place))] for place, (name, _) in enumerate(AGES)]
    return Table("soon", "Time to answer", ("Days until the answer", "Requests"), rows)


def records(year: int) -> Iterator[list[str]]:
    """Of each request of the year what 11 CCR 7101(b) wants kept, the earliest first: by a short id of ours, without
    the person."""
    columns = ("id", "kind", "received_at", "requested_by", "verification", "answered_at", "closed_at", "answered_how",
               "outcome", "denial_reason")  # fmt: skip
    rows = register.received_in(year).order_by("received_at", "id").values_list(*columns, named=True)
    for row in rows.iterator(2_000):
        answered = row.answered_at or row.closed_at
        yield [
            str(row.id)[:8], str(regimes.day_of(row.received_at)), label_of(row.kind), manner(row),
            str(regimes.day_of(answered)) if answered else "", response(row),
            basis_of(row.denial_reason) if row.denial_reason else "",
        ]  # fmt: skip


def manner(row: Any) -> str:
    """How it came in, by who opened it."""
    if row.requested_by:
        return "By letter, mail or telephone, taken in by staff"
    ways = {
        Verification.SIGNED_IN: "In the account", Verification.EMAIL_ROUND_TRIP: "By e-mail",
        Verification.NOT_REQUIRED: "By a signal or on a page without sign-in",
    }  # fmt: skip
    return ways.get(row.verification, "By the person themselves")


def response(row: Any) -> str:
    outcome = Outcome(row.outcome).label if row.outcome else "Open"
    return f"{outcome}; {Answered(row.answered_how).label.lower()}" if row.answered_how else outcome


def hand_out(*, what: str, year: int, actor: Staff, reason: str, reference: str = "") -> list[Table]:
    """The tables of `figures`, of `metrics` (11 CCR 7102) or of `records` (7101), after an entry in the audit trail
    says who took them and why. Raises NotRevealed for a reason or reference that is none, and PermissionDenied."""
    must_have(actor, MAY)
    with transaction.atomic():
        found = handed_out(what, year)
        people = DataSubject.objects.filter(pk__in=register.received_in(year).values("subject"))
        exporting.record_list(
            model=RightsRequest, rows=sum(len(table.rows) for table in found), people=people, actor=actor,
            reason=reason, reference=reference,
        )  # fmt: skip
    return found


def handed_out(what: str, year: int) -> list[Table]:
    if what == RECORDS:
        return [Table("records", "Records (11 CCR 7101)", RECORD, list(records(year)))]
    found = register.of_year(year)
    return [metrics(found)] if what == METRICS else tables_of(found)
