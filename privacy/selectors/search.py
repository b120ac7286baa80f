"""Finds people by what staff have at hand: an address or its domain, any identifier, a short id, words of a name. All
that a term may be is tried, and what was tried is told."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery

from privacy.models import Case, DataSubject, Identifier, NameToken
from privacy.models.name_tokens import prefix, words_of
from privacy.models.subjects import Domain

PSEUDONYM = re.compile(r"(?:[a-z ]+\s)?([0-9a-f]{8})", re.IGNORECASE)
MOST = 500  # people that a search finds: nobody reads more, and a page of more is slow
ROWS = MOST + 100  # that are read for them: a person may have several words that begin alike
WORDS = 12  # of a name; each is asked for apart
Kind = Identifier.Kind


@dataclass(frozen=True)
class Found:
    """Who was found, the likeliest first; what the term was taken for, in sentences; whether there are more."""

    people: tuple[UUID, ...]
    tried: tuple[str, ...]
    is_cut: bool = False


def find(term: str) -> Found:
    """People by e-mail address (exact) or `@domain`, Clerk, Stripe or visitor id, telephone with its country code, id,
    short id, or words of a name from their start, in any order and spelling."""
    term = term.strip().replace("\x00", "")  # PostgreSQL takes no NUL
    people: dict[UUID, None] = {}
    tried = []
    is_cut = False
    for sentence, found in _tries(term) if term else ():
        tried.append(sentence)
        rows = list(found)
        people |= dict.fromkeys(rows)
        is_cut |= len(rows) == ROWS
    return Found(tuple(people)[:MOST], tuple(tried), is_cut or len(people) > MOST)


def find_cases(term: str) -> QuerySet[Case]:
    """Cases by id or short id, with or without words before it."""
    between = ids_beginning(term.strip())
    return Case.objects.filter(pk__range=between).order_by("pk") if between else Case.objects.none()


def ids_beginning(term: str) -> tuple[UUID, UUID] | None:
    """(first, last) of the ids that the term may mean: one in full, or `1a2b3c4d` with or without words before it."""
    if is_uuid(term):
        return UUID(term), UUID(term)
    match = PSEUDONYM.fullmatch(term)
    return (UUID(match[1] + "0" * 24), UUID(match[1] + "f" * 24)) if match else None


def is_uuid(term: str) -> bool:
    try:
        UUID(term)
    except ValueError:
        return False
    return True


def _tries(term: str) -> Iterator[tuple[str, Iterable[UUID]]]:
    """(what it was taken for, who that is)."""
    if between := ids_beginning(term):
        # A range and not a LIKE: the primary key's index serves it.
        yield "the id of a person", DataSubject.objects.filter(pk__range=between).values_list("pk", flat=True)[:ROWS]
    if "@" in term:
        yield _by_address(term)
    else:
        yield "a Clerk, Stripe or visitor id, exactly", _with_identifier(term)
        yield _by_telephone(term) if term.startswith(("+", "00", "0", "(")) else _by_name(term)


def _by_address(term: str) -> tuple[str, Iterable[UUID]]:
    of_domain = term.startswith("@")
    try:
        address = Identifier.normalise(Kind.EMAIL, f"x{term}" if of_domain else term)
    except ValidationError as error:
        return f"an e-mail address, which it is not ({' '.join(error.messages)})", ()
    if not of_domain:
        found = Identifier.objects.filter(kind=Kind.EMAIL, value=address)
        return "an e-mail address, exactly", found.values_list("subject", flat=True)[:ROWS]
    found = Identifier.objects.alias(domain=Domain("value")).filter(kind=Kind.EMAIL, domain=address[1:])
    return "the domain of an e-mail address, exactly", found.values_list("subject", flat=True)[:ROWS]


def _with_identifier(term: str) -> Iterable[UUID]:
    found = Identifier.objects.filter(kind__in=(Kind.CLERK, Kind.STRIPE, Kind.VISITOR), value=term)
    return found.values_list("subject", flat=True)[:ROWS]


def _by_telephone(term: str) -> tuple[str, Iterable[UUID]]:
    number = f"+{term.removeprefix('00')}" if term.startswith("00") else term
    try:
        number = Identifier.normalise(Kind.PHONE, number)
    except ValidationError as error:
        return f"a telephone number, which it is not ({' '.join(error.messages)})", ()
    found = Identifier.objects.filter(kind=Kind.PHONE, value=number)
    return "a telephone number, exactly", found.values_list("subject", flat=True)[:ROWS]


def _by_name(term: str) -> tuple[str, Iterable[UUID]]:
    words = list(dict.fromkeys(words_of(term)))
    if len(words) > WORDS:
        return f"a name, of which it has too many words ({WORDS} are the most)", ()
    sentence = (
        "a name with a word that begins so" if len(words) == 1 else "a name with words that begin so, in any order"
    )
    return f"{sentence}, whatever its accents and case", _named(words)


def _named(words: list[str]) -> Iterator[UUID]:
    """Those of whom each word begins a token; and of whom the words in one do: `van der Berg` finds Vanderberg."""
    if len(words) > 1:
        yield from _beginning(*sorted(words, key=len, reverse=True))
    yield from _beginning("".join(words))


def _beginning(longest: str, *others: str) -> Iterable[UUID]:
    """In the order of the index, so that the database stops at as many as are read, and whole words come first. The
    longest word finds the fewest, so the others are asked of those, one by one: how many words begin so is beyond
    PostgreSQL's statistics, and where it joins instead it may walk one word's thousands for each of the other's."""
    found = NameToken.objects.filter(_begins(longest))
    for n, word in enumerate(others):
        theirs = NameToken.objects.filter(_begins(word), subject=OuterRef("subject")).values("pk")[:1]
        found = found.alias(**{f"other{n}": Subquery(theirs)}).filter(**{f"other{n}__isnull": False})
    return found.order_by("token", "subject").values_list("subject", flat=True)[:ROWS]


def _begins(word: str) -> Q:
    begins, below = prefix(word)
    return Q(token__gte=begins, token__lt=below)
