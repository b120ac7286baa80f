"""Mail that came back for a case: put to it as a file, read, and said to be read."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminFileFieldWidget

from privacy.admin.actions import check_permission
from privacy.admin.requests.base import check_permit, context_of, on_request, request_page
from privacy.admin.requests.letters import CANNOT_OPEN, EMPTIED
from privacy.cases import letters, replies
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence import sealing
from privacy.evidence.keys import MissingKey
from privacy.fulfilment.letters import incoming
from privacy.models import Case, Reply


class ReplyForm(forms.Form):
    file = forms.FileField(
        label="Saved mail (.eml)", widget=UnfoldAdminFileFieldWidget,
        help_text="As your mail program saves it. A bounce marks the letter that it is about.",
        error_messages={"required": "Choose the file."},
    )  # fmt: skip

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > incoming.MOST_BYTES:
            raise ValidationError(f"The mail is larger than {incoming.MOST_BYTES // 1024**2} MiB.")
        self.raw = file.read()
        try:
            incoming.read(self.raw)
        except incoming.Unreadable as refusal:
            raise ValidationError(str(refusal)) from refusal
        return file


@on_request
def take_in(request: HttpRequest, row: Case) -> HttpResponse:
    """Puts a mail to this case."""
    check_permit(request, case_kinds[row.kind].may.answer)
    form = ReplyForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            reply = replies.take_in(raw=form.raw, actor=request.user, request_id=row.id)
        except NotAllowed as refusal:
            messages.warning(request, str(refusal))
            return redirect(request_page(row))
        messages.success(request, "It stands with the case.")
        return redirect(reverse("admin:privacy_rightsrequest_reply", args=[row.id, reply.pk]))
    context = context_of(request, row, title=f"Mail for {row}") | {
        "form": form, "form_url": request.path, "cancel_url": request_page(row), "submit": "Put it to the case",
        "sentences": ["It is kept encrypted with the case, and shown to those who answer.",
                      "A mail that could not be delivered makes its letter undelivered, and the case is to be answered "
                      "again if that was its answer."],
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)


@never_cache
@on_request
def reply(request: HttpRequest, row: Case, reply_id: UUID) -> HttpResponse:
    """What came in; a click says that it was read."""
    check_permission(request, "privacy.view_datasubject")
    check_permit(request, case_kinds[row.kind].may.answer)
    found = Reply.objects.filter(pk=reply_id, case=row.pk).select_related("read_by", "letter").first()
    if found is None:
        messages.error(request, "There is no such mail.")
        return redirect(request_page(row))
    if request.method == "POST":
        letters.read_reply(reply_id=found.pk, actor=request.user)
        messages.success(request, "Noted: you have read it.")
        return redirect(request_page(row))
    context = context_of(request, row, title=f"{found.get_kind_display()}: {found}") | {
        "reply": found, "back": request_page(row), **opened_reply(found),
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/reply.html", context)


def opened_reply(found: Reply) -> dict[str, Any]:
    if not found.sealed:
        return {"problem": EMPTIED}
    try:
        kept = sealing.unseal(found.sealed)
    except MissingKey:
        return {"problem": CANNOT_OPEN}
    return {"sender": kept["from"][0], "subject": kept["subject"][0], "text": kept["text"][0]}
