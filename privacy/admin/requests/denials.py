"""Denies requests, one or many: who they are is read, a reason that fits is chosen, and each of them is told it."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy import regimes
from privacy.admin.actions import PEOPLE_SHOWN, requests_count
from privacy.admin.base import person_cell
from privacy.admin.requests.base import ask, carry_out, check_permit, on_request, selected
from privacy.admin.requests.dossiers import of_dossier
from privacy.admin.requests.forms import DenialForm, ManyDenialsForm, RequestIds
from privacy.cases import refusals
from privacy.catalogue import NotAllowed, Right, case_kinds
from privacy.models import Case, RightsRequest
from privacy.selectors import cases
from privacy.selectors.who import who

LIST = "admin:privacy_rightsrequest_changelist"


NO_RULE = (
    "Reasons that say what a law asks are not offered: no rule for this residence has been verified, and one that "
    "nobody has read is no ground for a refusal."
)
NOT_ONE = "No one reason fits all of these. Select requests of one right, or deny them one by one."


@on_request
def deny(request: HttpRequest, row: Case) -> HttpResponse:
    """Refuses it with a reason that the person is told."""
    kind = case_kinds[row.kind]
    check_permit(request, kind.may.deny)
    form = DenialForm(request.POST or None, reasons=refusals.offered(row))
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, refusals.deny, "Denied. Nothing was done to the data.",
                         request_id=row.id, denial_reason=form.cleaned_data["denial_reason"])  # fmt: skip
    is_right = issubclass(kind, Right)
    return ask(
        request, row, form, title=f"Deny {row}", submit="Deny the request", is_dangerous=True,
        sentences=["Nothing is done to the data.", kind.to_tell if is_right else "It is closed.",
                   *([NO_RULE] if is_right and row.regime == regimes.NONE_VERIFIED else [])],
        **(of_dossier(row) if is_right else {}),
    )  # fmt: skip


def deny_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action."""
    ids = selected(request, queryset, "denials")
    return confirm(request, ids) if ids else None


deny_selected.short_description = "Deny…"


def deny_view(request: HttpRequest) -> HttpResponse:
    """The confirmation's target: denies those that may be denied, all or none."""
    if not cases.denies(request.user):
        raise PermissionDenied("Your role does not allow this.")
    ids = RequestIds(request.POST)
    if request.method != "POST" or not ids.is_valid():
        messages.error(request, "The selection could not be read. Select again.")
        return redirect(LIST)
    free, refused = cases.deniable(ids.cleaned_data["requests"], request.user)
    form = ManyDenialsForm(request.POST, reasons=refusals.offered_to_all(free))
    if not form.is_valid():
        return confirm(request, ids.cleaned_data["requests"], form)
    try:
        refusals.deny_all(
            request_ids=[row.pk for row in free], actor=request.user, denial_reason=form.cleaned_data["denial_reason"]
        )
    except (NotAllowed, PermissionDenied):
        messages.warning(request, "A colleague was quicker with some of these, so nothing was denied. Look again.")
        return redirect(LIST)
    if free:
        messages.success(request, f"Denied: {requests_count(len(free))}. Nothing was done to the data.")
    if refused:
        messages.warning(request, f"{requests_count(len(refused))} left alone: it cannot be denied, or not by you.")
    return redirect(LIST)


def confirm(request: HttpRequest, request_ids: Sequence[UUID], form: ManyDenialsForm | None = None) -> HttpResponse:
    """What will happen, to which of them. Writes nothing."""
    if not cases.denies(request.user):
        raise PermissionDenied("Your role does not allow this.")
    free, refused = cases.deniable(request_ids, request.user)
    reasons = refusals.offered_to_all(free)
    of_rights = any(issubclass(case_kinds[row.kind], Right) for row in free)
    ids = " ".join(str(request_id) for request_id in request_ids)
    shown, left_alone = free[:PEOPLE_SHOWN], list(refused.items())[:PEOPLE_SHOWN]
    people = who((row.subject_id for row in [*shown, *dict(left_alone)]), request.user)
    context = {
        **admin.site.each_context(request),
        "title": f"Deny {requests_count(len(request_ids))}",
        "opts": RightsRequest._meta,
        "form": form or ManyDenialsForm(initial={"requests": ids}, reasons=reasons),
        "form_url": reverse("admin:privacy_rightsrequest_deny_many"),
        "cancel_url": reverse(LIST),
        "submit": f"Deny {requests_count(len(free))}",
        "is_dangerous": True,
        "is_pointless": not reasons,
        "sentences": [
            "Nothing is done to the data of these people.",
            Right.to_tell if of_rights else "They are closed.",
        ],
        "done": "denied",
        "not_one": NOT_ONE if free and not reasons else "",
        "rows": [(row, person_cell(people[row.subject_id])) for row in shown],
        "rows_more": max(len(free) - PEOPLE_SHOWN, 0),
        "free_count": len(free),
        "refused": [(row, person_cell(people[row.subject_id]), [text]) for row, text in left_alone],
        "refused_count": len(refused),
        "refused_more": max(len(refused) - PEOPLE_SHOWN, 0),
    }
    return TemplateResponse(request, "admin/privacy/confirm_many.html", context)
