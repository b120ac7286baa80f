"""What is done about a case, from asking to the answer. Every verb checks the permission itself, so every door is
safe."""

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from privacy import regimes
from privacy.cases import answers, clocks, grace
from privacy.cases.deciders import must_be_another
from privacy.cases.plans import check_shown, note_plan, since_approved
from privacy.cases.states import BY_THEMSELVES, destination, move, move_all, must_be_able_to_ask, must_have
from privacy.cases.work import (
    about,
    account_of,
    bound_to,
    is_shared,
    lock,
    lock_all,
    lock_work,
    locked_with_work,
    once_more_if_overtaken,
    set_going,
)
from privacy.catalogue import CaseKind, NotAllowed, Right, case_kinds
from privacy.evidence import audit, commitments
from privacy.evidence.commitments import canonical_digest, pseudonym
from privacy.evidence.events import Event
from privacy.jobs import order, settle
from privacy.models import (
    Answered,
    Batch,
    Case,
    CaseJob,
    Clock,
    DataSubject,
    Job,
    Staff,
    State,
    Verification,
)
from privacy.selectors import people, shields, standing
from privacy.selectors.cases import undecidable

S = State


# --- Asking -----------------------------------------------------------------------------------------------------------


@once_more_if_overtaken
def ask(
    key: str,
    *,
    subject_ids: Sequence[UUID],
    actor: Staff | None,
    verification: str = "",
    batch: Batch | None = None,
    received_at: datetime | None = None,
    token: UUID | None = None,
    **given: Any,
) -> list[Case]:
    """Opens a case of this kind for each of these people, or for the accounts that are the kind's `reach`, in one
    transaction, and sets going what needs nobody's decision. Without an actor it is the person who asks. People of whom
    something stands in the way are left out. The clock runs from `received_at`, else from the answer `received_on`,
    else from now. What was asked with the same `token` before is not asked twice.

    Raises PermissionDenied, and ValueError in words for the screen.
    """
    kind = case_kinds[key]
    must_be_able_to_ask(kind, actor, verification)
    subject_ids = people.reached(kind, subject_ids)
    found = answers.checked(kind, given, subject_ids)
    verification = "" if kind.is_doubted and kind.is_doubted(found) else check_stated(kind, verification)
    with transaction.atomic():
        wish = answers.to_seal(found)
        running = lock_work(key, [answers.about(subject_id, wish) for subject_id in subject_ids])
        subjects = DataSubject.objects.select_for_update().order_by("id").in_bulk(subject_ids)
        free = free_of(kind, [subjects[pk] for pk in subjects], token, found)
        common = answers.columns(found) | {
            "kind": key, "requested_by": actor, "owner": actor, "verification": verification, "batch": batch,
            "deciders": kind.deciders, "state": first_state(kind, verification),
            "received_at": received_at or answers.received_at(found.get("received_on")),
        }  # fmt: skip
        quiet = set(kind.silent_for([s.pk for s in free], found)) if kind.silent_for else set()
        opened = [_new(subject, token, common, silent=subject.pk in quiet) for subject in free]
        for case, where in _where_to_answer(kind, opened):
            case.sealed = answers.sealed(where | wish)
        if kind.waits_for_a_copy:
            copies = shields.copy_first([case.subject_id for case in opened])
            for case in opened:
                case.after = copies.get(case.subject_id)
        note_plan(kind, opened)
        started = clocks.start(opened)
        Case.objects.bulk_create(opened)
        Clock.objects.bulk_create(started)
        effect = in_effect(kind, opened) if common["state"] == S.FULFILLING else {}
        links = [
            (
                c.id,
                {"kind": key, "subject": pseudonym(c.subject_id)}
                | commitments.of_request(c)
                | {"dates": clocks.dates_of(c)}
                | effect.get(c.pk, {}),
            )
            for c in opened
        ]
        if links:
            audit.append_many(links, Event.REQUEST_OPENED, actor=actor)
        if common["state"] == S.FULFILLING:
            set_going(opened, running)
    return opened


