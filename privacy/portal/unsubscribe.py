"""The page of the one-click link: GET asks, because scanners follow links; POST unsubscribes, without cookies
(RFC 8058).

The same link works as often as it is used, and says the same to somebody who was erased meanwhile. An address that
sends more tokens of others' making than anybody mistypes is told to wait (429), and its good ones go on working: they
are looked at first, which takes a signature and no database.
"""

from uuid import UUID

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from privacy.cases import opt_outs
from privacy.fulfilment.package.cover import CONTACT
from privacy.fulfilment.unsubscribing import subject_of
from privacy.portal import gpc
from privacy.portal.pages import private
from privacy.selectors.languages import as_read_by

FAILED, WAIT = "unsubscribe_failed", 300  # in ACCOUNT_RATE_LIMITS, and its seconds
FIELD, VALUE = "List-Unsubscribe", "One-Click"


@csrf_exempt  # mail programs post here; the signed token is the whole right
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    subject_id = subject_of(token)
    return private(gone(request) if subject_id is None else page(request, subject_id))


def page(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    is_asked = request.method == "POST" and request.POST.get(FIELD) == VALUE
    if is_asked:
        opt_outs.unsubscribe(subject_id)
    gpc.heed(request, subject_id)
    with as_read_by(subject_id):
        return render(request, "privacy/portal/unsubscribe.html", {"is_done": is_asked, "contact": CONTACT})


def gone(request: HttpRequest) -> HttpResponse:
    """The same words either way: whoever is no machine reads whom to write to."""
    is_limited = ratelimit.consume_or_429(request, action=FAILED, limit_get=True) is not None
    with translation.override(translation.get_language_from_request(request)):
        page = render(request, "privacy/portal/unsubscribe_gone.html", {"contact": CONTACT}, status=404)
    if is_limited:
        page.status_code, page["Retry-After"] = 429, str(WAIT)
    return page
