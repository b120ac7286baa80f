"""The queue as a table: the cases of the present filter, for a reason that the audit trail keeps. Without names: of a
person it tells the id."""

import tablib
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget

from privacy.admin.actions import requests_count
from privacy.admin.forms import ReferenceField
from privacy.admin.tables.formats import Csv, Xlsx
from privacy.fulfilment import exporting
from privacy.fulfilment.exporting import ExportReason
from privacy.fulfilment.importing.reading import MAX_ROWS
from privacy.fulfilment.reveal import NotRevealed
from privacy.models import DataSubject, RightsRequest

FORMATS = {"csv": Csv, "xlsx": Xlsx}
COLUMNS = (
    "id", "kind", "state", "outcome", "subject_id", "received_at", "due_on", "regime", "owner__username",
    "requested_by__username", "approved_by__username", "answered_at", "closed_at",
)  # fmt: skip


class ExportForm(forms.Form):
    file_format = forms.ChoiceField(
        label="As", choices=[("csv", "CSV"), ("xlsx", "Excel workbook")], widget=UnfoldAdminSelectWidget
    )
    reason = forms.ChoiceField(
        label="Why does the list leave this site?",
        choices=[("", "Choose…"), *ExportReason.of_cases()],
        widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose the reason: it stands in the audit trail."},
    )
    reference = ReferenceField(required=False, label="Ticket or request number")


def may_export(user) -> bool:
    return user.has_perm("privacy.export_datasubject") and user.has_perm("privacy.view_rightsrequest")


def export_view(model_admin, request: HttpRequest) -> HttpResponse:
    """Asks why, then hands the file out."""
    if not may_export(request.user):
        raise PermissionDenied("Your role does not allow this.")
    rows = model_admin.get_changelist_instance(request).get_queryset(request).order_by("received_at", "id")
    form = ExportForm(request.POST or None)
    number = rows.order_by().values("pk")[: MAX_ROWS + 1].count()
    if number > MAX_ROWS:
        messages.error(request, f"More than {MAX_ROWS:,} cases: narrow the list by its filters and export that.")
        return redirect("admin:privacy_rightsrequest_changelist")
    if request.method != "POST" or not form.is_valid():
        return ask(request, form, number)
    try:
        return hand_out(request, rows, **form.cleaned_data)
    except NotRevealed as refusal:
        form.add_error("reference", str(refusal))
        return ask(request, form, number)


def hand_out(request: HttpRequest, rows, *, file_format: str, reason: str, reference: str) -> HttpResponse:
    """Recorded and made in one transaction: a file that could not be made was not handed out."""
    form = FORMATS[file_format]()
    with transaction.atomic():
        table = table_of(rows)
        people = DataSubject.objects.filter(pk__in=rows.order_by().values("subject"))
        exporting.record_list(
            model=RightsRequest, rows=len(table), people=people, actor=request.user, reason=reason, reference=reference
        )
        content = form.export_data(table)
    return HttpResponse(
        content, content_type=form.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="queue.{file_format}"', "Cache-Control": "no-store"},
    )  # fmt: skip


def table_of(rows) -> tablib.Dataset:
    """In words that need no key beside them; times in UTC."""
    table = tablib.Dataset(headers=[name.removesuffix("__username") for name in COLUMNS])
    for row in rows.values_list(*COLUMNS).iterator(2_000):
        table.append(["" if value is None else getattr(value, "isoformat", value.__str__)() for value in row])
    return table


def ask(request: HttpRequest, form: ExportForm, number: int) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Export the queue",
        "opts": RightsRequest._meta,
        "form": form,
        "form_url": request.get_full_path(),
        "submit": "Export",
        "cancel_url": reverse("admin:privacy_rightsrequest_changelist"),
        "sentences": [
            f"What the present filter shows leaves this site as a table ({requests_count(number)}): kind, state, "
            "dates, staff and ids, without names and reasons.",
            "Your name, the number and the reason go into the audit trail.",
        ],
    }
    return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)
