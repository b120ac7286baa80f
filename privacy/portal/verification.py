"""Pages on which a person proves who they are, below the link of their case: a code by e-mail, their session at the
studio, or a document. Without scripts and cookies; the signed token of the address is the whole right to be here.

Nothing is told by what happens: a wrong code, an old one, a case that is gone and a person who was erased lead to the
same page by the same queries. The language is the browser's, because whose page it is would tell more.
"""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from privacy.cases import proofs as documents
from privacy.cases import verification
from privacy.fulfilment import case_links
from privacy.fulfilment.package.cover import CONTACT
from privacy.fulfilment.proofs import NotTaken
from privacy.models import Case, Verification
from privacy.portal.pages import private
from privacy.selectors.verification import BY_DOCUMENT, offered

FAILED, ASKED, FORGED = "verification_failed", "verification_asked", "case_link_failed"  # in ACCOUNT_RATE_LIMITS
WAIT = 300  # seconds
SESSION = "__session"  # Clerk's cookie; of several instances on one host each has a suffix
LONGEST = 8192  # characters of a token

type Page = Callable[[HttpRequest, str, UUID], HttpResponse]


def of_case(view: Page) -> Callable[..., HttpResponse]:
    """Gives the view the id that our token names; any other leads to one page, which asks the database nothing."""

    @csrf_exempt  # no cookie adds a right here, and many block them in links of mails
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, token: str, **given: str) -> HttpResponse:
        request_id = case_links.case_of(token)
        with translation.override(translation.get_language_from_request(request)):
            answer = view(request, token, request_id, **given) if request_id else gone(request)
        return private(answer)

    return page


@of_case
def verify(request: HttpRequest, token: str, request_id: UUID) -> HttpResponse:
    """The ways that are enough for what is asked; by POST, a code."""
    if request.method == "POST":
        if not may_go_on(request, request_id, ASKED):
            return wait(request)
        count(request, request_id, ASKED)
        verification.ask_code(request_id=request_id)
        return to("case_verify_code", token)
    ways = offered(Case.objects.filter(pk=request_id).first())
    context = {
        "token": token, "can": {way: way in ways for way in ("email_code", "signed_in", *BY_DOCUMENT)},
        "is_any": bool(ways), "has_session": bool(session_of(request)), "contact": CONTACT,
        "is_received": "received" in request.GET, "is_wrong": "again" in request.GET,
    }  # fmt: skip
    return render(request, "privacy/portal/verify.html", context)


@of_case
def code(request: HttpRequest, token: str, request_id: UUID) -> HttpResponse:
    """Where the code is entered."""
    if request.method != "POST":
        context = {"token": token, "is_wrong": "again" in request.GET, "contact": CONTACT}
        return render(request, "privacy/portal/verify_code.html", context)
    if not may_go_on(request, request_id, FAILED):
        return wait(request)
    if verification.enter_code(request_id=request_id, code=request.POST.get("code", "")[:40]):
        return to("case", token)
    count(request, request_id, FAILED)
    return to("case_verify_code", token, "again")


@of_case
def session(request: HttpRequest, token: str, request_id: UUID) -> HttpResponse:
    """The session token of the studio: its own form sends it in a field, and where this page is on its domain the
    browser in a cookie."""
    if request.method != "POST":
        return to("case_verify", token)
    if not may_go_on(request, request_id, FAILED):
        return wait(request)
    if verification.sign_in(request_id=request_id, token=request.POST.get("session", "") or session_of(request)):
        return to("case", token)
    count(request, request_id, FAILED)
    return to("case_verify", token, "again")


@of_case
def document(request: HttpRequest, token: str, request_id: UUID, way: str) -> HttpResponse:
    """Takes a document in. What is wrong with the file is told at once, whoever sends it."""
    if way not in BY_DOCUMENT:
        return gone(request)
    problem = ""
    if request.method == "POST":
        if not may_go_on(request, request_id, ASKED):
            return wait(request)
        count(request, request_id, ASKED)
        if not (problem := hand_in(request, request_id, way)):
            return to("case_verify", token, "received")
    context = {"token": token, "way": way, "problem": problem, "contact": CONTACT}
    return render(request, "privacy/portal/verify_document.html", context)


def hand_in(request: HttpRequest, request_id: UUID, way: str) -> str:
    """Why the file was not taken, in the reader's language; empty when that is nobody's business."""
    file = request.FILES.get("file")
    if file is None:
        return gettext("Choose a file first.")
    try:
        documents.hand_in(request_id=request_id, way=Verification(way), file=file)
    except NotTaken as refusal:
        return gettext(refusal.refused.value)
    return ""


def session_of(request: HttpRequest) -> str:
    found = (value for name, value in request.COOKIES.items() if name == SESSION or name.startswith(f"{SESSION}_"))
    return next(found, "")[:LONGEST]


def may_go_on(request: HttpRequest, request_id: UUID, action: str) -> bool:
    return ratelimit.consume(request, action=action, key=str(request_id), dry_run=True)


def count(request: HttpRequest, request_id: UUID, action: str) -> None:
    ratelimit.consume(request, action=action, key=str(request_id))


def to(name: str, token: str, note: str = "") -> HttpResponse:
    """Elsewhere, so that whoever reloads sends nothing again."""
    return HttpResponseRedirect(reverse(name, args=[token]) + (f"?{note}=1" if note else ""))


def wait(request: HttpRequest) -> HttpResponse:
    page = render(request, "privacy/portal/verify_wait.html", {"contact": CONTACT}, status=429)
    page["Retry-After"] = str(WAIT)
    return page


def gone(request: HttpRequest) -> HttpResponse:
    """A link that is none of ours, or not complete; whoever tries many is told to wait."""
    if ratelimit.consume_or_429(request, action=FORGED, limit_get=True) is not None:
        return wait(request)
    return render(request, "privacy/portal/verify_gone.html", {"contact": CONTACT}, status=404)
