"""Finds people by what staff have at hand. The shape of the term decides which index is asked."""

import re
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from privacy.models import DataSubject, Identifier

PSEUDONYM = re.compile(r"(?:subject\s+)?([0-9a-f]{8})", re.IGNORECASE)


def find_subjects(term: str) -> QuerySet[DataSubject]:
    """People by exact e-mail, Clerk id, Stripe id, telephone (+49…), UUID, pseudonym (`Subject 1a2b3c4d`) or start of
    the name."""
    term = term.strip()
    if "@" in term:
        return _with_identifier(Identifier.Kind.EMAIL, term)
    if term.startswith("user_"):
        return _with_identifier(Identifier.Kind.CLERK, term)
    if term.startswith("cus_"):
        return _with_identifier(Identifier.Kind.STRIPE, term)
    if term.startswith("+"):
        return _with_identifier(Identifier.Kind.PHONE, term)
    if is_uuid(term):
        return DataSubject.objects.filter(pk=UUID(term))
    if match := PSEUDONYM.fullmatch(term):
        return _whose_id_starts_with(match[1])
    if not term or "\x00" in term:  # PostgreSQL takes no NUL
        return DataSubject.objects.none()
    return DataSubject.objects.filter(full_name__istartswith=term)


def is_uuid(term: str) -> bool:
    try:
        UUID(term)
    except ValueError:
        return False
    return True


def _with_identifier(kind: str, value: str) -> QuerySet[DataSubject]:
    try:
        value = Identifier.normalise(kind, value)
    except ValidationError:
        return DataSubject.objects.none()
    return DataSubject.objects.filter(identifiers__kind=kind, identifiers__value=value)


def _whose_id_starts_with(start: str) -> QuerySet[DataSubject]:
    """A range and not a LIKE: the primary key's index serves it."""
    return DataSubject.objects.filter(pk__range=(UUID(start + "0" * 24), UUID(start + "f" * 24)))
