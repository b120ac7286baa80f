"""The clocks of cases: started by the day of receipt, the residence and the law, and reckoned anew when one of these,
an extension or a pause makes a date another."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from privacy import regimes
from privacy.cases.states import must_have
from privacy.cases.work import lock, lock_all
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence import audit
from privacy.evidence.commitments import fixed_columns, of_row
from privacy.evidence.events import Event
from privacy.models import Case, Clock, ClockPause, DataSubject, DelayReason, Job, RegimeRule, Staff, State
from privacy.regimes import delays

# {(kind, country, region, day of receipt, extended, days of pauses): its clocks}: of many cases most are alike.
type Reckoned = dict[tuple[Any, ...], list[regimes.Reckoned]]


def start(cases: Sequence[Case]) -> list[Clock]:
    """Sets the dates of cases that have no row yet, and returns the clocks that are to be saved after them."""
    if not cases or not case_kinds[cases[0].kind].clocks:
        return []
    found = _reckon(cases, {}, regimes.in_force())
    for case in cases:
        _bind(case, found[case.pk])
    return [clock for case in cases for clock in rows_of(case, found[case.pk])]


def rows_of(case: Case, clocks: Iterable[regimes.Reckoned]) -> list[Clock]:
    return [
        Clock(
            case=case, kind=clock.kind, rule=clock.rule, is_fallback=clock.is_fallback,
            planned_on=clock.period.planned_on, limit_on=clock.period.limit_on,
        )
        for clock in clocks
    ]  # fmt: skip


def reckoned(case: Case, pauses: Iterable[ClockPause]) -> list[tuple[Clock, regimes.Reckoned | None]]:
    """The clocks of a case with these pauses, each with what explains it; with None where the same day does not come
    out any more, as where the residence was erased with the person."""
    asked = _asked(case, {case.pk: _days(pauses)})
    return [(clock, _explained(clock, asked)) for clock in case.clocks.all()]


def _explained(clock: Clock, asked: regimes.Asked) -> regimes.Reckoned | None:
    found = regimes.fallback(asked, [clock.rule]) if clock.is_fallback else regimes.of_rule(clock.rule, asked)
    if regimes.of_place([clock.rule], asked.country, asked.region)[1]:
        found = regimes.strictest_of_the_regions([], found, asked)  # tells that no region is known
    same = (clock.planned_on, clock.limit_on)
    return next((one for one in found if one.kind == clock.kind and regimes.days_of(one) == same), None)


def expected(cases: Sequence[Case], rules: Sequence[RegimeRule]) -> dict[UUID, list[regimes.Reckoned]]:
    """{case: its clocks as these rules would have them}; the cases' people are read with them."""
    return _reckon(cases, days_of_pauses([case.pk for case in cases]), rules)


def days_of_pauses(case_ids: Sequence[UUID]) -> dict[UUID, int]:
    """{case: days on which its clocks stood}."""
    found: dict[UUID, list[ClockPause]] = {}
    for pause in ClockPause.objects.filter(case__in=case_ids):
        found.setdefault(pause.case_id, []).append(pause)
    return {case_id: _days(of_one) for case_id, of_one in found.items()}


def _days(pauses: Iterable[ClockPause]) -> int:
    """Of those that are over: while one stands, nobody knows yet by how much it moves the dates."""
    return sum((pause.ended_on - pause.began_on).days for pause in pauses if pause.ended_on)


def _reckon(
    cases: Sequence[Case], pauses: Mapping[UUID, int], rules: Sequence[RegimeRule]
) -> dict[UUID, list[regimes.Reckoned]]:
    alike: Reckoned = {}
    found = {}
    for case in cases:
        asked = _asked(case, pauses)
        if case.subject.erased_at:
            found[case.pk] = _by_its_own_rules(case, asked)
            continue
        key = (asked.right, asked.country, asked.region, asked.received, asked.extended, asked.paused_days)
        if key not in alike:
            alike[key] = regimes.clocks_for(asked, rules)
        found[case.pk] = alike[key]
    return found


