"""The download of an access package: a page that asks, then the file.

GET changes nothing, because mail programs and their virus scanners follow every link. Whatever is wrong with a link
(mistyped, used, replaced, expired), the answer is the same page.
"""

import re
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from privacy.fulfilment import packages
from privacy.fulfilment.package.cover import CONTACT
from privacy.models import AccessPackage
from privacy.portal import gpc
from privacy.portal.pages import private
from privacy.selectors.languages import as_read_by
from privacy.selectors.packages import by_token, resumable_until

# RFC 9110, 14.1.2, one range; several, or another unit, are passed over as it allows, and the whole file is sent.
RANGE = re.compile(r"bytes=(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))")
BLOCK = 64 * 1024


@csrf_exempt  # the token in the address is the whole right; a cookie adds none, and many block cookies in such links
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def package(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for a click on GET; sends the package, or the part of it that a Range header names, on POST."""
    found = by_token(token)
    if found:
        gpc.heed(request, found.request.subject_id)
    if found is None:
        response = gone(request)
    elif request.method == "POST":
        response = give(request, found, token)
    else:
        response = ask(request, found)
    return private(response)


def ask(request: HttpRequest, found: AccessPackage) -> HttpResponse:
    begun = resumable_until(found)
    with as_read_by(found.request.subject_id):
        return render(request, "privacy/portal/download.html", {"package": found, "resumable_until": begun})


def gone(request: HttpRequest) -> HttpResponse:
    """In the browser's language: whose link it was, nobody knows any more."""
    with translation.override(translation.get_language_from_request(request)):
        return render(request, "privacy/portal/gone.html", {"contact": CONTACT}, status=404)


def give(request: HttpRequest, found: AccessPackage, token: str) -> HttpResponse:
    """A range that lies behind the end is refused before the link is spent."""
    part = asked_part(request, found)
    if not part:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{found.size}", "Accept-Ranges": "bytes"})
    opened = packages.redeem(token=token, actor=None)
    return send(opened, part) if opened else gone(request)


def asked_part(request: HttpRequest, found: AccessPackage) -> range:
    """The places of the bytes asked for; empty for none that exist. If-Range with another ETag asks for all."""
    asked = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not asked or request.headers.get("If-Range", etag(found.sha256)) != etag(found.sha256):
        return range(found.size)
    first, last, length = asked.groups()
    if length:
        return range(max(0, found.size - int(length)), found.size)
    if last and int(last) < int(first):  # no range at all, by the RFC
        return range(found.size)
    return range(int(first), min(int(last) + 1 if last else found.size, found.size))


def etag(sha256: str) -> str:
    return f'"{sha256}"'


class Part:
    """Some bytes of an open file, read block by block."""

    def __init__(self, file: BinaryIO, part: range):
        self.file, self.left = file, len(part)
        file.seek(part.start)

    def read(self, size: int) -> bytes:
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        self.file.close()


def send(package: packages.Download, part: range) -> FileResponse:
    """The bytes as an attachment that no browser may run, sniff or keep."""
    is_whole = len(part) == package.size
    response = FileResponse(
        package.file if is_whole else Part(package.file, part), as_attachment=True, filename=package.name,
        content_type="application/octet-stream", status=200 if is_whole else 206,
    )  # fmt: skip
    response.block_size = BLOCK
    response["Content-Length"] = len(part)
    if not is_whole:
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{package.size}"
    response["Accept-Ranges"], response["ETag"] = "bytes", etag(package.sha256)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
