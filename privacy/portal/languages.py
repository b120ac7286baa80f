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


@contextmanager
def reading(request: HttpRequest, subject_id: UUID | None = None, language: str = "") -> Iterator[None]:
    """Texts, numbers and times as whoever looks reads them; `language` is the one in which a link was sent."""
    theirs, zone = preferences_of(subject_id) if subject_id else (language, None)
    with translation.override(_asked_for(request) or theirs or _of_browser(request)), timezone.override(zone):
        yield


def _asked_for(request: HttpRequest) -> str:
    asked = request.GET.get(PARAMETER, "")
    return asked if asked in dict(settings.LANGUAGES) else ""


def _of_browser(request: HttpRequest) -> str:
    return translation.get_language_from_request(request)


def links(request: HttpRequest) -> list[dict[str, str | bool]]:
    """The same page in each of our languages."""
    now = translation.get_language()
    return [
        {"code": code, "name": name, "url": f"{request.path}?{PARAMETER}={code}", "is_now": code == now}
        for code, name in settings.LANGUAGES
    ]
