"""Possible child accounts (policy section 11): a flag limits all processing of the account at once, until a person has
decided. What the person has chosen about marketing stays as it was, and is not acted upon meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from privacy.cases.kinds import register
from privacy.catalogue import Decision, Duty, Fact, May, Permit, Stage, StepKind
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done
from privacy.models import Case, CaseJob, ChildFlag, DataSubject, Limit, Session, Step
from privacy.roles import AGENT, APPROVER, MANAGER

FLAG = Permit("flag_child", "Can flag an account as a possible child's", (AGENT, APPROVER, MANAGER))
DECIDE = Permit("clear_child", "Can decide about a child flag", (APPROVER, MANAGER))


def freeze(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """Flags these cases' people and limits all processing: triggers refuse new rows of the accounts from now on."""
    new = [
        ChildFlag(
            subject_id=case.subject_id, reason=case.reason, salt=case.salt,
            flagged_by_id=case.requested_by_id,  # type: ignore[misc]  # a duty is asked for by staff
        )
        for case in cases
    ]  # fmt: skip
    ChildFlag.objects.bulk_create(new)
    limits = [Limit(subject_id=case.subject_id, ground=Limit.Ground.CHILD) for case in cases]
    Limit.objects.bulk_create(limits)
    placed = zip(cases, new, limits, strict=True)
    return {case.pk: {"flag": str(flag.pk), "limit": str(limit.pk)} for case, flag, limit in placed}


def thaw(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """The accounts are not children's: ends the flags and lifts the limits."""
    told = {case.pk: {"cleared": _decide(case, ChildFlag.State.CLEARED)} for case in cases}
    placed = Limit.objects.filter(subject__in=[case.subject_id for case in cases], ground=Limit.Ground.CHILD)
    placed.filter(lifted_at=None).update(lifted_at=Now())
    return told


def confirm(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """The accounts are children's: they stay frozen."""
    return {case.pk: {"confirmed": _decide(case, ChildFlag.State.CHILD)} for case in cases}


def _decide(case: Case, state: str) -> int:
    open_flags = ChildFlag.objects.filter(subject=case.subject_id).exclude(state__in=[state, ChildFlag.State.CLEARED])
    by = case.approved_by_id or case.requested_by_id
    return open_flags.update(state=state, decided_by=by, decided_at=datetime.now(UTC))


@local("children.freeze")
@one_by_one
def end_what_runs(job: CaseJob, step: Step) -> Done:
    """Marks the open sessions as ended."""
    subject = DataSubject.objects.select_for_update().get(pk=job.subject_id)
    subject = DataSubject.objects.select_for_update().get(pk=job.subject_id)
    flag = ChildFlag.objects.filter(subject=subject).order_by("-flagged_at").first()
    ended = Session.objects.filter(subject=subject, ended_at__isnull=True).update(ended_at=Now())
    return Done({"flag": str(flag.id) if flag else "", "sessions_ended": ended}, units=1)


@local("children.thaw")
@one_by_one
def see_what_is_lifted(job: CaseJob, step: Step) -> Done:
    """Whether the account is free when the decision is carried out; another flag may have come."""
    # Ordered until 2026-11, when one person's word was enough and the worker ended the freeze.
    cleared = {} if job.case.approved_by_id else thaw([job.case])[job.case_id]
    return Done(cleared | {"frozen": _limits_on(job)}, units=1)


@local("children.confirm")
@one_by_one
def count_what_is_frozen(job: CaseJob, step: Step) -> Done:
    """That the account is still frozen when the decision is carried out."""
    return Done({"frozen": _limits_on(job)}, units=1)


def _limits_on(job: CaseJob) -> int:
    return Limit.objects.filter(subject=job.subject_id, ground=Limit.Ground.CHILD, lifted_at=None).count()


@register
class ChildFlagged(Duty):
    key, label, icon = "child_flag", "Child flag", "child_care"
    cites = ("16 CFR 312.3", "GDPR art. 8")
    button, title, submit = "Flag as child", "Flag {people} as a possible child’s account", "Flag and freeze"
    happens = (
        "The account is frozen here as you confirm: this database takes no new content, prompts, sessions or usage of "
        "it. Processors are not told.",
        "Marketing choices stay as the person set them, and are not acted upon.",
        "A worker then marks open sessions as ended here; at Clerk they run until somebody ends them there.",
        "It stays frozen until it is decided whether it is a child’s.",
    )
    may = May(ask=FLAG, retry=FLAG)  # what is in force is decided, and not cancelled
    refuses = {Stage.INTAKE: frozenset({Fact.ERASED, Fact.FLAGGED, Fact.CHILD})}
    protects = True
    takes_effect = freeze
    steps = (StepKind("children.freeze", "Mark open sessions as ended"),)


@register
class ChildConfirmed(Duty):
    key, label, icon = "child_confirm", "Decision: a child’s account", "escalator_warning"
    button, title, submit = "It is a child’s", "Decide that the account of {people} is a child’s", "Decide: a child’s"
    happens = (
        "You decide that the account is a child’s. It stays frozen.",
        "What follows is asked for apart: its erasure, or a parent’s consent.",
    )
    is_dangerous = True
    may = May(ask=DECIDE, retry=DECIDE)
    needs = {Stage.INTAKE: frozenset({Fact.FLAGGED})}
    refuses = {Stage.INTAKE: frozenset({Fact.ERASED})}
    protects = True
    takes_effect = confirm
    steps = (StepKind("children.confirm", "See that the account is frozen"),)


@register
class ChildCleared(Duty):
    key, label, icon = "child_clear", "Decision: not a child’s account", "how_to_reg"
    button, title, submit = "Not a child’s", "Ask to clear the child flag of {people}", "Ask to clear it"
    happens = (
        "Nothing changes yet: another member of staff has to confirm. You cannot confirm it yourself.",
        "Then the freeze ends, the account works again, and the person’s own marketing choices count again.",
    )
    may = May(ask=FLAG, decide=DECIDE, deny=DECIDE, cancel=FLAG, retry=DECIDE)
    deciders = 2
    decision = Decision(
        "Confirm: not a child’s…", "Clear and unfreeze",
        (
            "You agree that the account is not a child’s.",
            "The freeze ends as you confirm; the person’s own marketing choices count again.",
        ),
        "Cleared: {cases}. The accounts work again.",
        "Waits for another person’s confirmation", "clear", is_dangerous=True,
    )  # fmt: skip
    needs = dict.fromkeys(Stage, frozenset({Fact.FLAGGED, Fact.CHILD}))
    protects = True
    takes_effect = thaw
    steps = (StepKind("children.thaw", "See that the account is free"),)
