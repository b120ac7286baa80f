"""A mail server that takes what is sent, for as long as a test runs."""

import email
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"

    def newest(self, number: int = 1) -> EmailMessage:
        """The last, once there are so many."""
        for _ in range(100):
            if len(self.mails) >= number:
                return self.mails[-1]
            time.sleep(0.1)
        raise AssertionError(f"{len(self.mails)} of {number} mails have come")


@contextmanager
def listening() -> Iterator[tuple[Mailbox, int]]:
    """(what comes, port)."""
    mailbox = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox, port
    controller.stop()
