"""What cases wait for, computed from what is so and never stored; and who may decide about which."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from privacy import regimes
from privacy.catalogue import CaseKind, Stage, case_kinds
from privacy.catalogue.cases import rights
from privacy.evidence import sealing
from privacy.evidence.events import DECIDES
from privacy.models import AuditEntry, Case, ClockPause, Job, LegalHold, Outcome, Staff, State, Step, StepState
from privacy.selectors import deadlines, parked, processors, redactions, standing
from privacy.selectors.standing import Standing

OPEN = ~Q(state=State.CLOSED)
OPEN_JOBS = Job.objects.filter(Q(case=OuterRef("pk")) | Q(joined_cases=OuterRef("pk")), ended_at=None)
# Of cases: a job of theirs waits for a person to look at it; stops before its next step; is stopped by a hold; waits
# for a word about other people in what it found; waits for a processor's answer.
IS_PARKED = Exists(OPEN_JOBS.exclude(parked_because=""))
IS_STOPPING = Exists(OPEN_JOBS.filter(cancel_requested=True))
IS_STOPPED = Exists(OPEN_JOBS.filter(stopped_at__isnull=False))
IS_CONFIRMING = Exists(OPEN_JOBS.filter(Exists(redactions.AWAITING)))
IS_WAITING = Exists(OPEN_JOBS.filter(Exists(processors.AWAITING)))
IS_HELD = Exists(LegalHold.objects.filter(subject=OuterRef("subject"), released_at__isnull=True))
IS_PAUSED = Exists(ClockPause.objects.filter(case=OuterRef("pk"), ended_on=None))
# A copy is answered first.
IS_BEHIND = Exists(Case.objects.filter(~Q(state=State.CLOSED), pk=OuterRef("after")))
# Decided, and to be taken back until its first step.
IS_IN_GRACE = Exists(
    OPEN_JOBS.filter(not_before__gt=Now(), stopped_at=None, fence=0).exclude(
        Exists(Step.objects.filter(job=OuterRef("pk")).exclude(state=StepState.PENDING))
    )
)
# A worker has something to do about it, now or as soon as one looks.
IS_BUSY = Exists(
    OPEN_JOBS.filter(stopped_at=None, parked_because="").exclude(
        Exists(Step.objects.filter(job=OuterRef("pk"), state=StepState.WAITING))
    )
)
ESCALATED_BEFORE = timedelta(days=3)


def with_work(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with `is_working`, `is_parked`, `is_stopping`, `is_stopped`, `is_confirming`, `is_waiting`, `is_held`,
    `is_behind`, `is_in_grace` and `is_paused`."""
    return cases.annotate(
        is_working=Exists(OPEN_JOBS), is_parked=IS_PARKED, is_stopping=IS_STOPPING, is_stopped=IS_STOPPED,
        is_confirming=IS_CONFIRMING, is_waiting=IS_WAITING, is_held=IS_HELD,
        is_behind=IS_BEHIND, is_in_grace=IS_IN_GRACE, is_paused=IS_PAUSED,
    )  # fmt: skip


