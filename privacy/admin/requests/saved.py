"""Filters of the queue that a member of staff has named, to find them again."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from privacy.admin.forms import AS_TYPED
from privacy.catalogue import NotAllowed
from privacy.fulfilment import filters
from privacy.models import RightsRequest, SavedFilter

LIST = "admin:privacy_rightsrequest_changelist"


class NameForm(forms.Form):
    name = forms.CharField(
        label="What do you call it?",
        max_length=SavedFilter.LONGEST_NAME,
        widget=UnfoldAdminTextInputWidget(attrs=AS_TYPED),
        help_text="Only you see it. Do not name people: whom you searched for is not saved either.",
        error_messages={"required": "Give it a name."},
    )


def save_view(model_admin, request: HttpRequest) -> HttpResponse:
    """Names the filter that the address has."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    model_admin.get_changelist_instance(request)  # refuses what the list does not offer
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            saved = filters.save(actor=request.user, name=form.cleaned_data["name"], query=request.GET.dict())
        except NotAllowed as refusal:
            messages.warning(request, str(refusal))
            return redirect(LIST)
        messages.success(request, f"Saved: {saved.name}.")
        return HttpResponseRedirect(f"{reverse(LIST)}?{saved.query}")
    context = {
        **admin.site.each_context(request),
        "title": "Save this filter",
        "opts": RightsRequest._meta,
        "form": form,
        "form_url": request.get_full_path(),
        "submit": "Save",
        "cancel_url": reverse(LIST),
    }
    return TemplateResponse(request, "admin/privacy/confirm.html", context)


def forget_view(model_admin, request: HttpRequest, filter_id: UUID) -> HttpResponse:
    if request.method == "POST":
        filters.forget(actor=request.user, filter_id=filter_id)
        messages.success(request, "The saved filter is gone.")
    return redirect(LIST)
