"""Imports that were confirmed: how far each is, and what came in."""

from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import display

from privacy.admin import badges
from privacy.admin.base import ReadOnlyAdmin
from privacy.admin.requests.progress import LATER, SOON, answer_poll
from privacy.fulfilment.importing.imports import tables
from privacy.models import ImportRun
from privacy.selectors import imports
from privacy.selectors.queue import workers_are_silent

TONES = {
    "": "run",
    ImportRun.Outcome.DONE: "good",
    ImportRun.Outcome.REFUSED: "warn",
    ImportRun.Outcome.STOPPED: "stop",
}


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "table", "state", "rows", "actor", "created_at")
    list_select_related = ("actor",)
    sortable_by = ()
    ordering = ("-created_at",)
    empty_text = "No import yet. One is started by Import above the list of people, content or billing."

    def has_module_permission(self, request) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("privacy.import_datasubject")

    def get_urls(self):
        view = self.admin_site.admin_view(self.progress_view)
        return [path("<uuid:id>/progress/", view, name="privacy_importrun_progress"), *super().get_urls()]

    @display(description="Table")
    def table(self, run):
        return table_name(run)

    @display(description="State")
    def state(self, run):
        return badges.badge(
            run.get_outcome_display() or ("Running" if run.started_at else "Waiting"), TONES[run.outcome]
        )

    @display(description="Rows")
    def rows(self, run):
        return f"{run.done:,} of {run.total:,}"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_object(request, unquote(object_id))
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return TemplateResponse(request, "admin/privacy/import_run.html", self.page(request, run))

    def page(self, request, run: ImportRun) -> dict:
        return {
            **self.admin_site.each_context(request),
            "title": f"Import: {table_name(run).lower()}",
            "opts": self.opts,
            "original": run,
            "run": run,
            "progress": imports.of_run(run),
            "progress_url": reverse("admin:privacy_importrun_progress", args=[run.id]),
            "poll_after": next_look(run),
            "is_stalled": run.finished_at is None and workers_are_silent(),
            "more_left_out": max(run.left_out - len(run.reasons), 0),
            "list_url": list_url(run),
            "audit_url": f"{reverse('admin:privacy_auditentry_changelist')}?chain__exact={run.id}",
        }

    def progress_view(self, request, id: UUID):
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = ImportRun.objects.filter(pk=id).first()
        if run is None:
            return JsonResponse({"next": 0}, status=404)
        return answer_poll(request, imports.of_run(run), next_look(run))


def table_name(run: ImportRun) -> str:
    """What staff call the table; the name as it was for a table that has been renamed or taken away since."""
    return tables[run.sheet].name if run.sheet in tables else run.sheet


def list_url(run: ImportRun) -> str:
    """Empty for a table that is no longer there."""
    return reverse(f"admin:{run.sheet.replace('.', '_').lower()}_changelist") if run.sheet in tables else ""


def next_look(run: ImportRun) -> int:
    """Milliseconds until the page asks again; 0 when nothing will change any more."""
    if run.finished_at:
        return 0
    return SOON if run.started_at else LATER
