"""Import and export of a list: who may, how much at once, and what is said when something is wrong."""

import logging

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from import_export.admin import ImportExportMixin
from import_export.tmp_storages import BaseStorage
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.widgets import UnfoldAdminSelectWidget

from privacy.admin.formats import Csv, Json, Xlsx
from privacy.admin.forms import ReferenceField
from privacy.fulfilment import handout, import_files
from privacy.fulfilment.import_files import Gone
from privacy.fulfilment.reading import MAX_BYTES, MAX_ROWS, Unreadable
from privacy.fulfilment.reveal import NotRevealed, RevealReason

log = logging.getLogger(__name__)
TOLD_ROWS = 20  # a message a row, up to here; a count for the rest


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


class SealedFile(BaseStorage):
    """import-export's view of privacy.fulfilment.import_files."""

    def save(self, data: bytes) -> None:
        self.name = import_files.keep(data)

    def read(self) -> bytes:
        return import_files.read(self.name)

    def remove(self) -> None:
        import_files.discard(self.name)


class Exchange(ImportExportMixin):
    """Adds Import and Export to a list. The page names its `resource_classes`, one of privacy.admin.resources."""

    formats = (Csv, Json, Xlsx)
    import_form_class = UploadForm
    export_form_class = ExportForm
    tmp_storage_class = SealedFile
    skip_admin_log = True  # Django's log copies values; ours counts them (privacy.fulfilment.audit)

    def has_import_permission(self, request) -> bool:
        return request.user.has_perm("privacy.import_datasubject") and self.has_view_permission(request)

    def has_export_permission(self, request) -> bool:
        return request.user.has_perm("privacy.export_datasubject") and self.has_view_permission(request)

    def get_import_data_kwargs(self, *args, **kwargs) -> dict:
        return super().get_import_data_kwargs(*args, **kwargs) | {"rollback_on_validation_errors": True}

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
            import_files.discard(getattr(request.FILES.get("import_file"), "tmp_storage_name", ""))
        return response

    def process_import(self, request, **kwargs):
        """The import itself, once a file. Whoever was erased since the preview is left out now."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_confirm_form(request)
        if request.method != "POST" or not form.is_valid() or not self.is_choice(form):
            return self.back_to_upload(request, "The confirmation came without its file. Choose the file again.")
        try:
            name = form.cleaned_data["import_file_name"]
            import_files.read(name)
            import_files.claim(name)
            return super().process_import(request, **kwargs)
        except Gone:
            return self.back_to_upload(
                request, "This file was imported already, or waited for more than an hour. Choose it again."
            )
        except Unreadable as error:
            return self.back_to_upload(request, f"Nothing was imported. {error}")

    def is_choice(self, form) -> bool:
        """Whether the hidden fields of the confirmation name a format and a resource that exist."""
        chosen = (form.cleaned_data["format"], form.cleaned_data["resource"] or "0")
        limits = (len(self.formats), len(self.resource_classes))
        return all(c.isascii() and c.isdigit() and int(c) < limit for c, limit in zip(chosen, limits, strict=True))

    def process_result(self, result, request):
        if result.has_errors() or result.has_validation_errors():
            return self.back_to_upload(request, f"Nothing was imported. {' '.join(result.problems()[:TOLD_ROWS])}")
        return super().process_result(result, request)

    def add_success_message(self, result, request) -> None:
        messages.success(request, f"Imported: {result.summary()}.")
        for row in result.remarked()[:TOLD_ROWS]:
            messages.warning(request, f"Row {row.number} came in. {row.reason}")
        left_out = result.left_out()
        for row in left_out[:TOLD_ROWS]:
            messages.warning(request, f"Row {row.number} was left out: {row.reason}")
        if len(left_out) > TOLD_ROWS:
            messages.warning(request, f"{len(left_out) - TOLD_ROWS} more rows were left out.")

    def back_to_upload(self, request, why: str):
        messages.error(request, why)
        return HttpResponseRedirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def get_export_form_class(self):
        return ContentExportForm if self.resource_classes[0].masked else self.export_form_class

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
        asked = form is not None and form.is_bound and bool(form.cleaned_data.get("reason"))
        return asked and request.user.has_perm("privacy.reveal_content")

    def get_export_data(self, file_format, request, queryset, **kwargs):
        """Recorded and made in one transaction: a file that could not be made was not handed out."""
        form = kwargs.get("export_form")
        with transaction.atomic():
            if self.reveals(request, form):
                queryset = queryset.defer(None)
                handout.record_content(
                    rows=queryset, fields=self.resource_classes[0].masked, actor=request.user,
                    reason=form.cleaned_data["reason"], reference=form.cleaned_data["reference"],
                )  # fmt: skip
            else:
                handout.record_table(model=self.model, rows=queryset.count(), actor=request.user)
            return super().get_export_data(file_format, request, queryset, **kwargs)

    def _do_file_export(self, *args, **kwargs):
        response = super()._do_file_export(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response