def ask_as_batch(key: str, *, subject_ids: Sequence[UUID], actor: Staff, **given: Any) -> list[Case]:
    """`ask` for many under a batch by which staff watch them, all or nothing. No batch is left behind when nothing
    was opened."""
    must_have(actor, case_kinds[key].may.ask)
    with transaction.atomic():
        batch = Batch.objects.create(kind=key, actor=actor)
        opened = ask(key, subject_ids=subject_ids, actor=actor, batch=batch, **given)
        if not opened:
            batch.delete()
    return opened


def check_stated(kind: type[CaseKind], verification: str) -> str:
    """`check_proof` of what whoever asks states of themselves. Raises ValueError, also for what takes a check."""
    if verification in Verification.of_a_check():
        raise ValueError("This way of making sure who asks takes a check: open the case first.")
    return check_proof(kind, verification)


def check_proof(kind: type[CaseKind], verification: str) -> str:
    """How it was made sure who asks; empty when it is yet to be. Raises ValueError for a way that is not taken."""
    if not kind.proof and issubclass(kind, Right):
        return Verification.NOT_REQUIRED
    if not kind.proof:
        return verification if verification in BY_THEMSELVES else Verification.CONTROLLER
    if verification and (verification not in kind.proof or verification == Verification.NOT_REQUIRED):
        raise ValueError("This way of making sure who asks is not accepted here.")
    return verification


def first_state(kind: type[CaseKind], verification: str) -> str:
    """Asking decides where one is enough and it is sure who asks."""
    if not verification:
        return S.VERIFYING
    return S.FULFILLING if kind.deciders == 1 else S.DECIDING


def free_of(
    kind: type[CaseKind], subjects: Sequence[DataSubject], token: UUID | None, answers: Mapping[str, Any]
) -> list[DataSubject]:
    """Those of the locked people of whom nothing stands in the way, and not asked for with this token before."""
    asked = {subject.pk: answers for subject in subjects}
    blocked = standing.blockers(kind, list(asked), asked=asked)
    sent = set()
    if token:
        ids = {_id(token, subject.pk): subject.pk for subject in subjects}
        sent = {ids[pk] for pk in Case.objects.filter(pk__in=ids).values_list("pk", flat=True)}
    return [subject for subject in subjects if subject.pk not in blocked and subject.pk not in sent]


def _where_to_answer(kind: type[CaseKind], opened: Sequence[Case]) -> list[tuple[Case, dict[str, str]]]:
    found = answers.where_to_answer(kind, [case.subject_id for case in opened])
    return [(case, found[case.subject_id]) for case in opened if case.subject_id in found]


def _id(token: UUID | None, subject_id: UUID) -> UUID:
    return uuid.uuid5(token, str(subject_id)) if token else uuid.uuid4()


def _new(subject: DataSubject, token: UUID | None, common: dict[str, Any], *, silent: bool) -> Case:
    given = common | {"silent": silent or bool(common.get("silent"))}
    return Case(id=_id(token, subject.pk), subject=subject, salt=secrets.token_hex(16), **given)


# --- Deciding ---------------------------------------------------------------------------------------------------------


@once_more_if_overtaken
def prove(*, request_id: UUID, actor: Staff | None, verification: str, check: UUID | None = None) -> Case:
    """It is made sure who asks; what needs nobody else's decision starts. `check` is the row that proves it
    (cases.verification), without an actor where the person did. Raises NotAllowed, PermissionDenied, and ValueError
    for a way that is not taken."""
    with transaction.atomic():
        case, kind, running = locked_with_work(request_id)
        if not (verification := check_proof(kind, verification)):
            raise ValueError("Choose how it was made sure who asks.")
        destination(case, "proved")  # before anything is written that is written once
        Case.objects.filter(pk=case.pk).update(verification=verification, verified_by=actor)
        case.verification, case.verified_by = verification, actor
        move(case, "proved", actor, verification=verification, **({"check": str(check)} if check else {}))
        if kind.deciders == 1:
            move_all([case], "granted", None, in_effect(kind, [case]))
            set_going([case], running)
    return case


