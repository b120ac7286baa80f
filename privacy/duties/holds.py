"""Legal holds: from the moment one is ordered no erasure takes another step, and nothing that is stored goes or changes
by another path either (GDPR art. 17(3)(e)). The database refuses it, by triggers from the data map."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from privacy.cases.kinds import register
from privacy.catalogue import Decision, Duty, Fact, May, Permit, Question, Stage, StepKind
from privacy.catalogue.cases import reason
from privacy.evidence.commitments import canonical_digest
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.order import stopped_kinds, wake
from privacy.jobs.outcomes import Done
from privacy.models import Case, CaseJob, Job, LegalHold, Step
from privacy.roles import AGENT, APPROVER, MANAGER
from privacy.selectors import holds, plans
from privacy.selectors.standing import Standing

PLACE = Permit("place_legalhold", "Can place a legal hold", (AGENT, APPROVER, MANAGER))
RELEASE = Permit("release_legalhold", "Can confirm the release of a legal hold", (APPROVER, MANAGER))
SILENT = Question(
    "silent", "Silent: the person must not learn of this hold", "switch", required=False,
    help="For an order that forbids to tell. It then leaves no trace in the person's package, also when it is "
    "released; otherwise the package says that there is a hold, and not why. It cannot be changed later.",
)  # fmt: skip


def put_in_force(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """The holds of these cases; {case: which}."""
    new = [
        LegalHold(
            subject_id=case.subject_id, reason=case.reason, salt=case.salt, silent=case.silent,
            placed_by_id=case.requested_by_id,  # type: ignore[misc]  # a duty is asked for by staff
        )
        for case in cases
    ]  # fmt: skip
    LegalHold.objects.bulk_create(new)
    return {case.pk: {"hold": str(hold.pk)} for case, hold in zip(cases, new, strict=True)}


def let_go(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """Ends the holds on these cases' people; {case: how many}. What they stopped goes on by the job that follows."""
    told = {}
    for case in cases:
        in_force = LegalHold.objects.filter(subject=case.subject_id, released_at__isnull=True)
        by = case.approved_by_id or case.requested_by_id
        released = in_force.update(released_at=datetime.now(UTC), released_by=by)
        told[case.pk] = {"released": released}
    return told


def silent_by_order(subject_ids: Sequence[UUID], answers: Mapping[str, Any]) -> Collection[UUID]:
    return subject_ids if answers.get("silent") else ()


def still_silent(subject_ids: Sequence[UUID], answers: Mapping[str, Any]) -> Collection[UUID]:
    """What was silent stays so when it is over."""
    return holds.silent(subject_ids)


@local("holds.place")
@one_by_one
def record_what_it_keeps(job: CaseJob, step: Step) -> Done:
    """Writes down how much is there once the hold is in force, by table, under one digest. What runs meets the hold
    before its next step by itself."""
    hold = LegalHold.objects.filter(subject=job.subject_id, released_at__isnull=True).first()
    counted = plans.row_counts([job.subject_id])[job.subject_id]
    rows = {label: sum(actions.values()) for label, actions in sorted(counted.items())}
    stopped = stoppable([job.subject_id]).count()
    kept = {"rows": sum(rows.values()), "sha256": canonical_digest(rows)}
    return Done({"hold": str(hold.id) if hold else "", "keeps": kept, "stops": stopped}, units=1)


@local("holds.release")
@one_by_one
def let_work_go_on(job: CaseJob, step: Step) -> Done:
    """Wakes what the hold has stopped; what another hold still covers stops again."""
    stopped = stoppable([job.subject_id]).filter(stopped_at__isnull=False)
    list(stopped.select_for_update().order_by("id"))  # jobs are locked before people
    # Ordered until 2026-11, when one person's word was enough and the worker ended the hold.
    released = {} if job.case.approved_by_id else let_go([job.case])[job.case_id]
    return Done(released | {"erasures_resumed": len(wake(stopped))}, units=1)


def will_stop(subject_ids: Sequence[UUID], so: Standing) -> list[str]:
    running = stoppable(subject_ids).filter(stopped_at=None).count()
    return [f"{_erasures(running)} of these people will stop."] if running else []


def will_go_on(subject_ids: Sequence[UUID], so: Standing) -> list[str]:
    stopped = stoppable(subject_ids).filter(stopped_at__isnull=False).count()
    return [f"{_erasures(stopped)} of these people will go on as soon as the hold ends."] if stopped else []


def _erasures(number: int) -> str:
    return "1 open erasure" if number == 1 else f"{number:,} open erasures"


def stoppable(subject_ids: Collection[UUID]) -> QuerySet[Job]:
    """Open work about these people that a hold stops."""
    return Job.objects.filter(subject__in=subject_ids, kind__in=stopped_kinds(), ended_at=None)


@register
class HoldPlace(Duty):
    key, label, icon = "hold_place", "Legal hold", "gavel"
    cites = ("GDPR art. 17(3)(e)",)
    button, title, submit = "Place hold", "Place a legal hold on {people}", "Place the hold"
    happens = (
        "From the moment you confirm, no erasure takes another step for these people, and no import and no word of "
        "Stripe’s overwrites what is stored of them. What only adds to it still comes in.",
        "Erasures that are being carried out stop before their next step; the record says what is gone.",
        "A worker then records how much the hold keeps.",
        "The hold stays until one person asks for its release and another confirms it.",
    )
    may = May(ask=PLACE, retry=PLACE)  # what is in force is released, and not cancelled
    asks = (reason(read_by_the_person=False), SILENT)
    # Not of the erased only: processors may still have to be told, and a court can forbid that too.
    refuses = {Stage.INTAKE: frozenset({Fact.HELD})}
    protects = True
    silent_for, takes_effect, warns = silent_by_order, put_in_force, will_stop
    steps = (StepKind("holds.place", "Record what the hold keeps"),)


@register
class HoldRelease(Duty):
    key, label, icon = "hold_release", "Release of a legal hold", "lock_open"
    button, title, submit = "Release hold", "Ask for the release of the legal hold on {people}", "Ask for the release"
    happens = (
        "Nothing ends yet: another member of staff has to confirm. You cannot confirm it yourself.",
        "Then the hold ends, and erasures that it had stopped go on by themselves, without another approval.",
    )
    is_dangerous = True
    may = May(ask=PLACE, decide=RELEASE, deny=RELEASE, cancel=PLACE, retry=RELEASE)
    deciders = 2
    decision = Decision(
        "Confirm the release…", "Release the hold",
        (
            "The hold ends as you confirm.",
            "Erasures that it had stopped go on by themselves, without another approval.",
        ),
        "Released: {cases}. What the hold had stopped goes on by itself.",
        "Waits for another person’s confirmation", "release", is_dangerous=True,
    )  # fmt: skip
    needs = dict.fromkeys(Stage, frozenset({Fact.HELD}))
    protects = True
    silent_for, takes_effect, warns = still_silent, let_go, will_go_on
    steps = (StepKind("holds.release", "Let go on what the hold had stopped"),)
