"""The words in which people are asked for a consent: by purpose and language, with their digest; another wording is
published beside them after it was read against the present one, and none is ever edited."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.timezone import localdate
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy.admin.actions import check_permission
from privacy.admin.badges import badge
from privacy.admin.base import ReadOnlyAdmin
from privacy.admin.forms import DayInput, long_text
from privacy.evidence.commitments import canonical_digest
from privacy.fulfilment import consents
from privacy.models import ConsentWording, Topic
from privacy.models.subjects import LANGUAGE_TAG
from privacy.selectors.consents import present_wording, wordings

LIST = "admin:privacy_consentwording_changelist"
LONGEST = 10_000  # characters


class WordingForm(forms.Form):
    topic = forms.ChoiceField(
        label="For what are people asked?", widget=UnfoldAdminSelectWidget,
        choices=[("", "Choose…"), *(choice for choice in Topic.choices if choice[0] != Topic.TRANSFERS)],
        error_messages={"required": "Choose what they are asked for."},
    )  # fmt: skip
    language = forms.CharField(
        label="Language", max_length=35, initial="en", widget=UnfoldAdminTextInputWidget,
        help_text="A tag such as en, de or pt-BR.",
    )  # fmt: skip
    version = forms.CharField(
        label="Version", max_length=60, widget=UnfoldAdminTextInputWidget,
        help_text="A name that no wording of this purpose and language has, such as 2026-12.",
    )  # fmt: skip
    text = forms.CharField(
        label="The words", max_length=LONGEST, widget=long_text(), help_text="Word for word as people read them.",
        error_messages={"required": "Enter the words as people read them."},
    )  # fmt: skip
    since = forms.DateField(
        label="In force from", required=False, widget=DayInput, help_text="Empty where the text does not say it.",
    )  # fmt: skip

    def clean_language(self) -> str:
        if not LANGUAGE_TAG.fullmatch(self.cleaned_data["language"]):
            raise ValidationError("This is no tag of a language, such as en or pt-BR.")
        return self.cleaned_data["language"]

    def clean_text(self) -> str:
        if known := consents.published_as(self.cleaned_data["text"]):
            raise ValidationError(f"These very words are “{known}” ({known.language}) already.")
        return self.cleaned_data["text"]


@admin.register(ConsentWording)
class ConsentWordingAdmin(ReadOnlyAdmin):
    list_display = ["wording", "language", "digest", "effective_from", "published", "relied_on"]
    list_before_template = "admin/privacy/wording_head.html"
    sortable_by = ()
    fields = ["topic", "language", "version", "text", "sha256", "effective_from", "relied_on", "created_at"]
    readonly_fields = fields

    def get_queryset(self, request):
        return wordings()

    def get_urls(self):
        page = path("publish/", self.admin_site.admin_view(publish), name="privacy_consentwording_publish")
        return [page, *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        context = {"may_publish": request.user.has_perm(consents.MAY_PUBLISH)}
        return super().changelist_view(request, context | (extra_context or {}))

    @display(description="Purpose and version")
    def wording(self, row):
        now = badge("Asked in now", "good") if row.is_present and row.is_relied_on else ""
        return format_html("{} {}", row, now)

    @display(description="SHA-256")
    def digest(self, row):
        return format_html('<code title="{}">{}…</code>', row.sha256, row.sha256[:12])

    @display(description="Published")
    def published(self, row):
        return localdate(row.created_at)

    @display(description="Relied on")
    def relied_on(self, wording):
        if wording.is_relied_on:
            return "Yes"
        processors = reverse("admin:privacy_processor_changelist")
        return format_html(
            'For nothing: transfers rest on safeguards, see <a class="ops-link" href="{}">Processors</a>', processors
        )


def publish(request: HttpRequest) -> HttpResponse:
    """A new wording: how it differs from the present one is read before it is published."""
    check_permission(request, consents.MAY_PUBLISH)
    form = WordingForm(request.POST or None)
    seen: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        seen = against_the_present(form.cleaned_data)
        if request.POST.get("shown") == seen["shown"]:
            return carry_out(request, form.cleaned_data)
    context = {
        **admin.site.each_context(request), "opts": ConsentWording._meta, "title": "Publish a wording", "form": form,
        "form_url": request.path, "cancel_url": reverse(LIST), "submit": "Publish it" if seen else "See what changes",
        **seen,
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/wording_publish.html", context)


def against_the_present(given: dict[str, Any]) -> dict[str, Any]:
    """What the page shows before it is published, and a digest of what it has shown."""
    present = present_wording(given["topic"], given["language"])
    shown = {name: str(value) for name, value in given.items()} | {"present": present and str(present.pk)}
    return {
        "present": present, "shown": canonical_digest(shown), "topic": Topic(given["topic"]).label,
        "changes": list(changes(present.text, given["text"])) if present else [("ins", given["text"])],
    }  # fmt: skip


def changes(before: str, after: str) -> Iterator[tuple[str, str]]:
    """("same" | "del" | "ins", words), from the beginning to the end of both."""
    old, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield "same", "".join(old[i:j])
            continue
        if i < j:
            yield "del", "".join(old[i:j])
        if k < m:
            yield "ins", "".join(new[k:m])


def carry_out(request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
    try:
        consents.publish(actor=request.user, **given)
    except ValueError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Published. What people have consented to before keeps the words that they read.")
    return redirect(LIST)
