"""In which language a page is read: the one asked for in its address, else the person's own, else the browser's. No
cookie remembers it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

from privacy.selectors.languages import preferences_of

PARAMETER = "lang"


def language_of(request: HttpRequest, subject_id: UUID | None = None) -> str:
    asked = request.GET.get(PARAMETER, "")
    if asked in dict(settings.LANGUAGES):
        return asked
    if subject_id:
        return preferences_of(subject_id)[0]
    return translation.get_language_from_request(request)


@contextmanager
def reading(request: HttpRequest, subject_id: UUID | None = None) -> Iterator[None]:
    """Texts, numbers and times as whoever looks reads them."""
    zone = preferences_of(subject_id)[1] if subject_id else None
    with translation.override(language_of(request, subject_id)), timezone.override(zone):
        yield


def links(request: HttpRequest) -> list[dict[str, str | bool]]:
    """The same page in each of our languages."""
    now = translation.get_language()
    return [
        {"code": code, "name": name, "url": f"{request.path}?{PARAMETER}={code}", "is_now": code == now}
        for code, name in settings.LANGUAGES
    ]
