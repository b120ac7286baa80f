"""Error pages in the house style: what happened, and what to do next. They need no database and no session."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.shortcuts import render


def bad_request(request, exception):
    """400, or 413 with the limit when the request was simply too big."""
    too_big = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return render(request, "400.html", {"reason": str(exception) if too_big else ""}, status=413 if too_big else 400)
