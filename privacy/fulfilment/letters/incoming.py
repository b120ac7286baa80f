"""Reads a mail that came back: for which letter or case, whether it is an answer, a bounce or a machine's.

What a mail says of itself can be forged: nothing is decided by it, and staff read from whom it says it is.
"""

import email
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from uuid import UUID

from flufl.bounce import all_failures

from privacy.evidence import keys
from privacy.evidence.keys import Purpose
from privacy.models import Reply

MOST_BYTES = 25 * 1024**2
LONGEST = 20_000  # characters of the text that is kept
OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@letters\.kosenai-ops>")
TAG = re.compile(r"\(([0-9a-f]{8})\)")
MACHINE_WORDS = ("bulk", "auto_reply", "list", "junk")


class Unreadable(ValueError):
    """It is no mail, or too large; the words can be shown."""


@dataclass(frozen=True)
class Incoming:
    """letters: ours that it answers, by id; tags: first eight characters of the ids of cases that its subject names;
    failed: addresses that could not be reached; `is_final` says that they never will be."""

    kind: Reply.Kind
    letters: tuple[UUID, ...]
    tags: tuple[str, ...]
    sender: str
    subject: str
    text: str
    received_at: datetime
    sha256: str
    failed: frozenset[str] = frozenset()
    is_final: bool = True


def read(raw: bytes) -> Incoming:
    """Raises Unreadable."""
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"The mail is larger than {MOST_BYTES // 1024**2} MiB.")
    message = email.message_from_bytes(raw, policy=default)
    if not message.keys() or not (message["From"] or message["Received"] or message["Return-Path"]):
        raise Unreadable("This is no mail: it has no head. Save it as .eml.")
    temporary, permanent = failures(raw)
    return Incoming(
        kind=kind_of(message, bool(temporary or permanent)),
        letters=tuple(dict.fromkeys(_letters_named(message, raw))),
        tags=tuple(dict.fromkeys(TAG.findall(header(message, "Subject")))),
        sender=header(message, "From")[:300],
        subject=header(message, "Subject")[:300],
        text=text_of(message)[:LONGEST],
        received_at=received_at(message),
        sha256=digest(raw),
        failed=frozenset(temporary | permanent),
        is_final=bool(permanent),
    )


def failures(raw: bytes) -> tuple[set[str], set[str]]:
    """(temporarily, for good) the addresses that a bounce names. The detectors know the old kind of message."""
    try:
        temporary, permanent = all_failures(email.message_from_bytes(raw))
    except Exception:
        return set(), set()
    return {_address(one) for one in temporary}, {_address(one) for one in permanent}


def _address(found: bytes | str) -> str:
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else found


def kind_of(message: EmailMessage, is_bounce: bool) -> Reply.Kind:
    """By RFC 3834 and the headers that came before it."""
    if is_bounce or message.get_content_type() == "multipart/report":
        return Reply.Kind.BOUNCE
    submitted = header(message, "Auto-Submitted").lower() or "no"
    is_machine = not submitted.startswith("no") or header(message, "Precedence").lower() in MACHINE_WORDS
    is_machine = is_machine or any(
        message[name] for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
    )
    return Reply.Kind.AUTOMATIC if is_machine else Reply.Kind.REPLY


def _letters_named(message: EmailMessage, raw: bytes) -> Iterator[UUID]:
    """What it answers to, and of a bounce the letter that it brings back, whole or in parts."""
    for name in ("In-Reply-To", "References"):
        yield from map(UUID, OURS.findall(header(message, name)))
    for part in message.walk():
        yield from map(UUID, OURS.findall(header(part, "Message-ID")))
    yield from map(UUID, OURS.findall(raw.decode("latin-1")))


def header(message: EmailMessage, name: str) -> str:
    """As text on one line; what cannot be read as a header is none."""
    try:
        return " ".join(str(message[name] or "").split())
    except (ValueError, TypeError, IndexError, AttributeError):  # the parser's own, over what is no header
        return ""


def text_of(message: EmailMessage) -> str:
    """The plain text; of HTML alone nothing is kept but that it is there."""
    try:
        body = message.get_body(("plain",))
        return str(body.get_content()).replace("\0", "").strip() if body else "(It has no plain text.)"
    except (LookupError, ValueError, KeyError, AttributeError, TypeError):
        return "(Its text cannot be read.)"


def received_at(message: EmailMessage) -> datetime:
    """When our own server took it in, which is the topmost `Received`; else now. Never later than now."""
    now = datetime.now(UTC)
    stamped = header(message, "Received").rpartition(";")[2].strip()
    try:
        moment = parsedate_to_datetime(stamped)
    except (ValueError, TypeError, IndexError):
        return now
    return min(moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC), now)


def digest(raw: bytes) -> str:
    """Keyed, so that nobody can tell from it what somebody wrote; the same file twice is known again."""
    secret = keys.current(Purpose.PSEUDONYM).secret.encode()
    return hmac.new(secret, raw, hashlib.sha256).hexdigest()
