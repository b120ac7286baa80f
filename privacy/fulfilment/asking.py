"""What somebody asks for on our pages, on its way to their mailbox and back: until they have answered from there no
table of ours knows it. It travels sealed, in the link of the mail that asks them to confirm."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from smtplib import SMTPException
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from privacy.catalogue import case_kinds
from privacy.evidence import sealing

log = logging.getLogger(__name__)
GOOD_FOR = timedelta(days=1)
# Characters of a link's secret part: gunicorn takes 4,094 for the whole first line of a request.
LONGEST = 3_800
# Seconds that a page waits for the mail server.
PATIENCE = 5
USE = "request to confirm"
# No answering machine answers it (RFC 3834).
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


@dataclass(frozen=True)
class Wish:
    """What is asked for: a kind of case, from which mailbox, in which language, and the answers by question. The cases
    that it opens have ids made from `token`, so the same wish opens none twice."""

    kind: str
    address: str
    language: str
    answers: Mapping[str, str] = field(default_factory=dict)
    token: UUID = field(default_factory=uuid4)


class TooLong(ValueError):
    """It does not go into a link."""


def sealed(wish: Wish) -> str:
    """Raises TooLong."""
    text = sealing.seal_letter(asdict(wish) | {"token": wish.token.hex}, USE)
    if len(text) > LONGEST:
        raise TooLong
    return text


def opened(text: str) -> Wish | None:
    """None for what is older than a day, or was not sealed by us for this, such as by another release."""
    found = sealing.unseal_letter(text, USE, GOOD_FOR) or {}
    is_one = found.keys() == {each.name for each in fields(Wish)}
    return Wish(**found | {"token": UUID(found["token"])}) if is_one else None


def ask_to_confirm(wish: Wish) -> bool:
    """Sends the mail with the link; whether the mail server has taken it. Raises TooLong."""
    address = f"{settings.SITE_URL}{reverse('confirm_request', args=[sealed(wish)])}"
    with translation.override(wish.language):
        words = case_kinds[wish.kind].plainly
        what = gettext(words.name) if words else case_kinds[wish.kind].label
        subject = gettext("Please confirm: %(what)s") % {"what": what}
        return send(wish.address, subject, "confirm_request", {"what": what, "address": address})


def send(to: str, subject: str, template: str, context: dict[str, Any]) -> bool:
    """A mail in the language in force, while the page waits. No word of whoever asked stands in it: else anybody could
    have us write anything to anybody."""
    text = render_to_string(f"privacy/mail/{template}.txt", context)
    try:
        EmailMessage(
            f"{subject} · Kosenai", text, to=[to], headers=HEADERS, connection=get_connection(timeout=PATIENCE)
        ).send()
    except (SMTPException, OSError, ValueError) as fault:
        log.warning("a mail to confirm was not taken: %s", type(fault).__name__)
        return False
    return True
