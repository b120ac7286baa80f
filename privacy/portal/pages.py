"""What holds for every page whose address is a secret."""

from django.http import HttpResponse


def private[R: HttpResponse](response: R) -> R:
    """Tells no other site its address, and no search engine keeps it."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
