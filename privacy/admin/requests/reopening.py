"""Takes closed requests up again, one or many: who they are is read, and why is said."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin.actions import PEOPLE_SHOWN, requests_count
from privacy.admin.base import person_cell
from privacy.admin.requests.base import ask, carry_out, check_permit, on_request, selected
from privacy.admin.requests.forms import ManyReopeningsForm, ReopenForm, RequestIds
from privacy.cases import reopening
from privacy.catalogue import NotAllowed, case_kinds
from privacy.models import Case, RightsRequest
from privacy.selectors import cases
from privacy.selectors.who import who

LIST = "admin:privacy_rightsrequest_changelist"
VOID = "What was decided is void: who approved, why it was refused, and the dossier behind a refusal."
DATES = "Deadlines stay what they were."


@on_request
def reopen(request: HttpRequest, row: Case) -> HttpResponse:
    """Takes a closed case up again."""
    kind = case_kinds[row.kind]
    check_permit(request, kind.may.decide)
    form = ReopenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, reopening.reopen, "Taken up again.", request_id=row.id, **form.cleaned_data)
    next_ = "It is carried out anew." if kind.deciders == 1 else f"{kind.decision.waits}."
    return ask(
        request, row, form, title=f"Take {row} up again", submit="Take it up again",
        sentences=[f"The case is open again. {next_}", VOID, DATES],
    )  # fmt: skip


def reopen_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action."""
    ids = selected(request, queryset, "reopenings")
    return confirm(request, ids) if ids else None


reopen_selected.short_description = "Take up again…"


def reopen_view(request: HttpRequest) -> HttpResponse:
    """The confirmation's target: takes up those that may be, all or none."""
    if not cases.reopens(request.user):
        raise PermissionDenied("Your role does not allow this.")
    ids = RequestIds(request.POST)
    if request.method != "POST" or not ids.is_valid():
        messages.error(request, "The selection could not be read. Select again.")
        return redirect(LIST)
    form = ManyReopeningsForm(request.POST)
    if not form.is_valid():
        return confirm(request, ids.cleaned_data["requests"], form)
    free, refused = cases.reopenable(form.cleaned_data["requests"], request.user)
    try:
        reopening.reopen_all(
            request_ids=[row.pk for row in free], actor=request.user, why=form.cleaned_data["why"]
        )  # fmt: skip
    except (NotAllowed, PermissionDenied):
        messages.warning(request, "A colleague was quicker with some of these, so nothing was changed. Look again.")
        return redirect(LIST)
    except ValueError as refusal:
        messages.warning(request, str(refusal))
        return redirect(LIST)
    if free:
        messages.success(request, f"Taken up again: {requests_count(len(free))}.")
    if refused:
        messages.warning(request, f"{requests_count(len(refused))} left alone: not closed, or not yours to reopen.")
    return redirect(LIST)


def confirm(request: HttpRequest, request_ids: Sequence[UUID], form: ManyReopeningsForm | None = None) -> HttpResponse:
    """What will happen, to which of them. Writes nothing."""
    free, refused = cases.reopenable(request_ids, request.user)
    ids = " ".join(str(request_id) for request_id in request_ids)
    shown, left_alone = free[:PEOPLE_SHOWN], list(refused.items())[:PEOPLE_SHOWN]
    people = who((row.subject_id for row in [*shown, *dict(left_alone)]), request.user)
    context = {
        **admin.site.each_context(request),
        "title": f"Take up {requests_count(len(request_ids))} again",
        "opts": RightsRequest._meta,
        "form": form or ManyReopeningsForm(initial={"requests": ids}),
        "form_url": reverse("admin:privacy_rightsrequest_reopen_many"),
        "cancel_url": reverse(LIST),
        "submit": f"Take up {requests_count(len(free))} again",
        "is_pointless": not free,
        "sentences": [
            "Each is decided anew: what takes one decision is carried out at once, the others await a second person.",
            VOID, DATES,
        ],
        "rows": [(row, person_cell(people[row.subject_id])) for row in shown],
        "rows_more": max(len(free) - PEOPLE_SHOWN, 0),
        "free_count": len(free),
        "refused": [(row, person_cell(people[row.subject_id]), [text]) for row, text in left_alone],
        "refused_count": len(refused),
        "refused_more": max(len(refused) - PEOPLE_SHOWN, 0),
        "done": "taken up again",
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/confirm_many.html", context)
