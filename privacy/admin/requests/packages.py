"""Access packages: their list, and two ways to give one: a link for the person, shown once, or a download by staff. By
POST, and logged."""

from django.contrib import admin, messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from unfold.decorators import display

from privacy.admin import badges
from privacy.admin.filters import ChoiceFilter
from privacy.admin.requests.base import EvidenceOfRequest, check_permit, on_request, person_of, request_page, sealed
from privacy.cases import packages
from privacy.catalogue import NotAllowed, case_kinds
from privacy.models import AccessPackage, Case, RightsRequest
from privacy.selectors.packages import to_remind


@never_cache
@on_request
def link(request: HttpRequest, row: Case) -> HttpResponse:
    """Makes a link and shows it in the answer to the POST: it is kept nowhere, so it cannot be shown again."""
    check_permit(request, case_kinds[row.kind].may.answer)
    if request.method != "POST":
        return redirect(request_page(row))
    before = sealed(case_kinds[row.kind], row)  # answering empties it
    try:
        token = packages.give_link(request_id=row.id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    context = {
        **admin.site.each_context(request),
        "title": "A link for the person",
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "who": person_of(request, row),
        **before,
        "back": request_page(row),
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
        opened = packages.download(request_id=row.id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    return FileResponse(
        opened.file, as_attachment=True, filename=opened.name, content_type="application/octet-stream",
        headers={"Content-Length": opened.size, "X-Content-Type-Options": "nosniff"},
    )  # fmt: skip


class FetchFilter(ChoiceFilter):
    title = "fetching"
    parameter_name = "fetch"
    choices_offered = (("remind", "Not fetched, deleted within 2 days"),)

    def queryset(self, request, queryset):
        return queryset.filter(pk__in=to_remind()) if self.wanted == "remind" else queryset


@admin.register(AccessPackage)
class AccessPackageAdmin(EvidenceOfRequest):
    list_filter = [FetchFilter]
    list_display = ["__str__", "request_link", "state", "file_size", "created_at", "expires_at", "downloaded_at"]
    list_select_related = ["request"]
    ordering = ["-created_at"]
    empty_text = "No package yet. One is made by an export, started from a person's page."

    @display(description="State")
    def state(self, package):
        return badges.badges(
            badges.badge("Deleted", "plain") if package.swept_at else badges.badge("Ready", "good"),
            badges.badge("Encrypted", "run") if package.encrypted else None,
        )

    @display(description="Size")
    def file_size(self, package):
        return filesizeformat(package.size)
