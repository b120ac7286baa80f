"""Import and export of a list: who may, how much at once, and what is said when something is wrong."""

import logging
from collections.abc import Sequence

import tablib
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from import_export.admin import ImportExportMixin
from import_export.tmp_storages import BaseStorage
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.widgets import UnfoldAdminSelectWidget

from privacy.admin.forms import ReferenceField
from privacy.admin.tables.formats import Csv, Handed, Json, Xlsx
from privacy.admin.tables.sheet import Sheet
from privacy.fulfilment import exporting
from privacy.fulfilment.exporting import ExportReason
from privacy.fulfilment.importing import files, imports
from privacy.fulfilment.importing.arrivals import Arrival
from privacy.fulfilment.importing.files import Gone
from privacy.fulfilment.importing.imports import Rejected
from privacy.fulfilment.importing.reading import MAX_BYTES, MAX_ROWS, Unreadable
from privacy.fulfilment.reveal import NotRevealed, RevealReason
from privacy.models import DataSubject, ImportRun, Staff
from privacy.selectors.imports import sentence

log = logging.getLogger(__name__)


class UploadForm(ImportForm):
    def clean_import_file(self):
        file = self.cleaned_data["import_file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                f"The file has {filesizeformat(file.size)}; {filesizeformat(MAX_BYTES)} is the most. Split it."
            )
        return file


class ContentExportForm(ExportForm):
    """Without a reason the masked columns stay out of the file."""

    reason = forms.ChoiceField(
        required=False,
        choices=[("", "Leave the content out"), *RevealReason.choices],
        label="Content",
        help_text="With a reason the masked columns are in the file, and the audit trail of each person says so.",
        widget=UnfoldAdminSelectWidget(choices=[("", "Leave the content out"), *RevealReason.choices]),
    )
    reference = ReferenceField(required=False, label="Ticket or request number")


class PeopleExportForm(ExportForm):
    """For a list of people: without a reason it is not handed out."""

    reason = forms.ChoiceField(
        choices=[("", "Choose…"), *ExportReason.choices],
        label="Why does this list leave the back office?",
        help_text="The audit trail keeps it with your name and the number of rows. To send news or to measure, it "
        "holds only those who may be written to or measured.",
        error_messages={"required": "Choose the reason."},
        widget=UnfoldAdminSelectWidget(choices=[("", "Choose…"), *ExportReason.choices]),
    )
    reference = ReferenceField(required=False, label="Ticket or request number")


class SealedFile(BaseStorage):
    """import-export's view of privacy.fulfilment.importing.files."""

    def save(self, data: bytes) -> None:
        self.name = files.keep(data)

    def read(self) -> bytes:
        return files.read(self.name)

    def remove(self) -> None:
        files.discard(self.name)


class Incoming:
    """A table as privacy.fulfilment.importing asks for it: rows are read by a format, judged and written by a sheet."""

    def __init__(self, sheet: type[Sheet], formats: Sequence[type[Handed]]):
        self.sheet, self.name = sheet, sheet.get_display_name()
        self.formats = {form().get_title(): form for form in formats}

    def read(self, data: bytes, form: str) -> list[dict]:
        return self.formats[form]().create_dataset(data).dict

    def problems(self, rows: Sequence[dict], actor: Staff) -> list[str]:
        return self.sheet().import_data(dataset_of(rows), dry_run=True, user=actor).problems()

    def write(self, rows: Sequence[dict], actor: Staff) -> list[Arrival]:
        result = self.sheet().import_data(dataset_of(rows), user=actor)
        if result.base_errors:
            raise Rejected(" ".join(str(error.error) for error in result.base_errors))
        return result.arrivals()


def dataset_of(rows: Sequence[dict]) -> tablib.Dataset:
    return tablib.Dataset(*(tuple(row.values()) for row in rows), headers=list(rows[0]) if rows else [])


def has_reason(form) -> bool:
    return form is not None and form.is_bound and bool(form.cleaned_data.get("reason"))