def grant(*, request_id: UUID, actor: Staff, shown: Collection[str] | None = None) -> Case:
    """`grant_all` for one."""
    return grant_all(request_ids=[request_id], actor=actor, shown=shown)[0]


@once_more_if_overtaken
def grant_all(*, request_ids: Sequence[UUID], actor: Staff, shown: Collection[str] | None = None) -> list[Case]:
    """Decides that these are carried out, all or none, with as few queries as for one. `shown` are the parts of the
    plan that whoever decides has read; without it, what is there now.

    Raises PermissionDenied for who asked for it and by the kind's `may`, NotAllowed else.
    """
    with transaction.atomic():
        found = Case.objects.filter(pk__in=request_ids)
        running: dict[str, CaseJob] = {}
        for key in sorted(set(found.order_by().values_list("kind", flat=True))):
            running |= lock_work(key, list(map(about, found.filter(kind=key))))
        cases = list(found.select_for_update().order_by("id"))
        for key in sorted({case.kind for case in cases}):
            _grant(case_kinds[key], [case for case in cases if case.kind == key], actor, shown, running)
    return cases


def _grant(
    kind: type[CaseKind],
    cases: list[Case],
    actor: Staff,
    shown: Collection[str] | None,
    running: Mapping[str, CaseJob],
) -> None:
    ids = [case.subject_id for case in cases]
    list(DataSubject.objects.select_for_update().filter(pk__in=ids).order_by("id").values_list("id"))
    must_have(actor, kind.may.decide)
    for case in cases:
        must_be_another(case, actor)
        destination(case, "granted")
    if blocked := undecidable(kind, cases):
        raise NotAllowed(next(iter(blocked.values()))[0])
    parts = kind.parts(ids) if kind.parts else {}
    check_shown(parts, shown)
    Case.objects.filter(pk__in=[c.pk for c in cases]).update(approved_by=actor, approved_at=datetime.now(UTC))
    for case in cases:
        case.approved_by = actor
    facts = in_effect(kind, cases)
    if parts:
        facts = {c.pk: facts.get(c.pk, {}) | {"plan": canonical_digest(sorted(parts[c.subject_id]))} for c in cases}
    move_all(cases, "granted", actor, facts)
    set_going(cases, running, parts)


def in_effect(kind: type[CaseKind], cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """{case: facts for its entry} of what is so from this transaction on; the people's rows are locked."""
    return dict(kind.takes_effect(cases)) if kind.takes_effect and cases else {}


def set_aside(*, request_id: UUID, actor: Staff, event: str) -> Case:
    """Closes what is not to be decided: `duplicate`, `not_a_request`, or `expired` unproved. Raises NotAllowed, also
    for what nobody has to prove, and PermissionDenied."""
    with transaction.atomic():
        case, _ = lock(request_id)
        if case.state == S.VERIFYING and not case_kinds[case.kind].proof:
            raise NotAllowed("Nobody has to prove who they are for this: put it in effect, or deny it on a dossier.")
        move(case, event, actor)
    return case


# --- While it is carried out ------------------------------------------------------------------------------------------


def cancel(*, request_id: UUID, actor: Staff) -> Case:
    """Withdraws the case; one that is in a worker's hands stops before its next step. Raises NotAllowed once
    something was done that cannot be taken back, and PermissionDenied."""
    with transaction.atomic():
        case, job = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.cancel)
        withdraw(case, job, actor)
    return case


def withdraw(case: Case, job: CaseJob | None, actor: Staff | None) -> None:
    """`cancel` of a locked case and its job, whoever wants it: without an actor it is the person. Raises NotAllowed."""
    if because := bound_to(case, case.steps):
        raise NotAllowed(because)
    if job and is_shared(job, case):  # the work goes on for the others
        move(case, "withdrawn", actor, goes_on=True, **account_of(case.steps))
    elif job and job.lease_until:
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        audit.append(case.id, Event.REQUEST_CANCEL_REQUESTED, actor=actor)
    else:
        move(case, "withdrawn", actor, **account_of(case.steps))
        grace.take_back([case])
        order.stop_short([job] if job else [])


