"""Lists and pages of what people wrote and made: lengths in place of texts, and a button that shows them."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ObjectDoesNotExist, SuspiciousFileOperation
from django.db import models
from django.db.models.functions import Cast, Length
from django.http import FileResponse, Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from privacy.admin.base import CappedChangeList
from privacy.admin.forms import ReferenceField
from privacy.admin.personal import PersonalAdmin
from privacy.datamap import registry
from privacy.fulfilment import reveal
from privacy.fulfilment.reveal import NotRevealed, Revealed, RevealReason

DOTS = "••••"
SHOWN_CHARACTERS = 100_000  # a page of more is slow to read and to render; the access package holds it whole


class RevealForm(forms.Form):
    """Why, and for which case. No free text: see privacy.fulfilment.reveal."""

    reason = forms.ChoiceField(
        choices=[("", "Choose…"), *RevealReason.choices],
        widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose the reason: it stands in the audit trail."},
    )
    reference = ReferenceField(
        required=False,
        label="Ticket or request number",
        help_text="If there is one, such as SUP-1204. No names: this entry is never erased.",
    )


class FileRevealForm(RevealForm):
    """A file can also be fetched."""

    how = forms.ChoiceField(
        label="What do you need?",
        choices=[("show", "Its name"), ("download", "The file itself")],
        widget=UnfoldAdminSelectWidget,
    )


@dataclass(frozen=True)
class Shown:
    """A revealed value as the page prints it."""

    label: str
    text: str
    left_out: int


class MaskedList(CappedChangeList):
    """Counts the lengths of the rows of the page. Within the list's own query the database would count those of the
    rows that are skipped before it, too: 0.35 s on page 150 of the scripts."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.model_admin.count_lengths(self.result_list)


class MaskedAdmin(PersonalAdmin):
    """Masks what the data map says is masked, wherever `list_display` and `fields` name them."""

    changelist = MaskedList
    actions_detail = ("reveal_content",)
    reveal_form = RevealForm

    @property
    def masked(self) -> tuple[str, ...]:
        return registry.masked(self.model)

    def get_queryset(self, request):
        """A masked text never travels to the web process."""
        return super().get_queryset(request).defer(*self.masked)

    def get_object(self, request, object_id, from_field=None):
        obj = super().get_object(request, object_id, from_field)
        self.count_lengths([obj] if obj else [])
        return obj

    def count_lengths(self, rows: list[models.Model]) -> None:
        """Lets the database count the masked texts of these rows, and notes the lengths on them."""
        lengths = {f"{name}_length": Length(Cast(name, models.TextField())) for name in self.masked}
        counted = {
            row.pop("pk"): row
            for row in self.model.objects.filter(pk__in=[row.pk for row in rows]).values("pk", **lengths)
        }
        for row in rows:
            vars(row).update(counted.get(row.pk, {}))

    def column(self, name: str):
        """As for any row about people; a masked field tells its length only."""
        if name not in self.masked:
            return super().column(name)
        field = self.opts.get_field(name)

        @display(description=field.verbose_name)
        def masked(obj):
            length = getattr(obj, f"{name}_length", None)
            if isinstance(field, models.FileField):
                return f"{DOTS} a file" if length else "–"
            return f"{DOTS} {length:,} characters" if length else "–"

        masked.__name__ = f"masked_{name}"
        return masked

    def has_reveal_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("privacy.reveal_content") and self.has_view_permission(request, obj)

    @action(description="Reveal", icon="visibility", url_path="reveal", permissions=["reveal"])
    def reveal_content(self, request, object_id):
        """Asks why, then shows the values once, on the answer to the form itself."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = self.reveal_form(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return self.ask(request, obj, form)
        given = form.cleaned_data
        try:
            revealed = reveal.reveal(
                model=self.opts.label, pk=obj.pk, fields=self.masked, actor=request.user,
                reason=given["reason"], reference=given["reference"],
            )  # fmt: skip
        except NotRevealed as refusal:
            form.add_error("reference", str(refusal))
            return self.ask(request, obj, form)
        except ObjectDoesNotExist:
            raise Http404 from None
        return self.answer(request, obj, revealed, given)

    def ask(self, request, obj, form) -> TemplateResponse:
        context = {
            "title": f"Reveal {obj}",
            "form": form,
            "form_url": request.path,
            "submit": "Reveal",
            "cancel_url": self.page_of(obj),
            "subject": self.subject_link(obj),
            "labels": [self.opts.get_field(name).verbose_name for name in self.masked],
        }
        return self.page(request, obj, "admin/privacy/reveal.html", context)

    def answer(self, request, obj, revealed: Revealed, given: dict):
        """The page with the values; no browser or proxy keeps it."""
        shown = [shown_as(self.opts.get_field(name), value) for name, value in revealed.values.items()]
        context = {"title": str(obj), "shown": shown, "subject": self.subject_link(obj), "back": self.page_of(obj)}
        response = self.page(request, obj, "admin/privacy/revealed.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    def page(self, request, obj, template: str, context: dict) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "original": obj}
        return TemplateResponse(request, template, shared | context)

    def page_of(self, obj) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])


class MaskedFileAdmin(MaskedAdmin):
    """As MaskedAdmin, for a model with a file: the same form can hand the file out instead of showing the values."""

    reveal_form = FileRevealForm

    def answer(self, request, obj, revealed: Revealed, given: dict):
        if given["how"] == "show":
            return super().answer(request, obj, revealed, given)
        try:
            opened = self.opts.get_field("file").storage.open(revealed.values["file"], "rb")
        except (OSError, ValueError, SuspiciousFileOperation):
            messages.error(request, f"The file of {obj} is not in the storage. Its row says {obj.size:,} bytes.")
            return redirect(request.path)
        response = FileResponse(opened, as_attachment=True, filename=printable(revealed.values["name"]) or str(obj))
        # Whatever the person called it, the browser saves it and never opens it in this site's name.
        response.headers["Content-Type"] = "application/octet-stream"
        response.headers["Cache-Control"] = "no-store"
        return response


def printable(name: str) -> str:
    """The name without line ends and other characters that a header refuses."""
    return "".join(character for character in name if character.isprintable())


def shown_as(field: models.Field, value: Any) -> Shown:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return Shown(field.verbose_name, text[:SHOWN_CHARACTERS], max(0, len(text) - SHOWN_CHARACTERS))
