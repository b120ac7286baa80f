"""A request's own page: where it stands, what it waits for, what was done and what can be decided."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse

from privacy import regimes
from privacy.admin import badges
from privacy.admin.evidence.events import sentence
from privacy.admin.plans import heirs_in, told_of
from privacy.admin.requests import clocks, comments, dossiers, letters, verification, what_to_try
from privacy.admin.requests.approvals import decision_on, dry_run_of
from privacy.admin.requests.base import has, others_in, others_named, sealed
from privacy.admin.requests.buttons import buttons_for
from privacy.admin.requests.progress import next_look, work_of
from privacy.admin.requests.steps import name_of, outcome_of
from privacy.admin.requests.tallies import table_of
from privacy.catalogue import case_kinds
from privacy.evidence import sealing
from privacy.evidence.keys import MissingKey
from privacy.models import (
    AccessPackage,
    AuditEntry,
    Case,
    Job,
    Processor,
    Refusal,
    RightsRequest,
    State,
    Step,
)
from privacy.selectors import beside, cases, packages, plans, processors, progress, queue, standing
from privacy.selectors.beside import Beside
from privacy.selectors.plans import Plan
from privacy.selectors.progress import StepBar

# What processors call the people of steps: {step: {kind: names}}.
Names = Mapping[UUID, Mapping[str, Sequence[str]]]
OWN = "You asked for it; another person has to attest."


def page_of(request, row: Case, names: Names | None = None) -> dict:
    """Everything on a case's page; `names` are what processors call the person, of steps of which this member has just
    asked for it."""
    job, steps = work_of(row)
    how_far = progress.of_case(row, job, steps)
    kind, sees_people = case_kinds[row.kind], request.user.sees_personal_data
    can_answer = has(request.user, kind.may.answer)
    so = standing.of([row.subject_id]) if cases.awaits_decision(row) else None
    plan = dry_run_of(row, so) if so and sees_people else None
    now = plan or since_decided(job)
    own = cases.not_by(row, request.user)
    near = what_is_beside(request, row, steps, plan)
    people = near.people
    return {
        **admin.site.each_context(request),
        "title": str(row),
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "job": job,
        "others_named": others_named(row, people) if sees_people else {},
        "who": people[row.subject_id],
        "reason": row.reason if sees_people else "Not shown to your role",
        "status": badges.of_case(row),
        "due": badges.due(row),
        **clocks.facts_of(row, near.pauses),
        "deadline_by": deadline_by(row),
        "stopped_words": kind.stopped_words if badges.is_on_hold(row) else "",
        **(sealed(kind, row) if can_answer else {}),
        "has_steps": bool(kind.steps),
        "told": told_in(row) if can_answer and row.answer else "",
        "followed_by": near.followed_by,
        "progress": how_far,
        "progress_url": reverse("admin:privacy_rightsrequest_progress", args=[row.id]),
        "poll_after": next_look(row, job),
        "is_stalled": is_stalled(row, job),
        "buttons": buttons_for(request.user, row, own, job, steps, is_plan_new=is_new(now, job)),
        "waits_for": waits_for(request.user, row),
        "to_try": what_to_try.to_try(job.parked_because) if job and job.is_open and job.parked_because else "",
        "steps": step_lines(request, row, steps, how_far.bars, near.processors, names or {}),
        "table": table_of(row, job, steps, now) if sees_people else None,
        "closed": badges.closed(row) if not row.is_open else "",
        **(decision_on(request, row, own, so, plan, people) if so else {}),
        **(told_of(plan, people) if plan else {}),
        "receipt": near.receipt,
        "package": package_of(row, steps) if sees_people else None,
        "cites": kind.cites,
        "denied_because": Refusal(row.denial_reason).with_law if row.denial_reason else "",
        **(dossiers.on_case(row, near.dossier) if near.dossier else {}),
        **letters.on_case(request, row, near.letters),
        **comments.on_case(request, row, near.comments),
        **verification.on_case(request, row),
        "can_give": can_answer,
        "entries": [(entry, sentence(entry)) for entry in trail_of(row)],
    }


def what_is_beside(request, row: Case, steps: Sequence[Step], plan: Plan | None) -> Beside:
    """Asked last, because all whom the page names, and the processors at which somebody is to ask, are known then."""
    named = [row.subject_id, *others_in(row).values(), *heirs_in(plan)]
    return beside.of(row, request.user, named, {step.target for step in by_hand(row, steps)})


def since_decided(job: Job | None) -> Plan | None:
    """The plan as it is now of work that has stopped, where deciding approved a plan: it may have got more."""
    if not (job and job.is_open and job.parked_because and job.approved):
        return None
    kind = case_kinds[job.kind]
    return kind.dry_run([job.subject_id], None) if kind.parts and kind.dry_run else None


def is_new(plan: Plan | None, job: Job | None) -> bool:
    """Whether the plan has got more since the work was decided."""
    return bool(plan and job and plans.since_approved([job], plan.parts_of))


def is_stalled(row: Case, job: Job | None) -> bool:
    """Whether nobody works on it. Of what awaits a decision nothing is worked on."""
    is_due = job and job.is_open and not job.parked_because and not cases.awaits_decision(row)
    return bool(is_due) and queue.workers_are_silent()


def package_of(row: Case, steps: Sequence[Step]) -> AccessPackage | None:
    return packages.of_case(row) if any(step.name == "access.package" for step in steps) else None


def trail_of(row: Case) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(chain=row.id).select_related("actor").order_by("n")


def told_in(row: Case) -> str:
    """What the person was answered, as far as it can be opened."""
    try:
        return sealing.unseal(row.answer)["answer"][0]
    except MissingKey:
        return "It cannot be opened, because a key is missing."


def waits_for(user, row: Case) -> str:
    """Whom it waits for, for those who cannot decide it themselves."""
    may = case_kinds[row.kind].may
    if cases.awaits_decision(row) and not has(user, may.decide):
        return "an approver or manager"
    if row.state == State.ANSWERING and not has(user, may.answer):
        return "somebody who may answer"
    return ""


def deadline_by(row: Case) -> dict[str, str | date] | None:
    """Which rule sets the deadline, and from which day it counts; a duty of our own has none."""
    if not row.regime:
        return None
    return {
        "name": badges.none_verified(row) or regimes.name_of(row.regime),
        "counted_from": regimes.day_of(row.received_at),
    }


def by_hand(row: Case, steps: Sequence[Step]) -> list[Step]:
    """Those that a person's word can close now."""
    return [step for step in steps if not row.is_stopped and processors.can_be_attested(step)]


