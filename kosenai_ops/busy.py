"""When the database does not take the work in time: locked by another writer, out of connections, being restarted.

Nobody's page says "malformed" then, and nothing typed is lost: the answer is 503, says what is so, and holds the posted
form, ready to be sent again. What was typed goes back to the browser it came from and is kept nowhere.
"""

import logging
from collections.abc import Iterator

from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render

from privacy.jobs.slices import is_busy, was_rolled_back

log = logging.getLogger(__name__)
RETRY_AFTER = 5  # seconds
# Passwords, codes and keys are never repeated, and these pages have little else.
ACCOUNT_PAGES = "/accounts/"


class Sessions(SessionMiddleware):
    """Django's, which answers 400 in place of a page that is finished already when the session cannot be saved.

    What is lost instead is what the session would have kept: a message, and that somebody was here this minute.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except SessionInterrupted as error:
            if not cause_in(error):
                raise
            log.warning("a session was not saved: the database is busy")
            return response


def cause_in(error: BaseException | None) -> BaseException | None:
    """The busy database behind an error, however often it was wrapped."""
    while error is not None and not is_busy(error):
        error = error.__cause__ or error.__context__
    return error


def page(request: HttpRequest, fault: BaseException) -> HttpResponse:
    is_secret = request.path.startswith(ACCOUNT_PAGES)
    context = {
        "is_reading": request.method in ("GET", "HEAD"),
        "is_secret": is_secret,
        "is_certain": was_rolled_back(fault),
        "fields": None if is_secret else typed(request),
        "address": request.get_full_path(),
    }
    context["lacks"] = context["fields"] is not None and lacking(request)
    response = render(request, "503.html", context, status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    response["Cache-Control"] = "no-store"
    return response


def typed(request: HttpRequest) -> list[tuple[str, str, str]] | None:
    """The posted fields as (name, value, label), with a label where it is a text to be seen.

    None when there are none to repeat, or when the form is not known to be one of ours: then a stranger's page could
    have filled it in.
    """
    if request.method != "POST":
        return None
    try:
        if CsrfViewMiddleware(page).process_view(request, page, (), {}) is not None:
            return None
        return list(_fields(request))
    except (SuspiciousOperation, UnreadablePostError, MultiPartParserError):
        return None


def _fields(request: HttpRequest) -> Iterator[tuple[str, str, str]]:
    for name, values in request.POST.lists():
        if name != "csrfmiddlewaretoken" and "password" not in name:
            yield from ((name, v, name.replace("_", " ").capitalize() if " " in v else "") for v in values)


def lacking(request: HttpRequest) -> str:
    """What cannot be repeated, in words; empty when nothing."""
    if request.FILES:
        return "The file"
    return "The password" if any("password" in name for name in request.POST) else ""
