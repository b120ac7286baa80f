"""Hands an access package over: a link for the person, shown once, or a download by staff. By POST, and logged."""

from django.contrib import admin, messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from privacy.admin.actions import check_permission
from privacy.admin.decisions import on_request, request_page
from privacy.fulfilment import packages
from privacy.fulfilment.requests import NotAllowed
from privacy.models import AccessPackage, RightsRequest

PERMISSION = "privacy.export_datasubject"


@never_cache
@on_request
def link(request: HttpRequest, row: RightsRequest) -> HttpResponse:
    """Makes a link and shows it in the answer to the POST: it is kept nowhere, so it cannot be shown again."""
    check_permission(request, PERMISSION)
    package = AccessPackage.objects.filter(request=row).first()
    if request.method != "POST" or package is None:
        return redirect(request_page(row))
    try:
        token = packages.issue_link(package_id=package.id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    context = {
        **admin.site.each_context(request),
        "title": "A link for the person",
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "package": package,
        "link": request.build_absolute_uri(reverse("package_download", args=[token])),
    }
    return TemplateResponse(request, "admin/privacy/link.html", context)


@never_cache
@on_request
def download(request: HttpRequest, row: RightsRequest) -> HttpResponse:
    """Streams the package to the member of staff."""
    check_permission(request, PERMISSION)
    package = AccessPackage.objects.filter(request=row).first()
    if request.method != "POST" or package is None:
        return redirect(request_page(row))
    try:
        opened = packages.download(package_id=package.id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    return FileResponse(
        opened.file, as_attachment=True, filename=opened.name, content_type="application/octet-stream",
        headers={"Content-Length": opened.size, "X-Content-Type-Options": "nosniff"},
    )  # fmt: skip
