"""Error pages in the house style: what happened, and what to do next. They need no database and no session."""

import sys

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.shortcuts import render
from django.views import defaults

from kosenai_ops import busy
from privacy.admin.address import Refused

TOO_BIG = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
SIGNED_OUT = (
    "Your session ended while the page was being made: you signed out in another tab, or somebody ended the session. "
    "What you did may have been done: sign in again and look before you repeat it."
)


def bad_request(request, exception):
    """400 with its reason where it is ours to tell, or 413 with the limit when the request was simply too big."""
    if isinstance(exception, SessionInterrupted):
        return render(request, "400.html", {"reason": SIGNED_OUT}, status=400)
    reason = str(exception) if isinstance(exception, (Refused, *TOO_BIG)) else ""
    return render(request, "400.html", {"reason": reason}, status=413 if isinstance(exception, TOO_BIG) else 400)


def server_error(request):
    """503 with what was typed when the database was busy, else 500. Django calls it while it handles the exception."""
    fault = busy.cause_in(sys.exc_info()[1])
    return busy.page(request, fault) if fault else defaults.server_error(request)
