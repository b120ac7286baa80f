"""Letters about a case: written against a preview that shows on what each sentence rests, approved, and their fate."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy import regimes
from privacy.admin.actions import check_permission
from privacy.admin.badges import badge
from privacy.admin.forms import long_text
from privacy.admin.requests.base import check_permit, context_of, has, on_request, page, request_page
from privacy.cases import letters
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence.keys import MissingKey
from privacy.fulfilment.letters import drafting, facts, kinds, pdf, rendering
from privacy.fulfilment.letters.drafting import Written
from privacy.fulfilment.letters.kinds import LetterKind
from privacy.fulfilment.reveal import NotRevealed
from privacy.models import LANGUAGES, Case, Letter, Reply, Staff
from privacy.selectors import letters as selectors
from privacy.selectors.beside import BOUNCED, Post

TONES = {
    Letter.State.PREPARED: "warn", Letter.State.ORDERED: "info", Letter.State.SENT: "good",
    Letter.State.BLOCKED: "stop", Letter.State.WITHDRAWN: "",
}  # fmt: skip
CANNOT_OPEN = "It cannot be opened, because a key is missing."
EMPTIED = "Its text was emptied: nothing is owed any more."


# --- Writing ----------------------------------------------------------------------------------------------------------


class ChoiceForm(forms.Form):
    """Which letter, in which language; by GET, so that a preview has an address."""

    kind = forms.ChoiceField(label="Letter", widget=UnfoldAdminSelectWidget)
    language = forms.ChoiceField(
        label="Language", required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", "The person’s own"), *LANGUAGES],
    )  # fmt: skip

    def __init__(self, *args, fitting: list[LetterKind], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.key, kind.label) for kind in fitting]


class WriteForm(forms.Form):
    """What whoever writes is asked for. `shown` is the digest of what they have read."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    to = forms.CharField(
        label="Write to another address (optional)", required=False, max_length=500, widget=long_text(),
        help_text="An e-mail address, or a postal one for a letter on paper. Make sure that it is the person’s.",
    )  # fmt: skip

    def __init__(self, *args, kind: LetterKind, **kwargs):
        super().__init__(*args, **kwargs)
        for ask in kind.asks:
            self.fields[ask.name] = forms.CharField(
                label=ask.question, required=ask.required, max_length=10_000, widget=long_text(),
                error_messages={"required": "Write it: without it the letter says nothing."},
            )  # fmt: skip

    @property
    def asked(self) -> dict[str, str]:
        return {name: text for name, text in self.cleaned_data.items() if name not in ("shown", "to") and text}


@never_cache
@on_request
def letter(request: HttpRequest, row: Case) -> HttpResponse:
    """Chooses a letter, shows it as it would go out now, and sends what was shown."""
    check_permission(request, "privacy.view_datasubject")
    check_permit(request, case_kinds[row.kind].may.answer)
    fitting = kinds.fitting(facts.of_one(row))
    if not fitting:
        messages.info(request, "There is no letter to write about it as it stands.")
        return redirect(request_page(row))
    choice = ChoiceForm(request.GET if "kind" in request.GET else {"kind": fitting[0].key}, fitting=fitting)
    kind = kinds.kinds[choice.cleaned_data["kind"]] if choice.is_valid() else fitting[0]
    language = choice.cleaned_data.get("language", "") if choice.is_valid() else ""
    form = WriteForm(request.POST or None, kind=kind)
    is_asked = request.method == "POST" and form.is_valid()
    asked = form.asked if is_asked else {}
    to = form.cleaned_data["to"] if is_asked else ""
    written = drafting.preview([row], key=kind.key, language=language, asked=asked, to=to)[row.pk]
    if is_asked and form.cleaned_data["shown"] == written.digest:
        return send(request, row, written)
    return show(request, row, choice, form, written)


