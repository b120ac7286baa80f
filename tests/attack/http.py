"""Requests as no browser sends them, and what a page's forms ask for."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import transaction
from django.test import Client

# What may come of a request, however odd: an answer, or a refusal. Never a fault.
ANSWERS = frozenset({200, 302, 400, 403, 404, 405, 413})
# For each walk, so that all of them end within ten minutes on a machine that has other things to do.
SECONDS = 45
FORM = "application/x-www-form-urlencoded"
TYPED = frozenset({"text", "search", "email", "url", "number", "password", "tel", "date", "time", "textarea"})
NOT_SENT = frozenset({"submit", "button", "reset", "image", "file"})


def encoded(text: str) -> bytes:
    """In UTF-8, and what UTF-8 cannot hold (half of a surrogate pair) all the same."""
    return text.encode("utf-8", "surrogatepass")


def query(fields: dict[str, str]) -> str:
    return urlencode({encoded(name): encoded(value) for name, value in fields.items()})


def within_time[T](attempts: Iterable[T], tally: Counter) -> Iterator[T]:
    """The attempts in any order, until they or the time run out; the closing line says how many were left out."""
    waiting = list(attempts)
    random.shuffle(waiting)
    until = time.monotonic() + SECONDS
    while waiting and time.monotonic() < until:
        yield waiting.pop()
    tally["left out for want of time"] += len(waiting)


@contextmanager
def without_effect(client: Client) -> Iterator[None]:
    """Whatever the requests inside write is taken back, the client's cookies and the counted attempts too."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies
    cache.clear()


def text_of(answer) -> str:
    """The body, whole, of a page; empty for a download."""
    if answer.streaming or not answer.get("Content-Type", "").startswith("text/html"):
        return ""
    return answer.content.decode(errors="replace")


@dataclass
class Form:
    """A form of a page: `fields` are {name: (kind, value that the page filled in)}."""

    action: str
    method: str
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    takes_files: bool = False

    @property
    def typed(self) -> list[str]:
        return [name for name, (kind, _) in self.fields.items() if kind in TYPED]

    def filled(self, **given: str) -> dict[str, str]:
        return {name: value for name, (_, value) in self.fields.items()} | given


class FormReader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, address: str):
        super().__init__()
        self.address, self.forms, self.open, self.choosing, self.writing = address, [], None, "", ""

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.open = Form(given.get("action") or self.address, given.get("method", "get").lower())
            self.forms.append(self.open)
        elif self.open and tag in ("input", "textarea", "select") and given.get("name"):
            self.take(tag, given)
        elif self.open and self.choosing and tag == "option":
            self.choose(given)

    def take(self, tag: str, given: dict[str, str]) -> None:
        name, kind = given["name"], given.get("type", "text") if tag == "input" else tag
        self.open.takes_files |= kind == "file"
        if tag == "select":
            self.choosing = name
        if kind in NOT_SENT or (kind in ("checkbox", "radio") and "checked" not in given):
            return
        self.open.fields[name] = (kind, given.get("value", "on" if kind == "checkbox" else ""))

    def choose(self, given: dict[str, str]) -> None:
        kind, chosen = self.open.fields[self.choosing]
        if "selected" in given or not chosen:
            self.open.fields[self.choosing] = (kind, given.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.choosing = ""


def forms_of(address: str, page: str) -> list[Form]:
    reader = FormReader(address.partition("?")[0])
    reader.feed(page)
    return reader.forms
