"""A processor on a real socket of this machine: it keeps state, checks its contract, and can be told to fail."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: dict | bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


# What goes wrong with one call: it is given the call and what would have been the answer, and replies itself.
# None is no reply at all: the connection is cut.
Mishap = Callable[[Asked, Callable[[], Reply]], Reply | None]


def instead(status: int, body: dict | bytes = b"", *, content_type: str = "application/json", **headers: str) -> Mishap:
    """Replies this, and nothing happens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked, answer: Reply(status, body, named, content_type)


def html(status: int) -> Mishap:
    return instead(status, b"<html><body>Please sign in to this network</body></html>", content_type="text/html")


def lost_reply(asked: Asked, answer: Callable[[], Reply]) -> None:
    """Does what was asked and cuts the connection."""
    answer()


def late_reply(seconds: float) -> Mishap:
    """Does what was asked, and replies when nobody listens any more."""

    def mishap(asked, answer):
        reply = answer()
        time.sleep(seconds)
        return reply

    return mishap


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that no longer listens is what some tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class FakeProcessor:
    """Subclasses answer; `mishaps` are (method, mishap) and strike the next call of that method, in order.

    `effects` counts what each call changed, by a name of the subclass's choice: whatever happens on the way, one
    erasure may have one effect.
    """

    key = "the-right-key"
    host: str  # the processor's own, for its contract
    contract: Callable | None = None

    def __init__(self):
        self.asked: list[Asked] = []
        self.mishaps: list[tuple[str, Mishap]] = []
        self.effects: Counter[str] = Counter()
        self.breaches: list[str] = []
        self.server = QuietServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def methods(self) -> str:
        """The calls so far, such as "GET DELETE GET"."""
        return " ".join(asked.method for asked in self.asked)

    def is_authorised(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.key}"

    def reply_to(self, asked: Asked) -> Reply | None:
        self.asked.append(asked)
        for index, (method, mishap) in enumerate(self.mishaps):
            if method == asked.method:
                del self.mishaps[index]
                return mishap(asked, lambda: self.checked(asked))
        return self.checked(asked)

    def checked(self, asked: Asked) -> Reply:
        reply = self.answer(asked)
        if self.contract:
            self.breaches += self.contract(asked, reply)
        return reply

    def _handler(fake):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other's receipt

            def handle_any(self):
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", 0)))
                reply = fake.reply_to(Asked(self.command, parts.path, parse_qs(parts.query), headers, body))
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                if reply.raw:
                    self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(reply.raw)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.raw)

            do_GET = do_POST = do_DELETE = handle_any

            def log_message(self, *args):
                pass

        return Handler