def send(request: HttpRequest, row: Case, written: Written) -> HttpResponse:
    """What was shown; if something has changed in this very moment, it is shown again."""
    try:
        kept = letters.write(
            request_id=row.id, actor=request.user, key=written.kind.key, language=written.language,
            asked=written.asked, to=written.to, shown=written.digest,
        )  # fmt: skip
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request.get_full_path())
    done = {
        Letter.State.ORDERED: "On its way. You see here when it has gone out.",
        Letter.State.PREPARED: "Written. It waits for a second person." if kept.way == Letter.Way.EMAIL
        else "Written. Print it, post it, and say so here.",
    }  # fmt: skip
    messages.success(request, done[Letter.State(kept.state)])
    return redirect(letter_page(kept))


def show(request: HttpRequest, row: Case, choice: ChoiceForm, form: WriteForm, written: Written) -> HttpResponse:
    if written.draft is not None and not written.problem:
        show_digest(form, written.digest)
    waits = written.kind.deciders(written.facts) > 1
    is_first = not form.is_bound and written.kind.asks and any(ask.required for ask in written.kind.asks)
    context = context_of(request, row, title=f"Letter about {row}") | {
        "choice": choice, "form": form, "form_url": request.get_full_path(), "cancel_url": request_page(row),
        "written": written, "lines": list(lines_of(written.draft)) if written.draft else [],
        "is_pointless": bool(written.problem) and not written.kind.asks and written.problem != drafting.NO_ADDRESS,
        "language": dict(LANGUAGES)[written.language], "waits": waits,
        "submit": "See the letter" if is_first or written.problem else "Have it approved" if waits else
        "Send it" if written.is_email else "Write it on paper",
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/letter_write.html", context)


def show_digest(form: WriteForm, digest: str) -> None:
    """The form says which letter stands above it, also where what was typed comes back with it."""
    if form.is_bound:
        form.data = form.data.copy()
        form.data["shown"] = digest
    form.fields["shown"].initial = digest


@dataclass(frozen=True)
class Shown:
    """A sentence beside what it rests on."""

    text: str
    rests_on: str
    is_new_paragraph: bool


def lines_of(draft: rendering.Draft) -> Iterator[Shown]:
    before = -1
    for said in draft.sentences:
        if said.paragraph >= 0:
            text = rendering.LATE.sub("[made as it goes out]", said.text)
            yield Shown(text, RESTS_ON.get(said.claim, ""), said.paragraph != before)
            before = said.paragraph


# On what the sentences of a claim rest, in words; a test subtracts the claims.
RESTS_ON = {
    "plain": "", "ref": "the case", "received": "the day of receipt", "due": "the clocks", "law": "the verified rule",
    "status": "the case", "proof_follows": "who asks is not proved", "prove": "who asks is not proved",
    "asked": "your question", "clock_stands": "the clock stands",
    "extended": "the extension", "refused": "the decision", "words": "your words", "complain": "the residence",
    "court": "the law of the case", "appeal": "the law of the case", "record_kept": "the record of requests",
    "upheld": "the decision", "not_upheld": "the decision", "complaint_right": "the decision",
    "complaint_not": "the decision", "reopened": "the audit trail", "promised": "the earlier answer",
    "package": "the package", "encrypted": "the package", "left_out": "what was confirmed to be left out",
    "gaps": "the package", "deleted_of": "the receipt", "anonymised_of": "the receipt", "erased_nothing": "the receipt",
    "files": "the receipt", "handed_over_of": "the receipt", "kept_of": "the receipt", "rectified": "the step",
    "limited": "the limits in force", "limited_all": "the limits in force", "told_before": "the limits in force",
    "carried_out": "the steps", "processor_confirmed": "the processor’s answer",
    "processor_attested": "what a colleague attested", "processor_expires": "the step", "processor_keeps": "the step",
    "processor_open": "the step", "still_open": "the steps", "all_done": "the steps", "held": "the hold",
    "released": "the hold", "notified": "the step", "receipt": "the receipt",
}  # fmt: skip


# --- One letter -------------------------------------------------------------------------------------------------------


def letter_page(row: Letter) -> str:
    return reverse("admin:privacy_rightsrequest_one_letter", args=[row.case_id, row.pk])


def on_letter(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives the view the letter of the case, for those who see people and may answer."""

    @never_cache
    @on_request
    def with_letter(request: HttpRequest, row: Case, letter_id: UUID) -> HttpResponse:
        check_permission(request, "privacy.view_datasubject")
        found = Letter.objects.filter(pk=letter_id, case=row.pk).select_related("prepared_by", "approved_by", "step")
        of_case = found.first()
        if of_case is None:
            messages.error(request, "There is no such letter.")
            return redirect(request_page(row))
        return view(request, row, of_case)

    return with_letter


@on_letter
def one_letter(request: HttpRequest, row: Case, found: Letter) -> HttpResponse:
    """What it says, where it stands, and what can be done about it."""
    try:
        opened, problem = rendering.opened(found.sealed), "" if found.sealed else EMPTIED
    except MissingKey:
        opened, problem = None, CANNOT_OPEN
    parked = selectors.parked_because(found)
    context = context_of(request, row, title=f"{kinds.label_of(found.kind)}: {found}") | {
        "letter": found, "to": opened.to if opened else "", "lines": list(lines_of(opened.draft)) if opened else [],
        "subject": opened.draft.subject if opened else "", "problem": problem, "state": state_of(found),
        "parked": parked, "deeds": list(deeds_for(request.user, row, found, parked)),
        "language": dict(LANGUAGES).get(found.language, found.language), "back": request_page(row),
        "pdf": page_of(found, "letter_pdf") if opened else "",
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/letter.html", context)


def state_of(found: Letter) -> str:
    is_ready = found.approved_by_id or not found.prepared_by_id
    if found.state == Letter.State.PREPARED and found.way == Letter.Way.POST and is_ready:
        return badge("To be posted", "warn")
    return told(BOUNCED if found.bounced_at else found.state)


@dataclass(frozen=True)
class Act:
    """A button of a letter's page; `not_because` disables it and says why."""

    label: str
    name: str
    is_main: bool = False
    not_because: str = ""


def deeds_for(user: Staff, row: Case, found: Letter, parked: str) -> Iterator[Act]:
    may = case_kinds[row.kind].may
    is_in_doubt = found.is_open and selectors.is_in_doubt(found)
    waits = kinds.kinds[found.kind].deciders(facts.of_one(row)) > 1 and not found.approved_by_id
    if found.state == Letter.State.PREPARED and waits and has(user, may.decide or may.answer):
        own = "You wrote it; another person has to approve it." if found.prepared_by_id == user.pk else ""
        yield Act("Approve, and let it go out" if found.way == Letter.Way.EMAIL else "Approve", "approve", True, own)
    if not has(user, may.answer):
        return
    if found.state == Letter.State.PREPARED and found.way == Letter.Way.POST and not waits:
        yield Act("It was posted", "posted", True)
    if is_in_doubt:
        yield Act("It has gone out", "has_gone_out", True)
        yield Act("It has not: send it", "send_again")
    elif found.is_open:
        yield Act("Withdraw it", "withdraw")


VERBS: dict[str, tuple[Callable[..., Letter], str]] = {
    "approve": (letters.approve, "Approved."),
    "posted": (letters.posted, "Noted: it was posted."),
    "withdraw": (letters.withdraw, "Withdrawn: it does not go out."),
    "has_gone_out": (
        lambda **given: letters.say_whether_sent(**given, has_gone_out=True), "Noted: it has gone out."
    ),
    "send_again": (
        lambda **given: letters.say_whether_sent(**given, has_gone_out=False), "It is sent now."
    ),
}  # fmt: skip


@on_letter
def letter_act(request: HttpRequest, row: Case, found: Letter) -> HttpResponse:
    """Does what a button of its page says; the page beside it is the confirmation."""
    name = request.POST.get("act", "")
    if request.method == "POST" and name in VERBS:
        verb, done = VERBS[name]
        try:
            verb(letter_id=found.pk, actor=request.user)
        except NotAllowed as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, done)
    return redirect(letter_page(found))


@on_letter
def letter_pdf(request: HttpRequest, row: Case, found: Letter) -> HttpResponse:
    """On paper."""
    opened = rendering.opened(found.sealed)
    if opened is None:
        messages.warning(request, EMPTIED)
        return redirect(letter_page(found))
    file = pdf.made(opened.draft, opened.to, found.language, regimes.day_of(found.made_at))
    name = f"letter-{str(found.pk)[:8]}.pdf"
    return HttpResponse(
        file, content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )  # fmt: skip


def page_of(found: Letter, name: str) -> str:
    return reverse(f"admin:privacy_rightsrequest_{name}", args=[found.case_id, found.pk])


# --- To a processor ---------------------------------------------------------------------------------------------------


class NoticeForm(forms.Form):
    to = forms.CharField(
        label="Address of the processor’s privacy team", max_length=500, widget=UnfoldAdminTextInputWidget,
        help_text="An e-mail address; a postal one makes a letter on paper.",
        error_messages={"required": "Enter where to write."},
    )  # fmt: skip


@on_request
def notice(request: HttpRequest, row: Case, step_id: UUID) -> HttpResponse:
    """Writes to a processor what it is to do about this person."""
    check_permission(request, "privacy.reveal_content")
    check_permit(request, case_kinds[row.kind].may.answer)
    form = NoticeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            kept = letters.notify(step_id=step_id, actor=request.user, to=form.cleaned_data["to"])
        except (NotAllowed, NotRevealed) as refusal:
            messages.warning(request, str(refusal))
            return redirect(request_page(row))
        messages.success(request, "Written. Attest it when the processor has answered.")
        return redirect(letter_page(kept))
    context = context_of(request, row, title="Write to the processor") | {
        "form": form, "form_url": request.path, "cancel_url": request_page(row), "submit": "Write to it",
        "sentences": ["It is told what it is to do, under a number of ours, and what it calls the person itself.",
                      "The audit trail records that you used that name. It learns nothing else of them.",
                      "If the step is finished before it goes out, it stays here."],
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)


# --- On the case's page -----------------------------------------------------------------------------------------------


def on_case(request: HttpRequest, row: Case, post: Sequence[Post]) -> dict[str, Any]:
    """For the case's page, where the member may see people."""
    kind = case_kinds[row.kind]
    if not kind.answered_in_writing or not request.user.sees_personal_data:
        return {}
    may = has(request.user, kind.may.answer)
    return {
        "letters": [line_of(row, one) for one in post],
        "letters_shown": True,
        "write_url": page("letter", row) if may else "",
        "take_in_url": page("take_in", row) if may else "",
    }


def line_of(row: Case, one: Post) -> dict[str, Any]:
    if one.is_reply:
        kind = Reply.Kind(one.kind)
        new = badge("New", "stop" if kind == Reply.Kind.BOUNCE else "info")
        url = reverse("admin:privacy_rightsrequest_reply", args=[row.pk, one.id])
        return {"url": url, "label": kind.label, "badge": badge("Read", "") if one.state else new, "post": one}
    url = reverse("admin:privacy_rightsrequest_one_letter", args=[row.pk, one.id])
    state = badge("Waits for somebody to look", "stop") if one.is_stuck else told(one.state)
    return {"url": url, "label": kinds.label_of(one.kind), "badge": state, "post": one}


def told(state: str) -> str:
    if state == BOUNCED:
        return badge("Came back: not delivered", "stop")
    return badge(Letter.State(state).label, TONES[Letter.State(state)])
