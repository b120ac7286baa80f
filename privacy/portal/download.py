"""The download of an access package: a page that asks, then the file, once.

GET changes nothing, because mail programs and their virus scanners follow every link. Whatever is wrong with a link
(mistyped, used, replaced, expired), the answer is the same page.
"""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from privacy.fulfilment import access
from privacy.selectors import packages


@csrf_exempt  # the token in the address is the whole right; a cookie adds none, and many block cookies in such links
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def package(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for a click on GET; sends the package on POST, and only the first time."""
    if request.method == "POST":
        handed_over = access.redeem(token=token, actor=None)
        response = send(handed_over) if handed_over else gone(request)
    else:
        found = packages.by_token(token)
        response = ask(request, found) if found else gone(request)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def ask(request: HttpRequest, found) -> HttpResponse:
    return render(request, "privacy/portal/download.html", {"package": found})


def gone(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/portal/gone.html", status=404)


def send(package: access.Download) -> FileResponse:
    """The file as an attachment that no browser may run, sniff or keep."""
    response = FileResponse(
        package.file, as_attachment=True, filename=package.name, content_type="application/octet-stream"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
