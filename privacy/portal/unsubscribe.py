"""The page of the one-click link: GET asks, because scanners follow links; POST unsubscribes, without cookies
(RFC 8058).

The same link works as often as it is used, and says the same to somebody who was erased meanwhile.
"""

from uuid import UUID

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
    with translation.override(translation.get_language_from_request(request)):
        return render(request, "privacy/portal/unsubscribe_gone.html", {"contact": CONTACT}, status=404)
