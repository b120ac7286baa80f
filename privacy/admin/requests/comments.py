"""Comments on a case and the files put to it: written from the case's own page."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from privacy.admin.actions import check_permission
from privacy.admin.requests.base import ask, carry_out, check_permit, has, on_request, page, request_page
from privacy.admin.requests.forms import CommentForm
from privacy.cases import comments
from privacy.catalogue import NotAllowed, case_kinds
from privacy.models import Case
from privacy.selectors.beside import Comment


@on_request
def comment(request: HttpRequest, row: Case) -> HttpResponse:
    """One more comment; a form that is wrong comes back with what was typed."""
    check_permit(request, case_kinds[row.kind].may.ask)
    form = CommentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, comments.comment, "Written.", request_id=row.id, **form.cleaned_data)
    return ask(
        request, row, form, title=f"Comment on {row}", submit="Write it",
        sentences=["It stands on the case's page for all who see people, and its digest in the audit trail.",
                   "It is blanked, and the file deleted, when the person is erased."],
    )  # fmt: skip


@never_cache
@on_request
def file(request: HttpRequest, row: Case, file_id: UUID) -> HttpResponse:
    """Never shown inline: whoever sent it may have meant harm."""
    check_permission(request, "privacy.view_datasubject")
    check_permit(request, case_kinds[row.kind].may.ask)
    try:
        opened = comments.open_file(request_id=row.id, file_id=file_id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    return FileResponse(
        opened.file, as_attachment=True, filename=opened.name, content_type="application/octet-stream",
        headers={"Content-Length": opened.size, "X-Content-Type-Options": "nosniff"},
    )  # fmt: skip


def on_case(request: HttpRequest, row: Case, written: Sequence[Comment]) -> dict[str, Any]:
    """For the case's page, where the member may see people."""
    if not request.user.sees_personal_data:
        return {}
    may_write = has(request.user, case_kinds[row.kind].may.ask)
    return {"comments": written, "may_comment": may_write, "comment_url": page("comment", row)}
