"""Access packages: their list, and two ways to give one: a link for the person, shown once, or a download by staff. By
POST, and logged."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC
from uuid import UUID

import tablib
from django.contrib import admin, messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from unfold.decorators import display

from privacy.admin import badges
from privacy.admin.actions import check_permission, people_count
from privacy.admin.base import person_cell
from privacy.admin.filters import ChoiceFilter
from privacy.admin.requests.base import EvidenceOfRequest, check_permit, on_request, person_of, request_page, sealed
from privacy.admin.tables.formats import Csv
from privacy.cases import packages
from privacy.catalogue import NotAllowed, case_kinds
from privacy.models import AccessPackage, Batch, Case, RightsRequest
from privacy.selectors.packages import answering, to_hand_over, to_remind
from privacy.selectors.who import who


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
def links(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The same for all of a batch that are ready, as a list and as a table to download, both in this one answer."""
    check_permission(request, "privacy.view_batch")
    batch = get_object_or_404(Batch, pk=batch_id)
    kind, back = case_kinds[batch.kind], reverse("admin:privacy_batch_change", args=[batch_id])
    check_permit(request, kind.may.answer)
    if request.method != "POST":
        return redirect(back)
    rows = list(batch.cases.filter(to_hand_over()).order_by("received_at", "id"))
    before = {row.id: sealed(kind, row) for row in rows}
    try:
        tokens = packages.give_links(request_ids=[row.id for row in rows], actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(back)
    if not tokens:
        messages.warning(request, "Nothing is ready to be handed over. A colleague may have been quicker.")
        return redirect(back)
    lines = given(request, rows, before, tokens)
    context = {
        **admin.site.each_context(request),
        "title": f"{len(lines):,} link{'s' if len(lines) > 1 else ''} for {people_count(len(lines))}",
        "opts": Batch._meta,
        "original": batch,
        "back": back,
        "lines": lines,
        "any_unencrypted": any(not line["package"].encrypted for line in lines),
        "csv": as_csv(lines),
    }
    return TemplateResponse(request, "admin/privacy/links.html", context)


def given(request: HttpRequest, rows: Sequence[Case], before: Mapping, tokens: Mapping[UUID, str]) -> list[dict]:
    """A line a person: who, where to answer, and the link."""
    known, package_of = who((row.subject_id for row in rows), request.user), answering(rows)
    return [
        {
            "row": row,
            "who": known[row.subject_id],
            "person": person_cell(known[row.subject_id]),
            **before[row.id],
            "package": package_of[row.id],
            "link": request.build_absolute_uri(reverse("package_download", args=[tokens[row.id]])),
        }
        for row in rows
    ]


def as_csv(lines: Sequence[dict]) -> str:
    """The table as an address of itself: it is in the page and nowhere else."""
    answers = list(dict.fromkeys(name for line in lines for name in line.get("sealed", ())))
    table = tablib.Dataset(headers=["Name", "Masked address", "Short id", "Request", *answers, "Link", "Good until"])
    for line in lines:
        person, told = line["who"], line.get("sealed", {})
        until = line["package"].expires_at.astimezone(UTC).isoformat(timespec="minutes")
        told_here = [told.get(name, "") for name in answers]
        table.append(
            [person.name, person.address, person.short_id, str(line["row"]), *told_here, line["link"], until]
        )  # fmt: skip
    content = base64.b64encode(Csv().export_data(table).encode()).decode()
    return f"data:{Csv.CONTENT_TYPE.replace(' ', '')};base64,{content}"


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
