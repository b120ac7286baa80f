"""Error pages in the house style: what happened, and what to do next. They need no database and no session."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.shortcuts import render

from privacy.admin.address import Refused

TOO_BIG = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request, exception):
    """400 with its reason where it is ours to tell, or 413 with the limit when the request was simply too big."""
    reason = str(exception) if isinstance(exception, (Refused, *TOO_BIG)) else ""
    return render(request, "400.html", {"reason": reason}, status=413 if isinstance(exception, TOO_BIG) else 400)
