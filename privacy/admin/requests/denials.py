"""Denies requests, many at once: who they are is read, the reason is chosen, and each of them is told it."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin.actions import PEOPLE_SHOWN, requests_count
from privacy.admin.forms import MAX_PEOPLE
from privacy.admin.requests.forms import ManyDenialsForm, RequestIds
from privacy.cases import requests
from privacy.catalogue import NotAllowed
from privacy.models import RightsRequest
from privacy.selectors import cases

LIST = "admin:privacy_rightsrequest_changelist"


def deny_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action."""
    ids = list(queryset.order_by("due_on", "received_at").values_list("pk", flat=True)[: MAX_PEOPLE + 1])
    if len(ids) > MAX_PEOPLE:
        messages.error(request, f"At most {MAX_PEOPLE:,} denials at once. Narrow the list by its filters.")
        return None
    return confirm(request, ids)


deny_selected.short_description = "Deny…"


def deny_view(request: HttpRequest) -> HttpResponse:
    """The confirmation's target: denies those that may be denied, all or none."""
    if not cases.denies(request.user):
        raise PermissionDenied("Your role does not allow this.")
    ids = RequestIds(request.POST)
    if request.method != "POST" or not ids.is_valid():
        messages.error(request, "The selection could not be read. Select again.")
        return redirect(LIST)
    form = ManyDenialsForm(request.POST)
    if not form.is_valid():
        return confirm(request, ids.cleaned_data["requests"], form)
    free, refused = cases.deniable(form.cleaned_data["requests"], request.user)
    try:
        requests.deny_all(
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
    ids = " ".join(str(request_id) for request_id in request_ids)
    context = {
        **admin.site.each_context(request),
        "title": f"Deny {requests_count(len(request_ids))}",
        "opts": RightsRequest._meta,
        "form": form or ManyDenialsForm(initial={"requests": ids}),
        "form_url": reverse("admin:privacy_rightsrequest_deny_many"),
        "cancel_url": reverse(LIST),
        "submit": f"Deny {requests_count(len(free))}",
        "is_dangerous": True,
        "is_pointless": not free,
        "rows": free[:PEOPLE_SHOWN],
        "rows_more": max(len(free) - PEOPLE_SHOWN, 0),
        "free_count": len(free),
        "refused": list(refused.items())[:PEOPLE_SHOWN],
        "refused_count": len(refused),
        "refused_more": max(len(refused) - PEOPLE_SHOWN, 0),
    }
    return TemplateResponse(request, "admin/privacy/confirm_denials.html", context)
