"""How a case stands, for the person: to be replaced by its own page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from privacy.fulfilment.package.cover import CONTACT
from privacy.portal.pages import private


@never_cache
@require_safe
def case(request: HttpRequest, token: str) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        return private(render(request, "privacy/portal/verify_done.html", {"contact": CONTACT}))