def _by_its_own_rules(case: Case, asked: regimes.Asked) -> list[regimes.Reckoned]:
    """Of who was erased, and whose residence with them: the laws that were found then go on to count."""
    rules = {(clock.rule_id, clock.is_fallback): clock.rule for clock in case.clocks.select_related("rule")}
    return [
        one
        for (_, is_fallback), rule in rules.items()
        for one in (regimes.fallback(asked, [rule]) if is_fallback else regimes.of_rule(rule, asked))
    ]


def _asked(case: Case, pauses: Mapping[UUID, int]) -> regimes.Asked:
    return regimes.Asked(
        case.kind, regimes.day_of(case.received_at), case.subject.country, case.subject.region,
        extended=case.extended_at is not None, paused_days=pauses.get(case.pk, 0),
    )  # fmt: skip


def _bind(case: Case, clocks: Sequence[regimes.Reckoned]) -> None:
    bound = regimes.binding(clocks)
    case.regime = bound.law if bound else ""
    case.due_on = bound.planned_on if bound else None
    case.limit_on = bound.limit_on if bound else None


def dates_of(case: Case) -> dict[str, str]:
    """As audit entries have them."""
    return {"law": case.regime, "planned": str(case.due_on), "limit": str(case.limit_on)}


def reckon_again(cases: Sequence[Case], actor: Staff | None, because: str) -> list[Case]:
    """Reckons the clocks of these locked cases anew; returns those whose dates have moved. `because` is a word of the
    audit trail: rule, residence, extension or pause."""
    cases = [case for case in cases if case_kinds[case.kind].clocks]
    found = expected(cases, regimes.in_force())
    before = {case.pk: dates_of(case) for case in cases}
    for case in cases:
        _bind(case, found[case.pk])
    moved = [case for case in cases if dates_of(case) != before[case.pk]]
    Case.objects.bulk_update(moved, ["regime", "due_on", "limit_on"])
    for case in moved:
        Job.objects.filter(case=case, ended_at=None).update(due_on=case.due_on)
    Clock.objects.filter(case__in=cases).delete()
    Clock.objects.bulk_create([row for case in cases for row in rows_of(case, found[case.pk])])
    links = [(c.pk, {"because": because, "before": before[c.pk], "after": dates_of(c)}) for c in moved]
    if links:
        audit.append_many(links, Event.CLOCKS_MOVED, actor=actor)
    return moved


def residence_corrected(subject_ids: Sequence[UUID], actor: Staff | None) -> list[Case]:
    """The law of the residence at receipt counts: where we had it wrong, the clocks of what is open start anew by the
    right one. Returns the cases whose dates have moved."""
    with transaction.atomic():
        ids = open_cases().filter(subject__in=subject_ids).values_list("pk", flat=True)
        return reckon_again(with_people(lock_all(list(ids))), actor, "residence")


def open_cases() -> Any:
    return Case.objects.exclude(state=State.CLOSED)


def with_people(cases: Sequence[Case]) -> Sequence[Case]:
    """Reads the people of locked cases by one query."""
    people = DataSubject.objects.in_bulk({case.subject_id for case in cases})
    for case in cases:
        case.subject = people[case.subject_id]
    return cases


# --- What staff do about them -----------------------------------------------------------------------------------------


def acknowledge(*, request_id: UUID, actor: Staff, on: datetime | None = None) -> Case:
    """Records that the person was told that it has come in. Raises NotAllowed the second time and for what is closed,
    PermissionDenied, and ValueError for a time to come or before the receipt."""
    moment = (on or datetime.now(UTC)).astimezone(UTC)
    if moment > datetime.now(UTC):
        raise ValueError("This is yet to come.")
    with transaction.atomic():
        case, _ = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        must_be_open(case)
        if case.acknowledged_at:
            raise NotAllowed("That it has come in was acknowledged already.")
        if regimes.day_of(moment) < regimes.day_of(case.received_at):
            raise ValueError("This is before it was received.")
        Case.objects.filter(pk=case.pk).update(acknowledged_at=moment)
        case.acknowledged_at = moment
        audit.append(case.pk, Event.CASE_ACKNOWLEDGED, actor=actor, at=moment)
    return case