def unpark(*, request_id: UUID, actor: Staff) -> Case:
    """Lets the workers try parked work again. Raises NotAllowed when it is not parked, or waits for a decision about
    a plan that has changed, and PermissionDenied."""
    with transaction.atomic():
        case, job = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.retry)
        if job is None or not job.parked_because:
            raise NotAllowed("This request is not parked.")
        if since_approved(job):
            raise NotAllowed("The plan has changed since it was approved: another person has to approve it again.")
        settle.unpark(job)
        audit.append(case.id, Event.JOB_UNPARKED, actor=actor)
    return case


def approve_again(*, request_id: UUID, actor: Staff) -> Case:
    """Approves the plan as it is now, of work that stopped because it had changed. Raises NotAllowed and
    PermissionDenied."""
    with transaction.atomic():
        case, job = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.decide)
        must_be_another(case, actor)
        new = since_approved(job) if job else []
        if job is None or not new:
            raise NotAllowed("Its plan has not changed.")
        job.approved = sorted({*job.approved, *new})
        Job.objects.filter(pk=job.pk).update(approved=job.approved)
        settle.unpark(job)
        plan = canonical_digest(job.approved)
        audit.append(case.id, Event.PLAN_APPROVED_AGAIN, actor=actor, new=new, plan=plan)
    return case


# --- Answering --------------------------------------------------------------------------------------------------------


def answer(*, request_id: UUID, actor: Staff, how: str, on: datetime | None = None, words: str = "") -> Case:
    """`answer_all` for one."""
    return answer_all(request_ids=[request_id], actor=actor, how=how, on=on, words=words)[0]


def answer_all(
    *, request_ids: Sequence[UUID], actor: Staff, how: str, on: datetime | None = None, words: str = ""
) -> list[Case]:
    """Records that the people were answered, how and when, and where nothing else tells it what they were told: until
    letters are sent from here, staff say so. All or none. Raises NotAllowed, PermissionDenied, and ValueError for a
    time to come or words that are missing."""
    moment = (on or datetime.now(UTC)).astimezone(UTC)
    if moment > datetime.now(UTC):
        raise ValueError("This is yet to come.")
    with transaction.atomic():
        cases = lock_all(request_ids)
        told = answers.sealed_words(cases, words)
        of_these = Case.objects.filter(pk__in=[case.pk for case in cases])
        of_these.update(answered_at=moment, answered_how=Answered(how), **told)
        for case in cases:
            case.answered_at, case.answered_how = moment, how
        move_all(cases, "answered", actor, {case.pk: {"how": how, "at": moment} for case in cases})
    return cases


def assign(*, request_id: UUID, actor: Staff, owner: Staff) -> Case:
    """Gives the case to a member of staff who may answer it. Raises NotAllowed and PermissionDenied."""
    with transaction.atomic():
        case, _ = lock(request_id)
        may = case_kinds[case.kind].may
        must_have(actor, may.ask)
        if not owner.is_active or not owner.has_perm((may.answer or may.ask).name):
            raise NotAllowed("Their role does not allow them to see this to its end.")
        Case.objects.filter(pk=case.pk).update(owner=owner)
        case.owner = owner
        audit.append(case.pk, Event.CASE_ASSIGNED, actor=actor, owner=owner.pk)
    return case


def answer_before_due() -> int:
    """Lets what is still carried out a few days before its date be answered with what is so; a second letter is owed.
    Returns how many."""
    soon = regimes.today() + regimes.ANSWER_BEFORE
    with transaction.atomic():
        late = Case.objects.filter(state=S.FULFILLING, due_on__lte=soon)
        cases = list(late.select_for_update(skip_locked=True).order_by("id")[:500])
        move_all(cases, "due_soon", None)
    return len(cases)
