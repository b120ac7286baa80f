"""A request's own page: where it stands, what it waits for, what was done and what can be decided."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.urls import reverse

from privacy import regimes
from privacy.admin import badges
from privacy.admin.base import link_to_subject
from privacy.admin.evidence.events import sentence
from privacy.admin.plans import recipients, sections_of
from privacy.admin.requests.base import has
from privacy.admin.requests.buttons import buttons_for
from privacy.admin.requests.forms import DenialForm
from privacy.admin.requests.progress import next_look, work_of
from privacy.admin.requests.steps import name_of, outcome_of
from privacy.catalogue import CaseKind, case_kinds
from privacy.evidence.keys import MissingKey
from privacy.models import AuditEntry, Case, RightsRequest, State, Step, StepState
from privacy.selectors import cases, packages, progress, queue


def page_of(request, row: Case) -> dict:
    """Everything on a case's page."""
    job, steps = work_of(row)
    how_far = progress.of_case(row, job, steps)
    kind, sees_people = case_kinds[row.kind], request.user.sees_personal_data
    can_answer = has(request.user, kind.may.answer)
    package = row.package if sees_people else None
    dry_run = kind.dry_run([row.subject_id]) if cases.awaits_decision(row) and kind.dry_run and sees_people else None
    return {
        **admin.site.each_context(request),
        "title": str(row),
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "job": job,
        "subject": link_to_subject(row.subject_id) if sees_people else row.subject,
        "others_named": others_named(kind, row) if sees_people else [],
        "reason": row.reason if sees_people else "Not shown to your role",
        "status": badges.of_case(row),
        "due": badges.due(row),
        "deadline_by": deadline_by(row),
        "stopped_words": kind.stopped_words if badges.is_on_hold(row) else "",
        **(sealed(kind, row) if can_answer else {}),
        "progress": how_far,
        "progress_url": reverse("admin:privacy_rightsrequest_progress", args=[row.id]),
        "poll_after": next_look(row, job),
        "is_stalled": bool(job and job.is_open and not job.parked_because and queue.workers_are_silent()),
        "buttons": buttons_for(request.user, row, job, steps),
        "waits_for": waits_for(request.user, row),
        "steps": [step_line(request, row, step, bar) for step, bar in zip(steps, how_far.bars, strict=True)],
        "plan": dry_run,
        "sections": sections_of(dry_run) if dry_run else [],
        "recipients": recipients(dry_run) if dry_run else [],
        "receipt": row.receipt,
        "package": package,
        "to_remind": package is not None and packages.to_remind().filter(pk=package.pk).exists(),
        "cites": kind.cites,
        "denied_because": dict(DenialForm.REASONS).get(row.denial_reason, row.denial_reason),
        "can_give": can_answer,
        "entries": [
            (entry, sentence(entry))
            for entry in AuditEntry.objects.filter(chain=row.id).select_related("actor").order_by("n")
        ],
    }


def sealed(kind: type[CaseKind], row: Case) -> dict[str, Any]:
    """What is kept sealed with the case, or that it cannot be opened."""
    try:
        return {"sealed": labelled(kind, cases.sealed_of(row))}
    except MissingKey:
        return {"cannot_open": True}


def others_named(kind: type[CaseKind], row: Case) -> list[tuple[str, str]]:
    """(question, link) of the people whom the answers name."""
    asked = {question.name: question.label for question in kind.asks if question.type == "person"}
    try:
        given = cases.sealed_of(row) if asked else {}
    except MissingKey:  # the page says so
        return []
    return [(asked[name].removesuffix("?"), link_to_subject(UUID(given[name]))) for name in asked.keys() & given.keys()]


def labelled(kind: type[CaseKind], given: dict[str, str]) -> dict[str, str]:
    """The answers by the words of their questions."""
    labels = {question.name: question.label.removesuffix(" (optional)") for question in kind.asks}
    return {labels.get(name, name): answer for name, answer in given.items()}


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
        "explanation": regimes.explanation_of(row.kind, row.regime),
        "counted_from": regimes.day_of(row.received_at),
    }


def step_line(request, row: Case, step: Step, bar: progress.StepBar) -> dict:
    """A step as the timeline shows it; an open step of a processor can be attested."""
    can_attest = (
        step.name == "processors.erase"
        and (step.state == StepState.WAITING or (step.problem and step.state == StepState.STARTED))
        and not row.is_stopped
        and has(request.user, case_kinds[row.kind].may.attest)
    )
    return {
        "step": step,
        "name": name_of(step),
        "badge": badges.of_step(step),
        "bar": bar,
        "outcome": outcome_of(step),
        "attest_url": reverse("admin:privacy_rightsrequest_attest", args=[row.id, step.id]) if can_attest else "",
        "attest_not_because": "You asked for this erasure; another person has to attest."
        if can_attest and row.requested_by_id == request.user.pk
        else "",
    }
