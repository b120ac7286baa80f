"""A mail server of the test's own, which keeps what it is sent."""

import email
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from socket import socket

from aiosmtpd.controller import Controller
from django.test import override_settings


class Box:
    """`answers` are what the server says to the next letters instead of taking them, in turn."""

    def __init__(self):
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server, session, envelope):
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @property
    def texts(self) -> list[str]:
        return [mail.get_content() for mail in self.mails]


@contextmanager
def office() -> Iterator[Box]:
    box = Box()
    with socket() as free:  # the library cannot be told to find a free port itself
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    sent_by = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}", "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "",
        "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False,
    }  # fmt: skip
    try:
        with override_settings(**sent_by):
            yield box
    finally:
        controller.stop()
