"""What the demo has sent: its mail goes into a folder, and managers read it here."""

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from privacy.selectors.cases import leads

MOST = 50


@dataclass(frozen=True)
class Sent:
    to: str
    subject: str
    at: str
    text: str


def is_there() -> bool:
    return settings.DEMO and settings.EMAIL_URL.startswith("filemail:")


@never_cache
def outbox(request: HttpRequest) -> HttpResponse:
    """The newest first."""
    if not is_there():
        raise Http404
    if not leads(request.user):
        raise PermissionDenied("Your role does not allow this.")
    context = {**admin.site.each_context(request), "title": "Mail of the demo", "mails": list(newest())}
    return TemplateResponse(request, "kosenai_ops/outbox.html", context)


def newest() -> Iterator[Sent]:
    """Django's backend writes a file a mail, named by the time."""
    files = sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), key=lambda file: file.name, reverse=True)
    for file in files[:MOST]:
        message: EmailMessage = email.message_from_bytes(file.read_bytes(), policy=default)  # type: ignore[assignment]  # as the policy makes it
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
        yield Sent(message["To"], message["Subject"], message["Date"], text.rstrip("-\n"))
