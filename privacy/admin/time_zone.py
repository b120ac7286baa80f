"""Times are stored in UTC and shown in the time zone of whoever reads them."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone


class StaffTimeZone:
    """Middleware: activates the signed-in staff member's `time_zone` while the request lasts."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with timezone.override(zone_of(request.user)):
            return self.get_response(request)


def zone_of(user) -> ZoneInfo | None:
    """The member's zone; None (the default, UTC) for nobody, or for a zone that the system no longer knows."""
    try:
        return ZoneInfo(user.time_zone) if user.is_authenticated else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
