"""Who asks: what is enough for the right, each check that was made, the documents that wait, what can be done next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from privacy.admin.forms import NoQuestionsForm
from privacy.admin.requests.approvals import sign_in_again
from privacy.admin.requests.base import ask, carry_out, check_permit, has, on_request, page, request_page
from privacy.admin.requests.buttons import Button
from privacy.admin.requests.forms import (
    AwaitedForm,
    DecidedForm,
    OverrideDecisionForm,
    OverrideForm,
    ProofFileForm,
    ReplyForm,
    StatementForm,
)
from privacy.cases import proofs, requests, verification
from privacy.catalogue import NotAllowed, case_kinds
from privacy.fulfilment import case_links
from privacy.fulfilment.proofs import NotTaken
from privacy.models import Case, IdentityCheck, IdentityProof, SeenLetter, Staff, State, Verification
from privacy.selectors.verification import (
    BY_DOCUMENT,
    ENOUGH_OF_A_LETTER,
    STATED,
    address_of,
    risk_of_case,
    ways_of,
)

V = Verification
NOTHING_SENT = "Nothing is sent from here: give the person the address of their page, which the case shows."
FORGED = "Anybody can write a From:. Say what else you saw; a copy of the letter can be put to the case as a comment."


@dataclass(frozen=True)
class Line:
    """One check as the case's page shows it."""

    check: IdentityCheck
    proofs: Sequence[IdentityProof]
    look_urls: Sequence[tuple[IdentityProof, str]]
    decide: Button | None


def on_case(request: HttpRequest, row: Case) -> dict[str, Any]:
    """For the case's page, where the member may see people."""
    kind = case_kinds[row.kind]
    if not kind.proof or not request.user.sees_personal_data:
        return {}
    waits = row.state == State.VERIFYING
    checks = list(row.checks.select_related("asked_by", "decided_by").prefetch_related("proofs"))
    ways = ways_of(row) if waits else ()
    may_ask = waits and has(request.user, kind.may.ask)
    if not checks and not waits:
        return {}
    return {
        "who_asks": [line_of(request.user, row, check) for check in checks],
        "enough": [V(way).label for way in ways],
        "who_buttons": list(buttons(row, ways)) if may_ask else [],
        "persons_page": persons_page(row) if may_ask else "",
    }


def persons_page(row: Case) -> str:
    return f"{settings.SITE_URL}{reverse('case_verify', args=[case_links.token_for(row.pk)])}"


def line_of(user: Staff, row: Case, check: IdentityCheck) -> Line:
    may = has(user, case_kinds[row.kind].may.verify) and row.state == State.VERIFYING and check.is_open
    waiting = [proof for proof in check.proofs.all() if proof.purged_at is None]
    urls = [(proof, of_proof("look", row, proof.pk)) for proof in waiting] if may else []
    decide = None
    if may and check.way == V.OVERRIDE:
        decide = Button("Decide…", "verified", page("decide_override", row),
                        not_because=verification.not_by(check, row, user))  # fmt: skip
    elif may and waiting:
        decide = Button("Decide…", "verified", of_proof("decide_check", row, check.pk),
                        not_because=proofs.not_yet(check, user))  # fmt: skip
    return Line(check, waiting, urls, decide)


def of_proof(name: str, row: Case, pk: UUID) -> str:
    return reverse(f"admin:privacy_rightsrequest_{name}", args=[row.id, pk])


def buttons(row: Case, ways: Sequence[str]) -> Iterator[Button]:
    """What whoever may ask can do next, the least that it costs the person first."""
    if V.EMAIL_CODE in ways:
        why_not = "" if settings.EMAIL_URL else "No mail goes out from here."
        if not why_not and address_of(row) is None:
            why_not = "No address was the person’s, and nobody else’s, before this was asked for."
        yield Button("Send a code…", "pin", page("send_code", row), is_main=True, not_because=why_not)
    if V.EMAIL_ROUND_TRIP in ways:
        yield Button("They replied…", "mark_email_read", page("reply", row))
    if {*BY_DOCUMENT} & {*ways}:
        yield Button("Ask for a document…", "id_card", page("await_document", row))
        yield Button("Take in a document…", "upload_file", page("take_document", row))
    if {*STATED} & {*ways}:
        yield Button("State how it is sure…", "edit_note", page("prove", row))
    if V.OVERRIDE in ways:
        yield Button("Let it pass without proof…", "gavel", page("override", row))


