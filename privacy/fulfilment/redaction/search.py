"""Finds other people in texts: who is known to the database, what has the shape of an address, what may be a name."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from uuid import UUID

from django.core.exceptions import ValidationError

from privacy.fulfilment.names import names_of
from privacy.fulfilment.redaction import names, patterns, suggestions
from privacy.fulfilment.redaction.patterns import REGIONS, Span
from privacy.models import DataSubject, Identifier, Redaction
from privacy.models.accounts import accounts_of
from privacy.models.addresses import normalise_email
from privacy.models.name_tokens import words_of

Kind, Ground = Redaction.Kind, Redaction.Ground
CHUNK = 500
PIECE, OVERLAP, PIECES = 20_000, 300, 200  # characters, and pieces that are searched at once
OURS = {"support@kosenai.com"}  # the address of the package itself (policy, section 13)
VENDORS_ID = re.compile(r"(?<![\w-])(?=[\w-]*[\d_])[A-Za-z0-9][\w-]{7,127}(?![\w-])")
IDENTIFIER_KINDS = {Kind.EMAIL: (Identifier.Kind.EMAIL,), Kind.PHONE: (Identifier.Kind.PHONE,)}
OF_VENDORS = (Identifier.Kind.CLERK, Identifier.Kind.STRIPE, Identifier.Kind.VISITOR)
# Cal. Code Regs. tit. 11, 7024(d), and since 1 July 2026 Connecticut's SB 1295: what an answer to an access request may
# not disclose, whoever's it is.
UNDISCLOSED = (Kind.IBAN, Kind.CARD, Kind.SSN, Kind.LICENCE, Kind.SECRET)


@dataclass(frozen=True)
class Found:
    """A place in a text, in characters, what stands there, and why it is thought to be somebody else's."""

    start: int
    length: int
    kind: str
    ground: str

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True)
class Person:
    """Whose package it is: nothing of theirs is somebody else's."""

    accounts: Collection[UUID]
    names: tuple[str, ...]
    countries: tuple[str, ...]
    identifiers: frozenset[str]

    @classmethod
    def of(cls, subject_id: UUID) -> "Person":
        accounts = accounts_of([subject_id])
        residences = DataSubject.objects.filter(pk__in=accounts).values_list("country", flat=True)
        values = Identifier.objects.filter(subject__in=accounts).values_list("value", flat=True)
        names = tuple(name for _, name in names_of(accounts))
        return cls(frozenset(accounts), names, tuple(sorted({c for c in residences if c})), frozenset(values))

    @property
    def words(self) -> set[str]:
        """Of their names."""
        return {word for name in self.names for word in words_of(name)}

    @property
    def regions(self) -> tuple[str, ...]:
        """Whose telephone numbers may stand in their texts without a country code."""
        return (*self.countries, *REGIONS)

    @property
    def is_in_the_us(self) -> bool:
        return "US" in self.countries


def found_in(texts: Sequence[str], person: Person) -> list[list[Found]]:
    """For each text what stands in it of others, in order, no two overlapping."""
    found: list[list[Found]] = [[] for _ in texts]
    pieces = (
        (n, start, text[start : start + PIECE + OVERLAP]) for n, text in enumerate(texts) for start in starts(text)
    )
    for some in batched(pieces, PIECES):
        for (n, start, _), places in zip(some, found_in_pieces([piece for *_, piece in some], person), strict=True):
            found[n] += [replace(place, start=start + place.start) for place in places]
    return [apart(places) for places in found]


def starts(text: str) -> range:
    """Where the pieces of a text begin, which overlap: whole books are pasted into a message, too."""
    return range(0, max(len(text) - OVERLAP, 1), PIECE)


def apart(places: Sequence[Found]) -> list[Found]:
    """What two pieces have both, once, and the longer of two that overlap."""
    kept: list[Found] = []
    for place in sorted(set(places), key=lambda p: -p.length):
        if all(place.end <= other.start or other.end <= place.start for other in kept):
            kept.append(place)
    return sorted(kept, key=lambda p: p.start)


def found_in_pieces(texts: Sequence[str], person: Person) -> list[list[Found]]:
    shapes = [[*patterns.found_in(text, person.regions), *vendors_ids(text)] for text in texts]
    known = known_among((span for spans in shapes for span in spans), person)
    called = names.found_in(texts, person.accounts, person.names)
    return [
        list(told(text, patterns.apart([*named, *shaped]), known, person))
        for text, shaped, named in zip(texts, shapes, called, strict=True)
    ]


def told(text: str, spans: Sequence[Span], known: Collection[str], person: Person) -> Iterator[Found]:
    """The spans with their grounds, but those of the person and of nobody, and what may be a name between them."""
    perhaps = [s for s in suggestions.found_in(text, person.words) if all(_apart(s, other) for other in spans)]
    for span in sorted([*spans, *perhaps]):
        ground = Ground.SUGGESTED if span in perhaps else ground_of(span, known, person)
        if ground:
            yield Found(span.start, span.end - span.start, span.kind, ground)


def ground_of(span: Span, known: Collection[str], person: Person) -> str:
    """Empty for what is nobody else's."""
    values = lookups(span)
    if person.identifiers.intersection(values) or OURS.intersection(values):
        return ""
    if span.kind in UNDISCLOSED and person.is_in_the_us:
        return Ground.LAW
    if span.kind == Kind.NAME or not values.isdisjoint(known):
        return Ground.KNOWN
    if span.kind in (Kind.ID, Kind.SECRET):
        return ""
    # What has no domain with a dot is an address only if somebody has it.
    return "" if span.kind == Kind.EMAIL and "." not in span.values[0].rpartition("@")[2] else Ground.PATTERN


def known_among(spans: Iterator[Span], person: Person) -> set[str]:
    """Which of what the spans are looked up as is an identifier of somebody else."""
    wanted: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for span in spans:
        wanted[IDENTIFIER_KINDS.get(Kind(span.kind), OF_VENDORS)] |= lookups(span)
    found: set[str] = set()
    for kinds, values in wanted.items():
        for some in batched(sorted(values), CHUNK):
            others = Identifier.objects.filter(kind__in=kinds, value__in=some).exclude(subject__in=person.accounts)
            found.update(others.values_list("value", flat=True))
    return found


def lookups(span: Span) -> set[str]:
    """The span's values as identifiers are stored."""
    return {stored_as(span.kind, value) for value in span.values}


def stored_as(kind: str, value: str) -> str:
    if kind != Kind.EMAIL:
        return value
    try:
        return normalise_email(value)
    except ValidationError:
        return value


def vendors_ids(text: str) -> Iterator[Span]:
    return (Span(*match.span(), Kind.ID, (match[0],)) for match in VENDORS_ID.finditer(text))


def _apart(one: Span, other: Span) -> bool:
    return one.end <= other.start or other.end <= one.start
