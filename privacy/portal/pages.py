"""What the pages of the portal have in common."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from privacy.fulfilment.package.cover import CONTACT
from privacy.portal import languages


def private[R: HttpResponse](response: R) -> R:
    """Tells no other site its address, and no search engine keeps it."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def page(request: HttpRequest, name: str, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """A page in the language in force, with links to it in the others."""
    there = {"contact": CONTACT, "languages": languages.links(request), "lang": translation.get_language()}
    response = render(request, f"privacy/portal/{name}.html", there | (context or {}), status=status)
    response["Content-Language"] = translation.get_language()
    patch_vary_headers(response, ["Accept-Language"])
    return response