@on_request
def send_code(request: HttpRequest, row: Case) -> HttpResponse:
    check_permit(request, case_kinds[row.kind].may.ask)
    if request.method == "POST":
        return carry_out(request, row, verification.send_code, "The code is on its way.", request_id=row.id)
    return ask(
        request, row, NoQuestionsForm(), title=f"Send a code: {row}", submit="Send the code",
        sentences=["Eight digits go to the address that the account had before this was asked for. Nobody here sees "
                   "them.",
                   "Whoever enters them on the page of the case within 15 minutes has proved who asks. After five "
                   "wrong attempts it takes a new code.", "A code that was sent before is void."],
    )  # fmt: skip


@on_request
def await_document(request: HttpRequest, row: Case) -> HttpResponse:
    check_permit(request, case_kinds[row.kind].may.ask)
    form = AwaitedForm(request.POST or None, ways=by_document(row))
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, verification.request_document, f"Noted. {NOTHING_SENT}", request_id=row.id,
                         way=form.cleaned_data["way"])  # fmt: skip
    return ask(
        request, row, form, title=f"Ask for a document: {row}", submit="Note that it is awaited",
        sentences=["Ask for no more than is needed, and for no copy where a code by e-mail would do (GDPR art. "
                   "5(1)(c)).",
                   NOTHING_SENT],
    )  # fmt: skip


@on_request
def take_document(request: HttpRequest, row: Case) -> HttpResponse:
    """What came by letter or mail is put to the case as the person's upload would be."""
    check_permit(request, case_kinds[row.kind].may.ask)
    form = ProofFileForm(request.POST or None, request.FILES or None, ways=by_document(row))
    if request.method == "POST" and form.is_valid():
        given = {"request_id": row.id, "way": form.cleaned_data["way"], "file": form.cleaned_data["file"]}
        try:
            return carry_out(request, row, proofs.hand_in, "Taken in. Somebody who may decide looks at it.", **given)
        except NotTaken as refusal:
            form.add_error("file", str(refusal))
    return ask(
        request, row, form, title=f"Take in a document: {row}", submit="Take it in",
        sentences=["It is kept encrypted, and unreadable from the decision on. Delete your own copy, and the mail "
                   "that it came with.",
                   "An approver or manager looks at it and decides; each look stands in the trail."],
    )  # fmt: skip


@on_request
def reply(request: HttpRequest, row: Case) -> HttpResponse:
    check_permit(request, case_kinds[row.kind].may.ask)
    enough = ENOUGH_OF_A_LETTER[risk_of_case(row)]
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, verification.confirm_reply, "Saved: what you saw of their reply.",
                         request_id=row.id, **form.cleaned_data)  # fmt: skip
    takes = "For what is asked, both have to be seen." if enough == (SeenLetter.BOTH,) else "One of the two is enough."
    return ask(
        request, row, form, title=f"They replied: {row}", submit="This is what I saw",
        sentences=["You state that a reply came from the address that the account had before.", FORGED, takes],
    )  # fmt: skip


@on_request
def prove(request: HttpRequest, row: Case) -> HttpResponse:
    """A member of staff states how it is sure; of what takes no proof, that nothing speaks against it any more."""
    kind = case_kinds[row.kind]
    check_permit(request, kind.may.ask)
    waits = "Then the work starts." if kind.deciders == 1 else f"{kind.decision.waits} after that."
    if not kind.proof:
        return no_doubt_any_more(request, row, waits)
    form = StatementForm(request.POST or None, ways=[way for way in ways_of(row) if way in STATED])
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, verification.state, "Saved: it is sure who asks.", request_id=row.id,
                         **form.cleaned_data)  # fmt: skip
    another = ["Whoever states it does not approve it."] if kind.deciders == 2 else []
    return ask(
        request, row, form, title=f"Say that it is sure who asks: {row}", submit="It is sure",
        sentences=["You state that the request comes from the person, and how you know.", *another, waits],
    )  # fmt: skip