def extend(*, request_id: UUID, actor: Staff, because: str) -> Case:
    """Puts the answer off by what each of the laws allows, counted from the original start (GDPR art. 12(3)), for a
    reason that all of them allow. Raises NotAllowed the second time, after the first period, and where no law allows it
    or none for this reason; PermissionDenied, and ValueError for what is no reason."""
    reason = DelayReason(because)
    with transaction.atomic():
        case, _ = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        must_be_open(case)
        must_be_extendable(case, reason)
        moment = datetime.now(UTC)
        Case.objects.filter(pk=case.pk).update(extended_at=moment, extended_because=reason)
        case.extended_at, case.extended_because = moment, reason
        audit.append(case.pk, Event.CASE_EXTENDED, actor=actor, because=reason)
        reckon_again([case], actor, "extension")
    return case


def must_be_extendable(case: Case, reason: DelayReason) -> None:
    """Raises NotAllowed where it cannot be put off now, or not for this."""
    if why_not := not_to_extend(case):
        raise NotAllowed(why_not)
    if reason not in [delay.reason for delay in delays_offered(case)]:
        raise NotAllowed(f"“{reason.label}” is no reason for which {laws_of(case)} lets an answer be put off.")


def not_to_extend(case: Case) -> str:
    """Why its answer cannot be put off now; empty when it can."""
    if case.extended_at:
        return "It was extended already: the law allows it once."
    if not any(rule.extend for rule in laws_that_count(case)):
        return f"No law that counts here allows an extension: {laws_of(case)} gives no more time than the first period."
    if not delays_offered(case):
        return f"For which reasons {laws_of(case)} lets an answer be put off is not known here, so it stays in time."
    if case.limit_on and regimes.today() > case.limit_on:
        return "The first period is over: an extension has to be announced within it."
    return ""


def delays_offered(case: Case) -> list[delays.Delay]:
    """The reasons for which the laws of the case let its answer be put off, each with where that stands."""
    return delays.offered(laws_that_count(case))


def laws_that_count(case: Case) -> list[RegimeRule]:
    """The rules of law that ask for its answer; neither our own target nor a rule of elsewhere in a law's place."""
    counting = [c for c in case.clocks.all() if c.kind in Clock.Kind.answers() and not c.is_fallback]
    return [clock.rule for clock in counting]


def laws_of(case: Case) -> str:
    """`GDPR`; `no verified law` where none counts."""
    return " and ".join(dict.fromkeys(rule.name for rule in laws_that_count(case))) or "no verified law"


def pause(*, request_id: UUID, actor: Staff, why: str) -> Case:
    """Stops the clocks that a law lets stand while the person is asked. Raises NotAllowed where none does or they stand
    already, and PermissionDenied."""
    with transaction.atomic():
        case, _ = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        must_be_open(case)
        if not any(clock.rule.pauses == why for clock in case.clocks.select_related("rule")):
            raise NotAllowed("No law that counts here stops its clock for this.")
        if case.pauses.filter(ended_on=None).exists():
            raise NotAllowed("The clock stands already.")
        began = ClockPause.objects.create(case=case, why=why, began_on=regimes.today(), began_by=actor)
        row = of_row(began, fixed_columns(ClockPause))
        audit.append(case.pk, Event.CLOCK_PAUSED, actor=actor, why=why, pause=began.pk, row=row)
    return case


def resume(*, request_id: UUID, actor: Staff) -> Case:
    """The person has answered: the clocks go on, by the days on which they stood later. Raises NotAllowed when they do
    not stand, and PermissionDenied."""
    with transaction.atomic():
        case, _ = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        standing = case.pauses.filter(ended_on=None).first()
        if standing is None:
            raise NotAllowed("The clock does not stand.")
        today = regimes.today()
        ClockPause.objects.filter(pk=standing.pk).update(ended_on=today)
        audit.append(case.pk, Event.CLOCK_RESUMED, actor=actor, pause=standing.pk, on=today)
        reckon_again([case], actor, "pause")
    return case


def must_be_open(case: Case) -> None:
    if not case.is_open:
        raise NotAllowed("It is closed.")
