"""What a member of staff can do next: whatever waits for somebody of their role, the most urgent first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.db import models
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value, When

from privacy import regimes
from privacy.catalogue import case_kinds
from privacy.models import Case, ChildFlag, Processor, Staff, State
from privacy.selectors import cases, letters, packages, processing, processors, urgency, verification

MOST = 10
READ = 5 * MOST  # packages of one batch are one thing to do


class Whose(StrEnum):
    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"


class Verb(StrEnum):
    LOOK = "look"  # it has stopped after five tries
    READ = "read"  # something came in for it
    APPROVE = "approve"  # a letter that another wrote
    DECIDE = "decide"
    VERIFY = "verify"
    SEE = "see"  # a document that proves who asks
    OVERRIDE = "override"  # whether it passes without proof
    ATTEST = "attest"
    CONFIRM = "confirm"  # who else is named in what a package shows
    HAND_OVER = "hand_over"
    ANSWER = "answer"
    FLAG = "flag"
    REVIEW = "review"


@dataclass(frozen=True)
class Task:
    """One thing to do: about a case, about the `batch` that it is of, or about a person or processor by themselves."""

    verb: Verb
    due_on: date | None
    case: Case | None = None
    subject_id: UUID | None = None
    processor: Processor | None = None
    is_of_batch: bool = False


def next_for(member: Staff, whose: Whose) -> list[Task]:
    """At most MOST, in the order in which they are due; what has no date comes last."""
    found = [*_of_cases(member, whose), *(_of_nobodys(member) if whose is not Whose.MINE else ())]
    return sorted(found, key=lambda task: (task.due_on is None, task.due_on or date.max))[:MOST]


def _of_cases(member: Staff, whose: Whose) -> Iterator[Task]:
    """The open ones, and those that are over and to which something came in."""
    news = Q(letters.HAS_NEWS)
    among = {
        Whose.MINE: cases.of(member) | (news & Q(owner=member)), Whose.UNASSIGNED: Q(owner=None), Whose.ALL: Q()
    }[whose]  # fmt: skip
    rows = (
        cases.with_work(Case.objects.select_related("batch").filter(cases.OPEN | news, among))
        .annotate(verb=_verb_for(member))
        .exclude(verb="")
    )
    batches = set()
    for case in urgency.ranked(rows).order_by(*urgency.order())[:READ]:
        verb = Verb(case.verb)
        if verb == Verb.HAND_OVER and case.batch_id:
            if case.batch_id not in batches:
                yield Task(Verb.HAND_OVER, case.due_on, case, is_of_batch=True)
            batches.add(case.batch_id)
        else:
            yield Task(verb, case.due_on, case, case.subject_id)


def _verb_for(member: Staff) -> models.Case:
    """What the member can do about a case; empty for nothing."""
    manual = processors.manual_steps().filter(job__case=OuterRef("pk"))
    to_give = packages.available().filter(request=OuterRef("pk"), token_issued_at=None)
    answering = Q(state=State.ANSWERING) & _may(member, "answer")
    return models.Case(
        When(Q(cases.IS_PARKED) & _may(member, "retry"), then=Value(Verb.LOOK)),
        When(Q(letters.HAS_NEWS) & _may(member, "answer"), then=Value(Verb.READ)),
        When(
            Q(Exists(letters.to_approve().exclude(prepared_by=member))) & _may(member, "decide"),
            then=Value(Verb.APPROVE),
        ),
        When(cases.decidable_by(member), then=Value(Verb.DECIDE)),
        When(Q(verification.HAS_PROOF) & _may(member, "verify"), then=Value(Verb.SEE)),
        When(verification.overrides_for(member) & _may(member, "verify"), then=Value(Verb.OVERRIDE)),
        When(Q(state=State.VERIFYING) & _may(member, "ask"), then=Value(Verb.VERIFY)),
        When(Q(Exists(manual)) & _may(member, "attest") & ~Q(requested_by=member), then=Value(Verb.ATTEST)),
        When(Q(cases.IS_CONFIRMING) & _may(member, "confirm"), then=Value(Verb.CONFIRM)),
        When(answering & Q(Exists(to_give)), then=Value(Verb.HAND_OVER)),
        When(answering, then=Value(Verb.ANSWER)),
        default=Value(""),
        output_field=CharField(),
    )


def _may(member: Staff, act: str) -> Q:
    return Q(kind__in=cases.kinds_for(member, act))


def _of_nobodys(member: Staff) -> Iterator[Task]:
    """What no case of its own asks for yet."""
    if member.has_perm(case_kinds["child_confirm"].may.ask.name):
        for flag in _undecided_flags()[:MOST]:
            yield Task(Verb.FLAG, regimes.day_of(flag.flagged_at), subject_id=flag.subject_id)
    if member.has_perm("privacy.change_processor"):
        for row in Processor.objects.filter(processing.review_due())[:MOST]:
            reviewed = row.reviewed_at and regimes.day_of(row.reviewed_at) + processing.REVIEW_LASTS
            yield Task(Verb.REVIEW, reviewed or None, processor=row)


def _undecided_flags() -> QuerySet[ChildFlag]:
    """Flags that wait for the first word about them."""
    asked = Case.objects.filter(cases.OPEN, subject=OuterRef("subject"), kind="child_clear")
    suspected = ChildFlag.objects.filter(state=ChildFlag.State.SUSPECTED, subject__erased_at=None)
    return suspected.filter(~Exists(asked)).order_by("flagged_at", "pk")