def step_lines(
    request, row: Case, steps: Sequence[Step], bars: Sequence[StepBar], inventory: Mapping[str, Processor], names: Names
) -> list[dict]:
    """The steps as the timeline shows them; those that a person does by hand with all that it takes."""
    consoles = {s.id: processors.console(s.target, inventory.get(s.target)) for s in by_hand(row, steps)}
    may_attest = has(request.user, case_kinds[row.kind].may.attest)
    return [
        {
            "step": step,
            "name": name_of(step),
            "badge": badges.of_step(step),
            "bar": bar,
            "outcome": outcome_of(step),
            "to_try": what_to_try.known(step.problem) if step.problem and not step.job.parked_because else "",
            "manual": manual_work(request, row, step, consoles[step.id], names) if step.id in consoles else None,
            "attest_url": reverse("admin:privacy_rightsrequest_attest", args=[row.id, step.id])
            if step.id in consoles and may_attest
            else "",
        }
        for step, bar in zip(steps, bars, strict=True)
    ]


def manual_work(request, row: Case, step: Step, console: processors.Console, names: Names) -> dict:
    """What a person needs to do the step by hand."""
    can_reveal = bool(step.sealed) and request.user.has_perm("privacy.reveal_content")
    return {
        "console": processors.what_to_do(step, console),
        "reveal_url": reverse("admin:privacy_rightsrequest_reveal", args=[row.id, step.id]) if can_reveal else "",
        "notice_url": reverse("admin:privacy_rightsrequest_notice", args=[row.id, step.id])
        if can_reveal and has(request.user, case_kinds[row.kind].may.answer)
        else "",
        "ids": processors.ids_in(names.get(step.id, {})),
        "not_because": OWN if row.requested_by_id == request.user.pk else "",
    }
