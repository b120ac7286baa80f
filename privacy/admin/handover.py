"""Hands an access package over: a link for the person, shown once, or a download by staff. By POST, and logged."""

from django.contrib import admin, messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from privacy.admin.decisions import check_permit, on_request, request_page
from privacy.cases import handover
from privacy.catalogue import NotAllowed, case_kinds
from privacy.models import Case, RightsRequest


@never_cache
@on_request
def link(request: HttpRequest, row: Case) -> HttpResponse:
    """Makes a link and shows it in the answer to the POST: it is kept nowhere, so it cannot be shown again."""
    check_permit(request, case_kinds[row.kind].may.answer)
    if request.method != "POST":
        return redirect(request_page(row))
    try:
        token = handover.give_link(request_id=row.id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    context = {
        **admin.site.each_context(request),
        "title": "A link for the person",
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "package": row.package,
        "link": request.build_absolute_uri(reverse("package_download", args=[token])),
    }
    return TemplateResponse(request, "admin/privacy/link.html", context)


@never_cache
@on_request
def download(request: HttpRequest, row: Case) -> HttpResponse:
    """Streams the package to the member of staff."""
    check_permit(request, case_kinds[row.kind].may.answer)
    if request.method != "POST":
        return redirect(request_page(row))
    try:
        opened = handover.download(request_id=row.id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    return FileResponse(
        opened.file, as_attachment=True, filename=opened.name, content_type="application/octet-stream",
        headers={"Content-Length": opened.size, "X-Content-Type-Options": "nosniff"},
    )  # fmt: skip
