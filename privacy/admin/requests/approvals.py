"""Approves requests, one or many: who it is and the plan are read, a word is typed, and what was read is what is
approved."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin.actions import PEOPLE_SHOWN, requests_count
from privacy.admin.base import person_cell
from privacy.admin.forms import NoQuestionsForm
from privacy.admin.plans import heirs_in, told_of
from privacy.admin.requests.base import (
    ask,
    carry_out,
    check_permit,
    has,
    on_request,
    others_in,
    others_named,
    page,
    sealed,
    selected,
)
from privacy.admin.requests.forms import RequestIds, TypedForm
from privacy.admin.requests.many import counted
from privacy.cases import requests
from privacy.cases.plans import PlanChanged, since_approved
from privacy.catalogue import CaseKind, NotAllowed, Stage, case_kinds
from privacy.models import Case, RightsRequest
from privacy.selectors import cases, plans, standing
from privacy.selectors.conflicts import conflicts
from privacy.selectors.plans import Plan
from privacy.selectors.standing import Standing
from privacy.selectors.who import Who, who


@on_request
def approve(request: HttpRequest, row: Case) -> HttpResponse:
    """One decision, from its own page."""
    return approve_many(request, [row.id])


def approve_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action: the same page for many."""
    ids = selected(request, queryset, "approvals")
    return confirm_approvals(request, ids) if ids else None


approve_selected.short_description = "Approve…"


def approve_view(request: HttpRequest) -> HttpResponse:
    """The confirmation's target for many."""
    ids = RequestIds(request.POST)
    if request.method != "POST" or not ids.is_valid():
        messages.error(request, "The selection could not be read. Select again.")
        return redirect("admin:privacy_rightsrequest_changelist")
    return approve_many(request, ids.cleaned_data["requests"])


def approve_many(request: HttpRequest, request_ids: Sequence[UUID]) -> HttpResponse:
    """Shows who they are and the plan and asks for a typed word; on a good answer decides those that may be decided."""
    if request.method != "POST":
        return confirm_approvals(request, request_ids)
    if again := sign_in_again(request):
        return again
    free, refused, _ = cases.sort_out(request_ids, request.user)
    kind = one_kind(request, [*free, *refused])
    if kind is None:
        return redirect(back_from(request_ids))
    people = who({row.subject_id for row in [*free, *refused][:1]}, request.user)
    form = form_for(kind, request_ids, [*free, *refused], people, request.POST)
    if not form.is_valid():
        return confirm_approvals(request, request_ids, form)
    shown = form.cleaned_data["shown"].splitlines() if kind.parts else None  # browsers send CRLF
    try:
        approved = requests.grant_all(request_ids=[row.id for row in free], actor=request.user, shown=shown)
    except PlanChanged as refusal:
        messages.warning(request, str(refusal))
        return confirm_approvals(request, request_ids)
    except (NotAllowed, PermissionDenied):
        messages.warning(request, "A colleague was quicker with some of these, so nothing was approved. Look again.")
        return redirect(back_from(request_ids))
    tell(request, kind, len(approved), refused)
    return redirect(back_from(request_ids))


def one_kind(request: HttpRequest, rows: Sequence[Case]) -> type[CaseKind] | None:
    """What these are, if they are of one kind that the member decides about; else a message says why not."""
    kinds = {row.kind for row in rows}
    if len(kinds) != 1:
        messages.error(request, "Select requests of one kind: their plans are read apart.")
        return None
    kind = case_kinds[kinds.pop()]
    if kind.alone and len(rows) > 1:
        messages.error(request, "Each of these is about something of its own: decide it on its own page.")
        return None
    check_permit(request, kind.may.decide)
    if kind.decision is None:
        messages.error(request, "Asking for it decides it: nobody has to approve.")
        return None
    return kind


def tell(request: HttpRequest, kind: type[CaseKind], approved: int, refused: dict[Case, list[str]]) -> None:
    if approved:
        messages.success(request, kind.decision.done.format(cases=requests_count(approved)))
    if refused:
        left = f"{requests_count(len(refused))} left alone" if approved else "Nothing was approved"
        messages.warning(request, f"{left}. {next(iter(refused.values()))[0]}")


