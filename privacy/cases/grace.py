"""The days between a decision that cannot be taken back and its first step: the person's processing is limited
meanwhile, and the case can still be withdrawn."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.conf import settings

from privacy import regimes
from privacy.catalogue import Fact, case_kinds
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment import limits
from privacy.models import Case, Clock, Limit, Verification
from privacy.models.accounts import accounts_of
from privacy.selectors import standing

ALL_PROCESSING = ("",)
WITHOUT = {Fact.CHILD, Fact.FLAGGED}  # what a child's account holds goes at once (16 CFR 312.6)


def begin(cases: Sequence[Case]) -> dict[UUID, datetime]:
    """{case: when its work may begin} of those that have days of grace, whose people are limited until then; the
    people's rows are locked. None for children, for who has confirmed twice, and where the day to aim at has come."""
    asked = [case for case in cases if has_grace(case)]
    if not asked:
        return {}
    facts = standing.facts_of([case.subject_id for case in asked])
    targets = _targets([case.pk for case in asked])
    now = datetime.now(UTC)
    ends = {
        case.pk: end
        for case in asked
        if (end := _end(case, targets, now)) > now and not facts.get(case.subject_id, set()) & WITHOUT
    }
    if ends:
        people = [case.subject_id for case in asked if case.pk in ends]
        limits.place(accounts_of(people), ALL_PROCESSING, Limit.Ground.GRACE, None)
        audit.append_many([(pk, {"until": end}) for pk, end in ends.items()], Event.GRACE_BEGAN, actor=None)
    return ends


def has_grace(case: Case) -> bool:
    kind = case_kinds[case.kind]
    return kind.has_grace and bool(settings.GRACE_DAYS) and case.verification != Verification.CONFIRMED_TWICE


def _targets(case_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """{case: the beginning of the day to aim at}."""
    found = Clock.objects.filter(case__in=case_ids, kind=Clock.Kind.INTERNAL).order_by("-planned_on")
    return {
        case_id: datetime.combine(day, time.min, regimes.CONTROLLER_ZONE)
        for case_id, day in found.values_list("case_id", "planned_on")
    }


def _end(case: Case, targets: dict[UUID, datetime], now: datetime) -> datetime:
    latest = [now + timedelta(days=settings.GRACE_DAYS)]
    if case.pk in targets:
        latest.append(targets[case.pk])
    if case.due_on:
        latest.append(datetime.combine(case.due_on - regimes.ANSWER_BEFORE, time.min, regimes.CONTROLLER_ZONE))
    return min(latest)


def take_back(cases: Sequence[Case]) -> None:
    """The work will not begin: what was limited for it is limited no more."""
    people = [case.subject_id for case in cases if case_kinds[case.kind].has_grace]
    if people:
        limits.lift(accounts_of(people), ALL_PROCESSING, [Limit.Ground.GRACE], None)
