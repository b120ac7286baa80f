"""The work of cases: how it is ordered or joined, locked in one order, and what its end means for the cases."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F, Q

from privacy.cases import answers, grace
from privacy.cases.states import move, move_all
from privacy.catalogue import CaseKind, Standing, case_kinds
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.jobs import order
from privacy.jobs.handlers import remote_handlers
from privacy.models import Answered, Case, CaseJob, DataSubject, Job, Lane, Outcome, State, Step, StepState
from privacy.selectors import plans
from privacy.selectors.cases import sealed_of

S = State
# Long, and nothing that what has become of the work asks about.
NOT_MOVED_BY = ("planned", "reason", "answer")


def once_more_if_overtaken[**P, R](verb: Callable[P, R]) -> Callable[P, R]:
    """Does it again where somebody else has ordered the same work since it was looked for: their job could only be
    locked before the person is, so the second time finds it first, and joins it."""

    @wraps(verb)
    def twice(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        except IntegrityError:
            return verb(*args, **kwargs)

    return twice


def set_going(
    cases: Sequence[Case], running: Mapping[str, CaseJob], parts: Mapping[UUID, Collection[str]] | None = None
) -> None:
    """Orders the work of each case, or lets it join what is running about the same. Of a kind without steps the word
    that was given is all, and it is to be answered."""
    move_all([case for case in cases if not case_kinds[case.kind].steps], "job_ended", None)
    cases = [case for case in cases if case_kinds[case.kind].steps]
    for case in cases:
        if job := running.get(about(case)):
            join(case, job)
    new = [case for case in cases if about(case) not in running]
    waits = grace.begin(new)
    order.order([job_of(c, (parts or {}).get(c.subject_id, ()), waits.get(c.pk)) for c in new])


def join(case: Case, job: CaseJob) -> None:
    """Lets what is running answer this case too. Who has withdrawn it is out, and the work goes on for this one."""
    if job.cancel_requested:
        withdrawn = Case.objects.select_for_update().get(pk=job.case_id)
        move(withdrawn, "withdrawn", None, goes_on=True, **account_of(withdrawn.steps))
        Job.objects.filter(pk=job.pk).update(cancel_requested=False)
    Case.objects.filter(pk=case.pk).update(joined=job)
    case.joined = job
    audit.append(case.pk, Event.CASE_JOINED, actor=None, job=str(job.pk))


def job_of(case: Case, approved: Collection[str] = (), not_before: datetime | None = None) -> Job:
    """The work of this case, before it has a row."""
    kind = case_kinds[case.kind]
    lane = Lane.BULK if case.batch_id and not kind.protects else Lane.PROMPT
    return Job(
        kind=case.kind, subject_id=case.subject_id, case=case, about=about(case),
        lane=lane, due_on=case.due_on, silent=case.silent, approved=sorted(approved),
        ordered_by=case.approved_by or case.requested_by,
        not_before=not_before,
    )  # fmt: skip


def about(case: Case) -> str:
    """What the work of this case is about."""
    return answers.about(case.subject_id, sealed_of(case))


def lock_work(key: str, abouts: Sequence[str]) -> dict[str, CaseJob]:
    """{what it is about: open job of this kind}, locked. Jobs are locked before cases and people, everywhere."""
    found = CaseJob.objects.select_for_update().filter(kind=key, about__in=abouts, ended_at=None).order_by("id")
    return {job.about: job for job in found}


def locked_with_work(request_id: UUID) -> tuple[Case, type[CaseKind], dict[str, CaseJob]]:
    """The case and its person, locked, and what is running about them."""
    asked = Case.objects.get(pk=request_id)
    running = lock_work(asked.kind, [about(asked)])
    case = Case.objects.select_for_update().get(pk=request_id)
    DataSubject.objects.select_for_update().get(pk=case.subject_id)
    return case, case_kinds[case.kind], running


def lock(request_id: UUID) -> tuple[Case, CaseJob | None]:
    """The case and the open job that it has ordered or joined, both locked until the transaction ends."""
    its = Job.objects.filter(Q(case=request_id) | Q(joined_cases=request_id), ended_at=None).values("pk")
    job = CaseJob.objects.select_for_update().filter(pk__in=its).order_by("id").first()
    return Case.objects.select_for_update().get(pk=request_id), job


def lock_all(request_ids: Sequence[UUID]) -> list[Case]:
    """`lock` for many: their jobs, and then they themselves."""
    its = Job.objects.filter(Q(case__in=request_ids) | Q(joined_cases__in=request_ids), ended_at=None).values("pk")
    list(Job.objects.select_for_update().filter(pk__in=its).order_by("id").values_list("pk"))
    return list(Case.objects.select_for_update().filter(pk__in=request_ids).order_by("id"))


def is_shared(job: Job, case: Case) -> bool:
    """Whether another case waits for this work too."""
    waiting = Case.objects.filter(Q(joined=job) | Q(pk=job.case_id)).exclude(outcome__in=Outcome.nothing_done())
    return waiting.exclude(pk=case.pk).exists()


def account_of(steps: Iterable[Step]) -> dict[str, dict[str, int] | list[str]]:
    """What a case that stops half-way has done, has begun (a processor may have been asked), and leaves as it is, by
    step and in units (rows or files)."""
    done: dict[str, int] = {}
    begun: list[str] = []
    kept: dict[str, int] = {}
    for step in steps:
        if not step.is_open or step.units_done:
            done[str(step)] = step.units_done
        if step.is_open:
            kept[str(step)] = max(step.units_planned - step.units_done, 0)
        if step.state in (StepState.STARTED, StepState.WAITING):
            begun.append(str(step))
    return {"done": done, "begun": begun, "kept": kept}


def follow(standings: Mapping[Standing, Sequence[Job]]) -> None:
    """Moves the cases by what has become of their jobs, in the transaction that gives the jobs back."""
    for where, jobs in standings.items():
        match where:
            case Standing.ENDED:
                ended = _cases_of(jobs)
                move_all(ended, "job_ended", None)
                _answer_on_the_page(ended)
            case Standing.CANCELLED:
                grace.take_back(_cases_of(jobs))
                for found in _cases_of(jobs):
                    move(found, "withdrawn", None, **account_of(found.steps))
            case Standing.STOPPED:
                for found in _cases_of([job for job in jobs if job.stopped_at is None]):
                    audit.append(found.pk, Event.WORK_STOPPED, actor=None, **account_of(found.steps))
            case _:
                resumed = _cases_of([job for job in jobs if job.stopped_at])
                audit.append_many([(found.pk, {}) for found in resumed], Event.WORK_RESUMED, actor=None)


def _answer_on_the_page(cases: Sequence[Case]) -> None:
    """Who has asked by themselves for what is taken without proof was told on that page that it is so; nobody owes
    them a letter."""
    found = [c for c in cases if c.state == S.ANSWERING and not c.requested_by_id and not case_kinds[c.kind].proof]
    for case in found:
        case.answered_at, case.answered_how = case.received_at, Answered.PAGE
    Case.objects.filter(pk__in=[case.pk for case in found]).update(
        answered_at=F("received_at"), answered_how=Answered.PAGE
    )
    move_all(found, "answered", None, {case.pk: {"how": case.answered_how, "at": case.answered_at} for case in found})


def _cases_of(jobs: Sequence[Job]) -> list[Case]:
    """The cases that ordered these locked jobs, or have joined them, locked."""
    if not jobs:
        return []
    ids = [job.case_id for job in jobs]
    over = Q(state=S.CLOSED, outcome__in=Outcome.nothing_done())
    locked = Case.objects.select_for_update().filter(Q(pk__in=ids) | Q(joined__in=jobs)).exclude(over)
    return list(locked.defer(*NOT_MOVED_BY).order_by("id"))


def bound_to(case: Case, steps: Iterable[Step]) -> str:
    """Why the case cannot be withdrawn any more; empty when it can."""
    kind = case_kinds[case.kind]
    if kind.takes_effect and case.state in (S.FULFILLING, S.ANSWERING) and case.outcome != Outcome.DENIED:
        return "It is in effect already, and cannot be withdrawn any more."
    final = {step.name: step.label for step in kind.steps if step.is_final}
    gone = next((step for step in steps if step.name in final and has_done_something(step)), None)
    if gone is None:
        return ""
    what = final[gone.name].format(target=plans.thing_named(gone.target) if gone.target else "")
    return f"It cannot be withdrawn any more: “{what}” has begun, and cannot be taken back."


def has_done_something(step: Step) -> bool:
    is_asked = step.state == StepState.STARTED and step.name in remote_handlers
    return bool(step.units_done) or is_asked or step.state == StepState.WAITING
