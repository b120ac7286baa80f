"""Addresses and numbers by their shape: e-mail, telephone, IBAN, card, IP, and what US law lets nobody send.

It knows no database. A number that carries a checksum is one only if that is right (IBAN: ISO 13616; cards: ISO/IEC
7812, Luhn); a telephone number only if its country's plan has it, or if it is written as people write one.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher
from stdnum import iban, luhn

from privacy.models import Redaction

Kind = Redaction.Kind
# Beside the region of the person: the countries whose people write their numbers without its code most often to us.
REGIONS = ("US", "GB", "DE", "FR", "CH", "AU", "IT", "ES")

_QUOTES = "'\"‘’“”«»*_`"
# As privacy.models.addresses has an address, but that a sentence goes on behind it.
EMAIL = re.compile(r"""(?:"(?:[^"\\\n]|\\.)*"|[^\s()<>\[\]:;@\\,"]+)@(?:[^\s()<>\[\]:;@\\,"]+|\[[^\s\[\]\\]*\])""")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b")
CARD = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){11,18}(?![\w-]|\.\d)")
# By the first digits (ISO/IEC 7812; Visa, Mastercard, Maestro, American Express, Diners, Discover, JCB).
ISSUER = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-59]|[689])\d{11,12}"
    r"|(?:1800|2131)\d{11}|35\d{14}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|(?:50|5[6-9]|6\d)\d{10,17}"
)
IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:)[0-9A-Fa-f:]+(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])")
# As people write numbers without an area code, which no country's plan knows: 467 3395, 72 128 827, (579)888-3058.
LOCAL = re.compile(
    r"(?<![\w/.,+-])(?<!\d )(?:\(\d{2,4}\)[ -]?)?(?:\d{3}[ .-]\d{4}|\d{4}[ .-]\d{4}|\d{2}[ .-]\d{3}[ .-]\d{3}"
    r"|\d{3}[ .-]\d{3}[ .-]\d{4}|0\d{1,4}(?:[ .-]\d{2,4}){2,4})(?:x\d{1,5})?(?![\w/]|[.,-]\d| \d)"
)
# A word with a capital behind it makes a street of such a number: `3378 217 Lovers Lane`.
STREET = re.compile(r" [^\W\d_a-z]\w")
CALLED = re.compile(
    r"(?i)\b(?:phone|tel|telephone|telefon|téléphone|teléfono|telefono|mobile|mobil|handy|cell|fax|office|desk|whatsapp)\b"
    r"(?: no\\.?| number| is)*[.:]?\s{0,2}(?P<said>\+?\(?\d(?:[ ./()-]{0,2}\d){6,14})(?!\w)"
)
SHORTEST = 7  # digits; a shorter number is told from none by nothing
DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}")
SSN = re.compile(r"(?<![\w-])(?!000|666)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_NUMBER = r"\W{0,3}(?:no\b\.?|number|nr\b\.?|num\b\.?|id)?\W{0,3}(?:is\W{1,3})?"
LICENCE = re.compile(
    rf"(?i:driver['’]?s?['’]? licen[cs]e|driving licen[cs]e|passport|state id|health insurance|medical (?:id|record)"
    rf"|medicare)(?i:{_NUMBER})(?P<said>(?=[A-Z0-9-]*\d)[A-Z0-9](?:[A-Z0-9-]){{4,19}})\b"
)
SECRET = re.compile(
    r"(?i:password|passcode|security answer)(?i:\s+is\s+|\s*[:=]\s*)(?P<said>[^\s]{4,64}?)(?=[.,;)]?(?:\s|$))"
)


@dataclass(frozen=True, order=True)
class Span:
    """A place in a text, in characters, and of what kind it is. `value` is what is looked up: an address as it is
    stored, a telephone number in E.164, once for each region that has it; empty where nothing is."""

    start: int
    end: int
    kind: str
    values: tuple[str, ...] = ()


def found_in(text: str, regions: Sequence[str] = REGIONS) -> list[Span]:
    """What the text holds, in order, no two of them overlapping."""
    return apart([
        *emails(text), *ibans(text), *cards(text), *ips(text), *said(text), *together([*phones(text, regions)]),
    ])  # fmt: skip


def apart(spans: Sequence[Span]) -> list[Span]:
    """Those of the spans that are left when the longer of two that overlap stays, and of two alike the first."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: s.start - s.end):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept)


def emails(text: str) -> Iterator[Span]:
    for match in EMAIL.finditer(text) if "@" in text else ():
        start, end = match.span()
        while text[start] in _QUOTES and not match[0].startswith('"'):
            start += 1
        while text[end - 1] in _QUOTES + ".!?/…":
            end -= 1
        local, _, domain = text[start:end].rpartition("@")
        if local and domain:
            yield Span(start, end, Kind.EMAIL, (text[start:end],))


def ibans(text: str) -> Iterator[Span]:
    """Words in capitals behind one may have been taken for its end, so it is tried without them."""
    for match in IBAN.finditer(text):
        number = match[0]
        while number and not iban.is_valid(number, check_country=False):
            number = number[: max(number.rfind(" "), 0)]
        if number:
            yield Span(match.start(), match.start() + len(number), Kind.IBAN)


def cards(text: str) -> Iterator[Span]:
    for match in CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if ISSUER.fullmatch(digits) and luhn.is_valid(digits):
            yield Span(*match.span(), Kind.CARD)


def ips(text: str) -> Iterator[Span]:
    for match in (*IPV4.finditer(text), *IPV6.finditer(text)):
        try:
            ipaddress.ip_address(match[0])
        except ValueError:
            continue
        yield Span(*match.span(), Kind.IP)


def said(text: str) -> Iterator[Span]:
    """Numbers and words that are what the text says of them: a driver's licence is known by nothing else."""
    yield from (Span(*match.span(), Kind.SSN) for match in SSN.finditer(text))
    for pattern, kind in ((LICENCE, Kind.LICENCE), (SECRET, Kind.SECRET)):
        yield from (Span(*match.span("said"), kind) for match in pattern.finditer(text))


def phones(text: str, regions: Sequence[str]) -> Iterator[Span]:
    """With a country code, as soon as it has enough digits; without one, as a number of the plans of these regions, as
    people write one, or behind a word for a telephone."""
    for region in (None, *dict.fromkeys(regions)):
        leniency = Leniency.VALID if region else Leniency.POSSIBLE
        for match in PhoneNumberMatcher(text, region, leniency=leniency):
            if is_no_other_number(text, match.start, match.end):
                yield Span(match.start, match.end, Kind.PHONE, (e164(match.number),))
    for local in LOCAL.finditer(text):
        is_street = STREET.match(text, local.end()) and local[0][0] not in "0("
        if not is_street and is_no_other_number(text, *local.span()):
            yield Span(*local.span(), Kind.PHONE)
    for called in CALLED.finditer(text):
        if is_no_other_number(text, *called.span("said")):
            yield Span(*called.span("said"), Kind.PHONE)


def is_no_other_number(text: str, start: int, end: int) -> bool:
    """Whether it has digits enough, and is neither a date nor what is left of a time."""
    number = text[start:end]
    return len(re.findall(r"\d", number)) >= SHORTEST and not DATE.search(number) and text[start - 1 : start] != ":"


def e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def together(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans of one place as one, with what each of them is looked up as."""
    by_place: dict[tuple[int, int, str], list[str]] = {}
    for span in spans:
        by_place.setdefault((span.start, span.end, span.kind), []).extend(span.values)
    return (Span(*place, tuple(dict.fromkeys(values))) for place, values in by_place.items())