def no_doubt_any_more(request: HttpRequest, row: Case, waits: str) -> HttpResponse:
    if request.method == "POST":
        return carry_out(request, row, requests.prove, "Saved: it is in effect.", request_id=row.id, verification="")
    return ask(
        request, row, NoQuestionsForm(), title=f"Say that it is sure who asks: {row}", submit="It is sure",
        sentences=["You state that nothing speaks against its being the person’s own wish any more.", waits],
    )  # fmt: skip


@on_request
def override(request: HttpRequest, row: Case) -> HttpResponse:
    check_permit(request, case_kinds[row.kind].may.ask)
    form = OverrideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, verification.propose_override, "Proposed. Another person decides.",
                         request_id=row.id, **form.cleaned_data)  # fmt: skip
    return ask(
        request, row, form, title=f"Let {row} pass without proof", submit="Propose it", is_dangerous=True,
        sentences=["Nothing happens yet: an approver or manager decides, who neither asked for the case nor "
                   "proposes this.",
                   "If a stranger asks, the person’s data may be handed out or lost by it. The case says for good that "
                   "two of us let it pass."],
    )  # fmt: skip


@on_request
def decide_override(request: HttpRequest, row: Case) -> HttpResponse:
    check_permit(request, case_kinds[row.kind].may.verify)
    if again := sign_in_again(request):
        return again
    form = OverrideDecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_sure = form.cleaned_data["is_sure"]
        done = "It passes without proof." if is_sure else "It does not pass without proof."
        return carry_out(request, row, verification.decide_override, done, request_id=row.id, is_sure=is_sure)
    proposed = row.checks.filter(way=V.OVERRIDE, outcome="").select_related("asked_by").first()
    words = [f"{proposed.asked_by} proposes it: “{proposed.because}”"] if proposed else ["Nobody proposes it any more."]
    return ask(
        request, row, form, title=f"Let {row} pass without proof?", submit="Decide", is_pointless=proposed is None,
        sentences=[*words, "Where two decide, you do not approve the case afterwards."],
    )  # fmt: skip


@never_cache
@on_request
def look(request: HttpRequest, row: Case, proof_id: UUID) -> HttpResponse:
    """The bytes as an attachment that no browser runs, sniffs or keeps. By POST, and logged before they are sent."""
    check_permit(request, case_kinds[row.kind].may.verify)
    if request.method != "POST":
        return redirect(request_page(row))
    try:
        looked = proofs.look(request_id=row.id, proof_id=proof_id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    return HttpResponse(
        looked.data, content_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{looked.name}"', "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'", "Referrer-Policy": "no-referrer",
        },
    )  # fmt: skip


@on_request
def decide_check(request: HttpRequest, row: Case, check_id: UUID) -> HttpResponse:
    check_permit(request, case_kinds[row.kind].may.verify)
    if again := sign_in_again(request):
        return again
    check = row.checks.filter(pk=check_id, way__in=BY_DOCUMENT).first()
    if check is None:
        messages.error(request, "There is no such check; it may be an old link.")
        return redirect(request_page(row))
    form = DecidedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, proofs.decide, "Decided. The document is gone.", request_id=row.id,
                         check_id=check.pk, **form.cleaned_data)  # fmt: skip
    not_yet = proofs.not_yet(check, request.user) if check.is_open else "It is decided already."
    return ask(
        request, row, form, title=f"Is it the person? {row}", submit="Decide", is_pointless=bool(not_yet),
        sentences=[not_yet or f"You have looked at what was handed in: {check.get_way_display().lower()}.",
                   "With your decision the document is unreadable for everybody, and deleted. What stays is what "
                   "kind it was, that you saw it, and what you decided.",
                   "Where two decide, you do not approve the case afterwards."],
    )  # fmt: skip


def by_document(row: Case) -> list[str]:
    return [way for way in ways_of(row) if way in BY_DOCUMENT]


PAGES = {
    view.__name__: view for view in (send_code, await_document, take_document, reply, prove, override, decide_override)
}