def with_all(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases `with_work`, and with the rows that their own page names."""
    named = ("subject", "requested_by", "approved_by", "owner", "batch", "parent", "after", "joined")
    return with_work(cases.select_related(*named))


def waits_for(case: Case) -> str:
    """Whom or what a case `with_work` waits for; empty when it is over."""
    if case.is_parked:  # type: ignore[attr-defined]  # this and the others are annotated by with_work
        return "somebody to look"
    if case.state in (State.RECEIVED, State.VERIFYING):
        return "proof of who asks" if case_kinds[case.kind].proof else "somebody to weigh a doubt"
    if case.state == State.DECIDING:
        return "a second person"
    if case.is_confirming:  # type: ignore[attr-defined]
        return "somebody to look through it"
    if case.is_behind and case.state == State.FULFILLING:  # type: ignore[attr-defined]
        return "the copy that is owed"
    if case.is_paused and case.is_open:  # type: ignore[attr-defined]
        return "the person, who was asked what they mean"
    if case.is_stopped:  # type: ignore[attr-defined]
        return case_kinds[case.kind].stopped_words
    if case.state == State.ANSWERING:
        return "our answer"
    if case.is_waiting:  # type: ignore[attr-defined]
        return "a processor"
    if case.is_in_grace and case_kinds[case.kind].has_grace:  # type: ignore[attr-defined]
        return "its days of grace"
    return "our workers" if case.is_working else ""  # type: ignore[attr-defined]


def unassigned() -> Q:
    return OPEN & Q(owner=None)


def owes() -> Q:
    """Closed, and yet not over: its work goes on, and a second letter is owed."""
    return Q(state=State.CLOSED) & ~Q(outcome__in=Outcome.nothing_done()) & Q(Exists(OPEN_JOBS))


def escalated() -> Q:
    """Nobody has answered yet, and the date is near or past."""
    return OPEN & Q(due_on__lte=regimes.today() + ESCALATED_BEFORE)


def leads(member: Staff) -> bool:
    """Whether the member is told of whatever nobody has answered: a manager."""
    return member.has_perm("privacy.change_processor")


def escalated_to(member: Staff) -> Q:
    """What is escalated to the member: all of it to managers; to a deputy what is whose whom they stand in for, away or
    not."""
    return escalated() if leads(member) else escalated() & Q(owner__deputy=member)


def of(member: Staff) -> Q:
    """The open cases that this member has to see to: their own, and those of whom they stand in for today."""
    away = Q(owner__deputy=member, owner__absent_until__gte=regimes.today())
    return OPEN & (Q(owner=member) | away)


def undecided() -> Q:
    return Q(state=State.DECIDING)


def decidable_by(member: Staff) -> Q:
    """What waits for this member's decision: nobody decides what they asked for, or where they made sure who asks."""
    return undecided() & Q(kind__in=kinds_decided_by(member)) & ~Q(requested_by=member) & ~Q(verified_by=member)


def decides(member: Staff) -> bool:
    """Whether the member's role decides about what others ask for."""
    return bool(kinds_decided_by(member))


def kinds_for(member: Staff, act: str) -> list[str]:
    """The kinds of which the member may do this: a name of May."""
    permits = {kind.key: getattr(kind.may, act) for kind in case_kinds.values()}
    return [key for key, permit in permits.items() if permit and member.has_perm(permit.name)]


def kinds_decided_by(member: Staff) -> list[str]:
    """The kinds that take two of which the member can be the second."""
    taking_two = [kind for kind in case_kinds.values() if kind.deciders == 2]
    return [kind.key for kind in taking_two if kind.may.decide and member.has_perm(kind.may.decide.name)]


def being_carried_out() -> Q:
    return Q(state=State.FULFILLING)


def queue_counts(member: Staff) -> dict[str, int]:
    """How much stands on each tab of the queue: open cases, and parked work of none; with one query."""
    waiting = decidable_by(member) if decides(member) else undecided()
    return Case.objects.filter(OPEN).aggregate(
        open=Count("id"),
        mine=Count("id", filter=of(member)),
        unassigned=Count("id", filter=Q(owner=None)),
        approval=Count("id", filter=waiting),
        running=Count("id", filter=being_carried_out() & ~Q(IS_PARKED)),
        answering=Count("id", filter=Q(state=State.ANSWERING)),
        parked=Count("id", filter=Q(IS_PARKED)) + parked.number_of_no_case(),
        overdue=Count("id", filter=deadlines.overdue()),
    )


def sealed_of(case: Case) -> dict[str, str]:
    """What was kept sealed, by question, for whoever carries it out or answers; empty when nothing is owed."""
    return {name: values[0] for name, values in sealing.unseal(case.sealed).items()}


APPEAL = "appeal"
OF_THE_PARENT = "You had to do with what is appealed; another person has to decide."
OWN = "You asked for it yourself; another person has to approve."
VERIFIED = "You made sure who asks; another person has to approve."
STALE = "It does not await a decision any more."
NOT_YOURS = "Your role does not decide about this."
NEVER_DENIED = "This is of a kind that nobody denies."


def awaits_decision(case: Case) -> bool:
    return case.state == State.DECIDING


def not_by(case: Case, member: Staff) -> str:
    """Why this member may not decide about this case; empty when they may."""
    return not_by_of([case], member)[case.pk]


def not_by_of(cases: Sequence[Case], member: Staff) -> dict[UUID, str]:
    """The same of many, with one query at most."""
    appealed = {case.parent_id for case in cases if case.kind == APPEAL and case.parent_id}
    theirs = had_to_do_with(appealed, member) if appealed else set()
    return {case.pk: _not_by(case, member, theirs) for case in cases}


def _not_by(case: Case, member: Staff, theirs: set[UUID]) -> str:
    if case.requested_by_id == member.pk:
        return OWN
    if case.deciders == 2 and case.verified_by_id == member.pk:
        return VERIFIED
    return OF_THE_PARENT if case.kind == APPEAL and case.parent_id in theirs else ""


def not_denied_by(case: Case, own: str) -> str:
    """Why a member, to whom `not_by` says this, may not decide against this case: nobody may, or they had to do with
    what is appealed."""
    return undeniable(case) or (own if case.kind == APPEAL else "")


def had_to_do_with(case_ids: Collection[UUID], member: Staff) -> set[UUID]:
    """Those of the cases for which the member has asked or about which they have decided, at whatever time."""
    decided = AuditEntry.objects.filter(chain__in=case_ids, event__in=DECIDES, actor=member)
    named = Case.objects.filter(Q(requested_by=member) | Q(approved_by=member), pk__in=case_ids)
    return {*decided.order_by().values_list("chain", flat=True).union(named.order_by().values_list("pk", flat=True))}


def undeniable(case: Case) -> str:
    """Why nobody may decide against this case; empty where somebody may."""
    kind = case_kinds[case.kind]
    return kind.undeniable(case) if kind.undeniable else ""


def sort_out(case_ids: Sequence[UUID], member: Staff) -> tuple[list[Case], dict[Case, list[str]], Standing]:
    """(cases that the member may decide now, {case: why not}, what is so of their people), with a few queries for any
    number of them."""
    cases = list(
        Case.objects.select_related("subject", "requested_by").filter(pk__in=case_ids).order_by("due_on", "id")
    )
    so = standing.of([case.subject_id for case in cases])
    blocked: dict[tuple[str, UUID], list[str]] = {}
    for key in {case.kind for case in cases}:
        of_kind = [case for case in cases if case.kind == key]
        found = undecidable(case_kinds[key], of_kind, so)
        blocked |= {(key, subject_id): sentences for subject_id, sentences in found.items()}
    own = not_by_of(cases, member)
    reasons = {case: list(_why_not(case, member, own[case.pk], blocked)) for case in cases}
    return [c for c in cases if not reasons[c]], {c: texts for c, texts in reasons.items() if texts}, so


def undecidable(kind: type[CaseKind], cases: Sequence[Case], so: Standing | None = None) -> dict[UUID, list[str]]:
    """{person: why a case of this kind about them cannot be decided now}, of those of whom something is in the way."""
    asked = {case.subject_id: sealed_of(case) for case in cases} if kind.against else {}
    return standing.blockers(kind, [case.subject_id for case in cases], Stage.DECISION, asked, so)


def _why_not(case: Case, member: Staff, own: str, blocked: Mapping[tuple[str, UUID], Sequence[str]]) -> Iterator[str]:
    may = case_kinds[case.kind].may.decide
    if not awaits_decision(case):
        yield STALE
    if may is None or not member.has_perm(may.name):
        yield NOT_YOURS
    if own:
        yield own
    yield from blocked.get((case.kind, case.subject_id), ())


def denies(member: Staff) -> bool:
    """Whether the member may deny any kind of case."""
    return any(_may_deny(member, kind) for kind in case_kinds)


def deniable(case_ids: Sequence[UUID], member: Staff) -> tuple[list[Case], dict[Case, str]]:
    """(cases that the member may deny now, {case: why not})."""
    cases = list(Case.objects.filter(pk__in=case_ids).order_by("due_on", "id"))
    allowed = {kind for kind in {case.kind for case in cases} if _may_deny(member, kind)}
    refused = {case: why for case in cases if (why := _why_not_deniable(case, allowed))}
    return [case for case in cases if case not in refused], refused


def reopens(member: Staff) -> bool:
    """Whether the member may take any kind of case up again."""
    return bool(kinds_for(member, "decide"))


def reopenable(case_ids: Sequence[UUID], member: Staff) -> tuple[list[Case], dict[Case, str]]:
    """(closed cases that the member may take up again now, {case: why not}). What still owes an answer is not over."""
    cases = list(with_work(Case.objects.filter(pk__in=case_ids)).order_by("due_on", "id"))
    allowed = {*kinds_for(member, "decide")} & {*rights()}
    refused = {case: why for case in cases if (why := _why_not_reopenable(case, allowed))}
    return [case for case in cases if case not in refused], refused


def _why_not_reopenable(case: Case, allowed: set[str]) -> str:
    if case.kind not in allowed:
        return NOT_YOURS
    if case.is_open:
        return "It is open."
    return "Its work still goes on." if case.is_working else ""  # type: ignore[attr-defined]  # by with_work


def _why_not_deniable(case: Case, allowed: set[str]) -> str:
    if case_kinds[case.kind].may.deny is None:
        return NEVER_DENIED
    if case.kind not in allowed:
        return NOT_YOURS
    return undeniable(case) if case.state in (State.VERIFYING, State.DECIDING) else STALE


def _may_deny(member: Staff, kind: str) -> bool:
    may = case_kinds[kind].may.deny
    return may is not None and member.has_perm(may.name)
