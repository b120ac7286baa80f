"""The texts of letters: what is shipped and what managers have made of it, each proposed by one against a preview and a
diff, and confirmed by another."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from privacy.admin.actions import check_permission
from privacy.admin.badges import badge
from privacy.admin.base import ReadOnlyAdmin
from privacy.admin.people.wordings import changes
from privacy.admin.requests.letters import RESTS_ON, lines_of
from privacy.catalogue import NotAllowed
from privacy.fulfilment.letters import facts, kinds, rendering, templates, wordings
from privacy.fulfilment.letters.claims import claims
from privacy.fulfilment.letters.kinds import LetterKind
from privacy.fulfilment.letters.templates import BadTemplate
from privacy.models import LANGUAGES, Case, LetterWording
from privacy.selectors.search import ids_beginning

LIST = "admin:privacy_letterwording_changelist"


@admin.register(LetterWording)
class LetterWordingAdmin(ReadOnlyAdmin):
    """Its list is of all letters there are, in all languages, and of the copies that managers have made."""

    list_display = ["letter", "language", "stands", "proposed_by", "confirmed_by"]
    list_before_template = "admin/privacy/letter_wordings.html"
    list_select_related = ["proposed_by", "confirmed_by"]
    empty_text = "No copy yet: every letter is written in the text that is shipped."
    ordering = ["-proposed_at"]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("edit/<slug:kind>/<slug:language>/", view(edit), name="privacy_letterwording_edit"),
            path("<uuid:wording_id>/decide/", view(decide), name="privacy_letterwording_decide"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"texts": texts()} | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return redirect("admin:privacy_letterwording_decide", object_id)

    @display(description="Letter")
    def letter(self, row):
        return kinds.label_of(row.kind)

    @display(description="Stands")
    def stands(self, row):
        return state_of(row)


def texts() -> list[tuple[LetterKind, list[tuple[str, str, str]]]]:
    """[(letter, [(language, address, how its text stands)])], by one query."""
    live = {
        (row.kind, row.language): row for row in LetterWording.objects.filter(retired_at=None).order_by("confirmed_at")
    }
    return [
        (
            kind,
            [
                (
                    tag,
                    reverse("admin:privacy_letterwording_edit", args=[kind.key, tag]),
                    mark_of(live.get((kind.key, tag))),
                )
                for tag, _ in LANGUAGES
            ],
        )
        for kind in kinds.KINDS
    ]


def mark_of(row: LetterWording | None) -> str:
    return "" if row is None else "edited" if row.confirmed_at else "proposed"


def state_of(row: LetterWording) -> str:
    if row.retired_at:
        return badge("Out of use", "")
    return badge("In use", "good") if row.confirmed_at else badge("Waits for another manager", "warn")


class TextForm(forms.Form):
    """`case` is the short id of a real case for the preview."""

    text = forms.CharField(
        label="The text", max_length=templates.LONGEST, strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 24, "spellcheck": "true"}),
        help_text="A sentence a line, with the fact that it rests on before it. An empty line begins a paragraph.",
        error_messages={"required": "Write the text."},
    )  # fmt: skip
    case = forms.CharField(
        label="Show it for this case (optional)", required=False, max_length=36, widget=UnfoldAdminTextInputWidget,
        help_text="The first eight characters of its number.",
    )  # fmt: skip
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, kind: LetterKind, language: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind, self.language, self.found = kind, language, None

    def clean_text(self) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        try:
            templates.check(self.kind, self.language, text)
        except BadTemplate as refusal:
            raise ValidationError(str(refusal).split("\n")) from refusal
        return text

    def clean_case(self) -> str:
        typed = self.cleaned_data["case"].strip().lower()
        between = ids_beginning(typed) if typed else None
        self.found = Case.objects.select_related("subject").filter(pk__range=between).first() if between else None
        if typed and self.found is None:
            raise ValidationError("There is no such case.")
        return typed


def edit(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """A copy of the text: first how it differs and how it reads, then it is put forward."""
    check_permission(request, wordings.PROPOSE)
    if kind not in kinds.kinds or language not in dict(LANGUAGES):
        messages.error(request, "There is no such letter.")
        return redirect(LIST)
    wanted, now = kinds.kinds[kind], templates.in_use({(kind, language)})[kind, language]
    text = now.wording.text if now.wording else templates.shipped(kind, language)
    form = TextForm(request.POST or None, initial={"text": text}, kind=wanted, language=language)
    seen: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["shown"] == templates.digest(form.cleaned_data["text"]):
            return put_forward(request, wanted, language, form.cleaned_data["text"])
        seen = as_it_reads(wanted, language, form.cleaned_data["text"], form.found)
        form.data = form.data.copy()
        form.data["shown"] = templates.digest(form.cleaned_data["text"])
    context = {
        **admin.site.each_context(request), "opts": LetterWording._meta, "form": form, "form_url": request.path,
        "title": f"{wanted.label}, {dict(LANGUAGES)[language]}", "cancel_url": reverse(LIST), "needed": wanted.needed,
        "submit": "Put it forward" if seen else "See what changes", "edited": now.wording,
        "facts": [(claim, RESTS_ON.get(claim.name, "")) for _, claim in sorted(claims.items())], **seen,
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/letter_wording.html", context)


def as_it_reads(kind: LetterKind, language: str, text: str, case: Case | None) -> dict[str, Any]:
    """How it differs from what is shipped, and for a case what it would say."""
    seen: dict[str, Any] = {"changes": list(changes(templates.shipped(kind.key, language), text)), "case": case}
    if case is not None:
        asked = {ask.name: f"[{ask.question}]" for ask in kind.asks}
        try:
            seen["draft"] = rendering.draft(kind, templates.read(text), facts.of_one(case, asked), language)
            seen["lines"] = list(lines_of(seen["draft"]))
        except rendering.Unsayable as refusal:
            seen["unsayable"] = str(refusal)
    return seen


def put_forward(request: HttpRequest, kind: LetterKind, language: str, text: str) -> HttpResponse:
    try:
        row = wordings.propose(actor=request.user, kind=kind.key, language=language, text=text)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(LIST)
    messages.success(request, "Put forward. Another manager confirms it; until then the old text is used.")
    return redirect("admin:privacy_letterwording_decide", row.pk)


def decide(request: HttpRequest, wording_id: UUID) -> HttpResponse:
    """A copy, how it differs from what is shipped, and what can be decided about it."""
    check_permission(request, "privacy.view_letterwording")
    row = LetterWording.objects.select_related("proposed_by", "confirmed_by").filter(pk=wording_id).first()
    if row is None:
        messages.error(request, "There is no such wording.")
        return redirect(LIST)
    if request.method == "POST":
        return carry_out(request, row)
    own = row.proposed_by_id == request.user.pk
    may = request.user.has_perm(wordings.CONFIRM)
    context = {
        **admin.site.each_context(request), "opts": LetterWording._meta, "row": row, "state": state_of(row),
        "title": f"{kinds.label_of(row.kind)}, {row.get_language_display()}",
        "changes": list(changes(templates.shipped(row.kind, row.language), row.text)), "back": reverse(LIST),
        "can_confirm": may and not own and not row.confirmed_at and not row.retired_at,
        "can_retire": may and not row.retired_at, "is_own": own and not row.confirmed_at and not row.retired_at,
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/letter_wording_decide.html", context)


def carry_out(request: HttpRequest, row: LetterWording) -> HttpResponse:
    verb, done = (
        (wordings.confirm, "In use from now on.")
        if request.POST.get("act") == "confirm"
        else (wordings.retire, "Out of use.")
    )
    try:
        verb(actor=request.user, wording_id=row.pk)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(LIST)