class Exchange(ImportExportMixin):
    """Adds Import and Export to a list. The page names its `resource_classes`, a sheet."""

    formats = (Csv, Json, Xlsx)
    import_form_class = UploadForm
    export_form_class = ExportForm
    tmp_storage_class = SealedFile
    lists_people = False  # then it is not handed out without a reason
    skip_admin_log = True  # Django's log copies values; ours counts them (privacy.evidence.audit)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        imports.tables[self.opts.label] = Incoming(self.resource_classes[0], self.formats)

    def has_import_permission(self, request) -> bool:
        return request.user.has_perm("privacy.import_datasubject") and self.has_view_permission(request)

    def has_export_permission(self, request) -> bool:
        return request.user.has_perm("privacy.export_datasubject") and self.has_view_permission(request)

    def add_data_read_fail_error_to_form(self, form, error) -> None:
        if not isinstance(error, Unreadable):
            log.error("an import could not be read", extra={"error": type(error).__name__})
        told = str(error) if isinstance(error, Unreadable) else "The file cannot be read. Is the format the right one?"
        form.add_error("import_file", told)

    def import_action(self, request, **kwargs):
        """The preview. The file is kept only if there is something to confirm."""
        response = super().import_action(request, **kwargs)
        context = getattr(response, "context_data", None) or {}
        if "confirm_form" not in context:
            files.discard(getattr(request.FILES.get("import_file"), "tmp_storage_name", ""))
        return response

    def process_import(self, request, **kwargs):
        """Makes the import a row, once a file, and carries a small one out at once; a worker does the others."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_confirm_form(request)
        if request.method != "POST" or not form.is_valid() or not self.is_choice(form):
            return self.back_to_upload(request, "The confirmation came without its file. Choose the file again.")
        try:
            run = self.order(request, form.cleaned_data["import_file_name"], int(form.cleaned_data["format"]))
        except Gone:
            return self.back_to_upload(
                request, "This file was imported already, or waited for more than an hour. Choose it again."
            )
        except Unreadable as error:
            return self.back_to_upload(request, f"Nothing was imported. {error}")
        return self.tell(request, run) if self.carry_out(run) else self.watch(request, run)

    def order(self, request, file: str, number: int) -> ImportRun:
        form = self.formats[number]().get_title()
        rows = len(imports.tables[self.opts.label].read(files.read(file), form))
        return imports.order(sheet=self.opts.label, form=form, file=file, rows=rows, actor=request.user)

    def carry_out(self, run: ImportRun) -> bool:
        """Whether it is finished; else a worker goes on."""
        if run.total <= imports.AT_ONCE:
            try:
                imports.carry_out(run.id)
            except OperationalError as error:
                log.warning("an import was left to a worker", extra={"error": type(error).__name__})
            run.refresh_from_db()
        return run.finished_at is not None

    def watch(self, request, run: ImportRun):
        messages.success(
            request, f"Saved: an import of {run.total:,} rows. It goes on by itself; watch it on this page."
        )
        return redirect("admin:privacy_importrun_change", run.id)

    def tell(self, request, run: ImportRun):
        if run.outcome != ImportRun.Outcome.DONE:
            return self.back_to_upload(request, f"{sentence(run)} {' '.join(run.reasons)}")
        messages.success(request, sentence(run))
        for reason in run.reasons:
            messages.warning(request, reason)
        if run.left_out > imports.TOLD:
            messages.warning(request, f"{run.left_out:,} rows were left out in all; here are the first of them.")
        return HttpResponseRedirect(reverse("admin:{}_{}_changelist".format(*self.get_model_info())))

    def is_choice(self, form) -> bool:
        """Whether the hidden fields of the confirmation name a format and a resource that exist."""
        chosen = (form.cleaned_data["format"], form.cleaned_data["resource"] or "0")
        limits = (len(self.formats), len(self.resource_classes))
        return all(c.isascii() and c.isdigit() and int(c) < limit for c, limit in zip(chosen, limits, strict=True))

    def back_to_upload(self, request, why: str):
        messages.error(request, why)
        return HttpResponseRedirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def get_export_form_class(self):
        if self.resource_classes[0].masked():
            return ContentExportForm
        return PeopleExportForm if self.lists_people else self.export_form_class

    def export_action(self, request):
        if not self.has_export_permission(request):
            raise PermissionDenied
        if request.method == "POST" and self.get_export_queryset(request)[: MAX_ROWS + 1].count() > MAX_ROWS:
            messages.error(request, f"More than {MAX_ROWS:,} rows: narrow the list by its filters and export that.")
            return HttpResponseRedirect(reverse("admin:{}_{}_changelist".format(*self.get_model_info())))
        try:
            return super().export_action(request)
        except NotRevealed as refusal:
            messages.error(request, f"Nothing was handed out. {refusal}")
            return HttpResponseRedirect(request.get_full_path())

    def get_valid_export_item_pks(self, request):
        """No list here offers a selection to export; import-export would compare each of one with the whole table."""
        return []

    def get_export_resource_kwargs(self, request, **kwargs) -> dict:
        return {"reveals": self.reveals(request, kwargs.get("export_form"))}

    def reveals(self, request, form) -> bool:
        """Whether the file may hold masked content: for a reason, by somebody who may reveal it."""
        return has_reason(form) and request.user.has_perm("privacy.reveal_content")

    def get_export_data(self, file_format, request, queryset, **kwargs):
        """Recorded and made in one transaction: a file that could not be made was not handed out."""
        form = kwargs.get("export_form")
        queryset = exporting.leaving(queryset, form.cleaned_data["reason"] if has_reason(form) else "")
        with transaction.atomic():
            if self.reveals(request, form):
                queryset = queryset.defer(None)
            self.record(request, form, queryset)
            return super().get_export_data(file_format, request, queryset, **kwargs)

    def record(self, request, form, queryset) -> None:
        why = {name: form.cleaned_data[name] for name in ("reason", "reference")} if has_reason(form) else {}
        if self.lists_people:
            people = DataSubject.objects.filter(pk__in=queryset.order_by().values("pk"))
            exporting.record_list(model=self.model, rows=queryset.count(), people=people, actor=request.user, **why)
        elif self.reveals(request, form):
            masked = self.resource_classes[0].masked()
            exporting.record_content(rows=queryset, fields=masked, actor=request.user, **why)
        else:
            exporting.record_table(model=self.model, rows=queryset.count(), actor=request.user)

    def _do_file_export(self, *args, **kwargs):
        response = super()._do_file_export(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response
