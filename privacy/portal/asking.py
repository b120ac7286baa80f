"""Where people ask by themselves: the first page, the form of each right, and the page of the mail that confirms it.

Nothing is stored before the mailbox is shown to be theirs. The form only sends a mail, whether its address is known or
not, and the page after it is the same. An opt-out takes no proof (11 CCR 7026(d)): with a proof of work it is in effect
at once for whoever has the address, and nobody is told whether that is anybody.
"""

import time
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from privacy.cases import asking as verbs
from privacy.catalogue import CaseKind, Right
from privacy.fulfilment.asking import TooLong, Wish, ask_to_confirm, opened
from privacy.fulfilment.case_links import token_for
from privacy.fulfilment.unsubscribing import token_for as token_of_choices
from privacy.models import Case
from privacy.portal import limits, proofs
from privacy.portal.forms import LONGEST, Later, Wished, too_long
from privacy.portal.languages import PARAMETER, reading
from privacy.portal.pages import page, private
from privacy.selectors.asking import offered, people_at

CHOICES = "withdraw_consent"  # asked for and taken back on the page of choices
AS_LONG = 0.4  # seconds that an opt-out at once takes at least, whether it is anybody's or nobody's
GROUPS = ("data", "limits", "choices", "tell")


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What people can ask for, from the catalogue."""
    with reading(request):
        kinds = list(offered())
        groups = [
            {"name": name, "heading": heading(name), "kinds": [(k, reverse("ask", args=[k.key])) for k in of_group]}
            for name in GROUPS
            if (of_group := [kind for kind in kinds if kind.plainly and kind.plainly.group == name])
        ]
        response = page(request, "start", {"groups": groups})
    response["Referrer-Policy"] = "no-referrer"
    return response


def heading(group: str) -> str:
    return {
        "data": gettext("Your data"), "limits": gettext("How we use it"), "choices": gettext("Your choices"),
        "tell": gettext("Tell us something"),
    }[group]  # fmt: skip


def kind_named(key: str) -> type[CaseKind] | None:
    return next((kind for kind in offered() if kind.key == key), None)


@csrf_exempt  # nobody is signed in here, and no cookie is needed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, right: str) -> HttpResponse:
    kind = kind_named(right)
    with reading(request):
        if kind is None:
            return private(gone(request))
        if request.method != "POST":
            return private(form_page(request, kind, Wished(kind)))
        if limits.is_too_busy(request):
            return private(busy(request))
        form = Wished(kind, request.POST)
        return private(take(request, kind, form) if form.is_valid() else form_page(request, kind, form, 400))


def form_page(request: HttpRequest, kind: type[CaseKind], form: Wished, status: int = 200) -> HttpResponse:
    context = {
        "form": form, "plainly": kind.plainly, "key": kind.key, "challenge": proofs.challenge(kind.key),
        "is_at_once": is_at_once(kind), "is_report": kind.is_report,
    }  # fmt: skip
    return page(request, "ask", context, status)


def is_at_once(kind: type[CaseKind]) -> bool:
    return issubclass(kind, Right) and not kind.proof and kind.key != CHOICES


def take(request: HttpRequest, kind: type[CaseKind], form: Wished) -> HttpResponse:
    """With a proof of work an opt-out is in effect at once; everything else, and without a proof, a mail is sent."""
    is_proved = proofs.is_proved(kind.key, request.POST.get("proof", ""))
    if is_at_once(kind) and is_proved:
        began = time.monotonic()
        verbs.opt_out(kind.key, form.cleaned_data["address"])
        time.sleep(max(0.0, AS_LONG - (time.monotonic() - began)))
        return onwards("ask_done", kind.key)
    wish = Wish(kind.key, form.cleaned_data["address"], get_language(), form.answers())
    mailbox = limits.Mailbox(wish.address)
    if mailbox.take(kind.key, is_proved=is_proved):
        try:
            is_sent = ask_to_confirm(wish)
        except TooLong:
            mailbox.give_back(kind.key)
            form.add_error("reason" if "reason" in form.fields else None, too_long(LONGEST // 2))
            return form_page(request, kind, form, 400)
        if not is_sent:
            mailbox.give_back(kind.key)
            form.add_error(None, gettext("We could not send you a mail just now. Nothing was stored. Try again later."))
            return form_page(request, kind, form, 503)
    return onwards("ask_sent", kind.key)


def onwards(name: str, *args: str) -> HttpResponse:
    """To the next page, in the language of this one."""
    response = redirect(f"{reverse(name, args=args)}?{PARAMETER}={get_language()}")
    response.status_code = 303
    return response


@never_cache
@require_safe
def sent(request: HttpRequest, right: str) -> HttpResponse:
    """The mail is on its way: the same words for everybody."""
    with reading(request):
        kind = kind_named(right)
        context = {"plainly": kind.plainly, "again": reverse("ask", args=[kind.key])} if kind else {}
        return private(page(request, "sent", context) if kind else gone(request))


@never_cache
@require_safe
def done(request: HttpRequest, right: str) -> HttpResponse:
    """An opt-out is in effect: the same words whether the address is anybody's."""
    with reading(request):
        kind = kind_named(right)
        is_one = kind is not None and is_at_once(kind)
        return private(page(request, "done", {"plainly": kind.plainly}) if kind and is_one else gone(request))


