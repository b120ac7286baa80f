"""How the law is kept: a change of a rule is proposed by one manager, shown with the open requests that it moves, and
confirmed by another; then a job reckons those requests anew."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from privacy import regimes
from privacy.cases.clocks import expected, open_cases, reckon_again, with_people
from privacy.cases.work import lock_all
from privacy.catalogue import JobKind, NotAllowed, StepKind, register
from privacy.evidence import audit
from privacy.evidence.commitments import fixed_columns, of_row
from privacy.evidence.events import Event
from privacy.evidence.regimes import FIELDS, chain_of
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.order import about, order
from privacy.jobs.outcomes import Done, More
from privacy.models import Case, Job, Lane, RegimeRule, Staff, Step
from privacy.roles import must_have

AT_ONCE = 200  # cases that one transaction reckons anew
SHOWN = 50  # cases that a preview names; the rest is counted


def propose(*, facts: Mapping[str, Any], reason: str, actor: Staff, replaces: RegimeRule | None = None) -> RegimeRule:
    """A new rule, or a change of one that is in force; nothing moves before another has confirmed it. `facts` are
    FIELDS.

    Raises PermissionDenied, NotAllowed where the rule is not in force or already has a change proposed, and
    ValidationError.
    """
    must_have(actor, "privacy.propose_regimerule")
    with transaction.atomic():
        if replaces:
            replaces = RegimeRule.objects.select_for_update().get(pk=replaces.pk)
            if not replaces.is_in_force:
                raise NotAllowed("This rule is not in force any more: change the one that is.")
            if replaces.later.filter(confirmed_at=None, retired_at=None).exists():
                raise NotAllowed("A change of this rule waits for a second person already.")
        rule = RegimeRule(**facts, reason=reason, replaces=replaces, proposed_by=actor)
        rule.full_clean(exclude=["seed"])
        rule.save()
        rule.refresh_from_db()  # the entry commits to what the database has made of it
        audit.append(
            chain_of(rule.law), Event.RULE_PROPOSED, actor=actor, rule=rule.pk, law=rule.law,
            row=of_row(rule, fixed_columns(RegimeRule)),
        )  # fmt: skip
    return rule


def confirm(*, rule_id: uuid.UUID, actor: Staff) -> RegimeRule:
    """A second agrees: the rule is in force, and a job reckons the open requests anew. Raises NotAllowed when it is not
    proposed any more, and PermissionDenied, also for whoever proposed it."""
    with transaction.atomic():
        rule = _proposed(rule_id, actor)
        now = datetime.now(UTC)
        if rule.replaces_id:
            RegimeRule.objects.filter(pk=rule.replaces_id).update(retired_at=now)
        RegimeRule.objects.filter(pk=rule.pk).update(confirmed_by=actor, confirmed_at=now)
        audit.append(chain_of(rule.law), Event.RULE_CONFIRMED, actor=actor, rule=rule.pk, law=rule.law)
        order([Job(kind=APPLY.key, about=about(rule.pk), lane=Lane.BULK, ordered_by=actor)])
    rule.refresh_from_db()
    return rule


def refuse(*, rule_id: uuid.UUID, actor: Staff) -> RegimeRule:
    """It is not to be: by a second, or by whoever proposed it. Raises NotAllowed and PermissionDenied."""
    with transaction.atomic():
        rule = _proposed(rule_id, actor, own=True)
        RegimeRule.objects.filter(pk=rule.pk).update(retired_at=datetime.now(UTC))
        audit.append(chain_of(rule.law), Event.RULE_REFUSED, actor=actor, rule=rule.pk, law=rule.law)
    rule.refresh_from_db()
    return rule


def _proposed(rule_id: uuid.UUID, actor: Staff, *, own: bool = False) -> RegimeRule:
    must_have(actor, "privacy.confirm_regimerule")
    rule = RegimeRule.objects.select_for_update().get(pk=rule_id)
    if rule.confirmed_at or rule.retired_at:
        raise NotAllowed("This is not proposed any more.")
    if rule.proposed_by_id == actor.pk and not own:
        raise NotAllowed("You proposed it: another manager has to confirm it.")
    return rule


# --- What it moves ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """A case whose dates would be others; `days` later, or earlier below zero."""

    case: Case
    now: regimes.Binding
    then: regimes.Binding

    @property
    def days(self) -> int:
        return (self.then.planned_on - self.now.planned_on).days


@dataclass(frozen=True)
class Preview:
    """How many open requests a proposal moves, by how many days, and those that it moves most."""

    looked_at: int
    by_days: dict[int, int]
    most: list[Move]

    @property
    def moved(self) -> int:
        return sum(self.by_days.values())


def preview(rule: RegimeRule) -> Preview:
    """What confirming the proposal would do to what is open now. Only reads."""
    rules = [known for known in regimes.in_force() if known.pk != rule.replaces_id] + [rule]
    looked_at, by_days, most = 0, dict[int, int](), list[Move]()
    for cases in _open_slices():
        looked_at += len(cases)
        for move in _moves(cases, rules):
            by_days[move.days] = by_days.get(move.days, 0) + 1
            most.append(move)
        most = sorted(most, key=lambda move: (move.days, str(move.case.pk)))[:SHOWN]
    return Preview(looked_at, dict(sorted(by_days.items())), most)


def _open_slices() -> Iterator[list[Case]]:
    last = None
    while True:
        rows = with_a_residence().select_related("subject").order_by("pk")
        some = list(rows.filter(pk__gt=last)[:AT_ONCE] if last else rows[:AT_ONCE])
        if not some:
            return
        yield some
        last = some[-1].pk


def _moves(cases: Sequence[Case], rules: Sequence[RegimeRule]) -> Iterator[Move]:
    for case, clocks in zip(cases, expected(cases, rules).values(), strict=True):
        then = regimes.binding(clocks)
        if case.due_on and case.limit_on and then:
            now = regimes.Binding(case.regime, case.due_on, case.limit_on)
            if then != now:
                yield Move(case, now, then)


def with_a_residence() -> Any:
    """The open requests with a date, of people whose residence is known: it goes with who is erased."""
    return open_cases().exclude(due_on=None).filter(subject__erased_at=None)


@local("regimes.apply")
@one_by_one
def apply_rules(job: Job, step: Step) -> Done | More:
    """Reckons a slice of the open requests by the rules in force; how far it came stands in the step."""
    last = step.result.get("last")
    rows = with_a_residence().order_by("pk")
    ids = list((rows.filter(pk__gt=last) if last else rows).values_list("pk", flat=True)[:AT_ONCE])
    moved = step.result.get("moved", 0) + len(reckon_again(with_people(lock_all(ids)), None, "rule"))
    done = step.units_done + len(ids)
    if len(ids) == AT_ONCE:
        return More(done, {"last": str(ids[-1]), "moved": moved})
    audit.append(job.id, Event.RULES_APPLIED, actor=None, looked_at=done, moved=moved)
    return Done({"looked_at": done, "moved": moved}, units=done)


APPLY = register(JobKind("regimes_apply", steps=(StepKind("regimes.apply", "Reckon the open requests anew"),)))


def proposals() -> Any:
    """Those that wait for a second person, with what they would take the place of."""
    return RegimeRule.objects.filter(confirmed_at=None, retired_at=None).select_related("replaces", "proposed_by")


def changed(rule: RegimeRule) -> list[tuple[str, Any, Any]]:
    """[(field, before, after)] of a proposal; of a new rule everything that it says."""
    before = rule.replaces
    return [
        (name, getattr(before, name) if before else None, getattr(rule, name))
        for name in FIELDS
        if (getattr(before, name) if before else None) != getattr(rule, name)
        and (before or getattr(rule, name) not in ("", None, False, []))
    ]


def in_order() -> Any:
    """The rules in force and those proposed, by law, with who confirmed them."""
    rows = RegimeRule.objects.filter(retired_at=None).select_related("replaces", "proposed_by", "confirmed_by")
    return rows.order_by(F("confirmed_at").asc(nulls_first=True), "name", "effective_from", "id")
