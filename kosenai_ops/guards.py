"""What holds for every request and every answer, before and after any page has its say."""

from django.core.exceptions import BadRequest

# What the pages themselves use: passkeys, and the button that copies a link.
OWN_FEATURES = ("publickey-credentials-create", "publickey-credentials-get", "clipboard-write")
NO_FEATURES = (
    "accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "clipboard-read", "display-capture",
    "encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts",
    "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial",
    "storage-access", "usb", "web-share", "xr-spatial-tracking",
)  # fmt: skip
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        [*(f"{name}=(self)" for name in OWN_FEATURES), *(f"{name}=()" for name in NO_FEATURES)]
    ),
}


class Headers:
    """Sets HEADERS on every answer. The outermost middleware, because static files and errors are answered early."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response


class NoNul:
    """Refuses NUL wherever a request can carry one: PostgreSQL takes none, so any look-up by it would be a 500.

    Nobody types the character. The content of files is not looked at: their readers say what they make of it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        agent = request.META.get("HTTP_USER_AGENT", "")  # kept by the lists of sessions and of failed sign-ins
        if has_nul([request.path, agent, *in_pairs(request.COOKIES.items()), *in_lists(request.GET)]):
            raise BadRequest("NUL in the address")
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """The form fields, which may be read once the page is known: not for an address that does not exist."""
        if has_nul(in_lists(request.POST)):
            raise BadRequest("NUL in a form field")


class NoOverflow:
    """Refuses a whole number wider than any column, forged into a choice of many: SQLite's driver raises on it.

    Django answers such a number itself for one choice, not for `__in`; PostgreSQL compares it and finds nothing.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, OverflowError) and "SQLite INTEGER" in str(exception):
            raise BadRequest("A number wider than any column") from exception


def has_nul(texts) -> bool:
    return any("\0" in text for text in texts)


def in_pairs(pairs):
    return (text for pair in pairs for text in pair)


def in_lists(query):
    return (text for key, values in query.lists() for text in (key, *values))