def confirm_approvals(request: HttpRequest, request_ids: Sequence[UUID], form: TypedForm | None = None) -> HttpResponse:
    """The plan of what would be done, and what stands in the way, before anybody decides."""
    if again := sign_in_again(request):
        return again
    free, refused, so = cases.sort_out(request_ids, request.user)
    known = [*free, *refused]
    kind = one_kind(request, known)
    if kind is None:
        return redirect(back_from(request_ids))
    subject_ids = [row.subject_id for row in free]
    one = known[0] if len(known) == 1 == len(request_ids) else None
    plan = dry_run_of(one, so) if one and free else None
    if kind.dry_run and free and not one:
        plan = kind.dry_run(subject_ids, so.scope(subject_ids))
    shown = [*free[:PEOPLE_SHOWN], *list(refused)[:PEOPLE_SHOWN]]
    others = others_in(one).values() if one else []
    people = who([*heirs_in(plan), *others, *(row.subject_id for row in shown)], request.user)
    context = {
        **admin.site.each_context(request),
        "title": f"Approve {one}" if one else f"Approve {requests_count(len(request_ids))}",
        "opts": RightsRequest._meta,
        "original": one,
        "row": one,
        "who": people[one.subject_id] if one else None,
        "kind": kind,
        "form": form or form_for(kind, request_ids, known, people, plan=plan),
        "form_url": reverse("admin:privacy_rightsrequest_approve_many") if not one else page("approve", one),
        "request_ids": " ".join(str(request_id) for request_id in request_ids),
        "cancel_url": back_from(request_ids),
        "submit": kind.decision.submit,
        "is_dangerous": kind.decision.is_dangerous,
        "is_pointless": not free,
        "others_named": others_named(one, people) if one else {},
        **(told_of(plan, people) if plan else {}),
        "warnings": list(kind.warns(subject_ids, so)) if kind.warns and free else [],
        **(sealed(kind, one) if one and has(request.user, kind.may.answer) else {}),
        "changes": plans.since_asked(one, plan.parts) if one and plan else [],
        "conflicts": conflicts(kind, subject_ids, so, plan),
        "rows": told(free[:PEOPLE_SHOWN], people, plan),
        **counted(free, refused, people),
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/confirm_approval.html", context)


def dry_run_of(row: Case, so: Standing) -> Plan | None:
    """What one case would do, by its answers where it asks for any."""
    kind = case_kinds[row.kind]
    if kind.plan_of:
        return kind.plan_of(row, so)
    return kind.dry_run([row.subject_id], so.scope([row.subject_id])) if kind.dry_run else None


def decision_on(
    request: HttpRequest, row: Case, own: str, so: Standing, plan: Plan | None, people: Mapping[UUID, Who]
) -> dict:
    """What deciding takes on the case's own page; nothing where this member does not decide it now, as `own` may
    say."""
    kind = case_kinds[row.kind]
    if own or not (cases.awaits_decision(row) and kind.decision and has(request.user, kind.may.decide)):
        return {}
    blocked = standing.blockers(kind, [row.subject_id], Stage.DECISION, so=so).get(row.subject_id, [])
    return {
        "decision": kind.decision,
        "decision_form": form_for(kind, [row.id], [row], people, plan=plan),
        "decision_url": page("approve", row),
        "decision_blocked": blocked,
        "decision_warnings": list(kind.warns([row.subject_id], so)) if kind.warns else [],
        "changes": plans.since_asked(row, plan.parts) if plan else [],
        "conflicts": conflicts(kind, [row.subject_id], so, plan),
    }


def told(rows: Sequence[Case], people: Mapping[UUID, Who], plan: Plan | None) -> list[dict]:
    """What whoever decides about many is told of each."""
    return [
        {
            "row": row,
            "person": person_cell(people[row.subject_id]),
            "changes": plans.since_asked(row, plan.parts_of.get(row.subject_id, ())) if plan else [],
        }
        for row in rows
    ]


def form_for(
    kind: type[CaseKind], request_ids: Sequence[UUID], known: Sequence[Case], people: Mapping[UUID, Who], data=None, *,
    plan: Plan | None = None,
) -> TypedForm:  # fmt: skip
    """The form, with the parts of the plan that stand on its page. What must be typed is for one of the person, and for
    many a word that nobody types by accident."""
    initial = {"shown": "\n".join(sorted(plan.parts)) if plan else ""}
    if len(request_ids) == 1:
        return of_person(people[known[0].subject_id], data, initial)
    word = f"{kind.decision.word} {len(request_ids)}"
    return TypedForm(data, initial=initial, what=word, is_right=lambda typed: typed.strip().lower() == word.lower())


def of_person(person: Who, data=None, initial: dict | None = None) -> TypedForm:
    what = f"a word of the name or {person.short_id}" if person.name else person.short_id
    return TypedForm(data, initial=initial, what=what, is_right=person.is_called)


def back_from(request_ids: Sequence[UUID]) -> str:
    if len(request_ids) == 1:
        return reverse("admin:privacy_rightsrequest_change", args=request_ids)
    return reverse("admin:privacy_rightsrequest_changelist")


@on_request
def approve_again(request: HttpRequest, row: Case) -> HttpResponse:
    """Approves a plan that has got more since it was approved."""
    check_permit(request, case_kinds[row.kind].may.decide)
    if again := sign_in_again(request):
        return again
    if request.method == "POST":
        return carry_out(request, row, requests.approve_again, "Approved as it is now. It goes on.", request_id=row.id)
    job = row.job
    new = plans.in_words(since_approved(job)) if job else ""
    return ask(
        request, row, NoQuestionsForm(), title=f"Approve {row} again", submit="Approve the plan as it is now",
        is_dangerous=True, is_pointless=not new,
        sentences=[f"New in the plan since it was approved: {new}." if new else "The plan has not changed.",
                   "Nothing of it was carried out. What you approve is what the plan says now."],
    )  # fmt: skip


def sign_in_again(request: HttpRequest) -> HttpResponse | None:
    """The way to prove again who one is, when the site asks for it before an approval and it was long ago."""
    ask_again = getattr(admin.site, "ask_again", None)
    return ask_again(request) if ask_again else None
