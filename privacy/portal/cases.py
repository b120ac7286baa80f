"""How a case stands, for the person, by the signed link of a letter."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from privacy.fulfilment.package.cover import CONTACT
from privacy.portal.pages import private


@never_cache
@require_safe
def case(request: HttpRequest, token: str) -> HttpResponse:
    return private(render(request, "privacy/portal/gone.html", {"contact": CONTACT}, status=404))
