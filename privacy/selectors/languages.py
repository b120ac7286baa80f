"""In which language and time zone somebody reads us: their own choice in the studio, else English and UTC."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils import timezone, translation

from privacy.models import ProfilePreference

UTC = "UTC"


def preferences_of(subject_id: UUID) -> tuple[str, ZoneInfo]:
    """(language that we have, time zone that there is)."""
    chosen = ProfilePreference.objects.filter(subject=subject_id).values_list("language", "time_zone").first()
    language, zone = chosen or (settings.LANGUAGE_CODE, UTC)
    return supported(language), _zone(zone)


@contextmanager
def as_read_by(subject_id: UUID) -> Iterator[None]:
    """Texts, numbers and times as this person reads them."""
    language, zone = preferences_of(subject_id)
    with translation.override(language), timezone.override(zone):
        yield


def supported(tag: str) -> str:
    """`de` of `de-AT`; English for a language that we have not, and for what is no tag."""
    try:
        return translation.get_supported_language_variant(tag.strip().lower().replace("_", "-"))
    except LookupError:
        return settings.LANGUAGE_CODE


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(UTC)
