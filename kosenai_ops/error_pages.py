"""Error pages in the house style: what happened, and what to do next. They need no database and no session."""

import sys

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.shortcuts import render
from django.views import defaults

from kosenai_ops import busy

SIGNED_OUT = (
    "Your session ended while the page was being made: you signed out in another tab, or somebody ended the session. "
    "What you did may have been done: sign in again and look before you repeat it."
)


def bad_request(request, exception):
    """400, or 413 with the limit when the request was simply too big."""
    if isinstance(exception, SessionInterrupted):
        return render(request, "400.html", {"reason": SIGNED_OUT}, status=400)
    too_big = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return render(request, "400.html", {"reason": str(exception) if too_big else ""}, status=413 if too_big else 400)


def server_error(request):
    """503 with what was typed when the database was busy, else 500. Django calls it while it handles the exception."""
    fault = busy.cause_in(sys.exc_info()[1])
    return busy.page(request, fault) if fault else defaults.server_error(request)