# --- By the link of the mail ------------------------------------------------------------------------------------------


@csrf_exempt  # the sealed link is the whole right
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, because scanners follow links; POST opens the case, once, however often it is sent."""
    wish = opened(token)
    kind = kind_named(wish.kind) if wish else None
    if wish is None or kind is None:
        return private(not_ours(request))
    with reading(request, language=wish.language):
        if request.method != "POST":
            there = verbs.opened_by(wish)
            return private(received(request, kind, there) if there else ask_again(request, kind, wish))
        if limits.is_too_busy(request):
            return private(busy(request))
        return private(open_case(request, kind, wish, token))


def ask_again(request: HttpRequest, kind: type[CaseKind], wish: Wish, later: Later | None = None) -> HttpResponse:
    """What will happen, before it does; with what can be asked only now."""
    context = {"plainly": kind.plainly, "wish": wish, "later": later, "is_choices": kind.key == CHOICES}
    return page(request, "confirm", context, 400 if later and later.is_bound and later.errors else 200)


def open_case(request: HttpRequest, kind: type[CaseKind], wish: Wish, token: str) -> HttpResponse:
    if kind.key == CHOICES:
        return to_choices(request, people_at(wish.address))
    if is_at_once(kind):
        verbs.confirm(wish)
        return onwards("ask_done", kind.key)
    if there := verbs.opened_by(wish):
        return followed(there, token)
    later = later_of(request, kind, wish)
    if later and not later.is_valid():
        return ask_again(request, kind, wish, later)
    try:
        cases = verbs.confirm(wish, later.answers() if later else None)
    except ValueError:
        cases = []
    return followed(cases, token) if cases else page(request, "unopened", status=400)


def later_of(request: HttpRequest, kind: type[CaseKind], wish: Wish) -> Later | None:
    """The form of what can be asked only now that the address is proved, as it was sent, or else not filled in."""
    if not kind.plainly or not kind.plainly.later or verbs.kind_for(wish) is not kind:
        return None
    return Later(kind, people_at(wish.address)[0], request.POST if request.POST.get("later") else None)


def followed(cases: list[Case], token: str) -> HttpResponse:
    """To the page of the case; of several, to the one that names them."""
    return onwards("case", token_for(cases[0].pk)) if len(cases) == 1 else onwards("confirm_request", token)


def to_choices(request: HttpRequest, known: list[UUID]) -> HttpResponse:
    """The page of their choices; of several people who have one address nobody sees another's."""
    if len(known) == 1:
        return onwards("preferences", token_of_choices(known[0]))
    return page(request, "nobody", {"are_several": len(known) > 1})


def received(request: HttpRequest, kind: type[CaseKind], cases: list[Case]) -> HttpResponse:
    """It was confirmed before: where each of its cases is followed."""
    links = [reverse("case", args=[token_for(case.pk)]) for case in cases]
    return page(request, "received", {"plainly": kind.plainly, "links": links})


# --- What goes wrong --------------------------------------------------------------------------------------------------


def gone(request: HttpRequest) -> HttpResponse:
    """One page and the same words for every link that does not work."""
    return page(request, "no_page", status=404)


def not_ours(request: HttpRequest) -> HttpResponse:
    """A link that was not made by us, or is too old; whoever tries many is told to wait."""
    with reading(request):
        return busy(request) if limits.is_too_busy(request, "portal_failed") else gone(request)


def busy(request: HttpRequest) -> HttpResponse:
    response = page(request, "busy", status=429)
    response["Retry-After"] = str(limits.WAIT)
    return response
