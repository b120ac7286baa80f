"""What people are called, and the words by which they are found: both are written here, in one transaction."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db import transaction

from privacy.datamap import Category, PersonalData, compiler
from privacy.models import DataSubject, NameToken
from privacy.models.name_tokens import tokens_of

CHUNK = 500  # people; SQLite takes so many parameters, and a token is two


def rename(subject_id: UUID, full_name: str) -> int:
    """Writes the person's name; how many rows that were: none of an erased person."""
    with transaction.atomic():
        person = DataSubject.objects.select_for_update().filter(pk=subject_id, erased_at=None)
        rows = person.update(full_name=full_name)
        index([subject_id])
    return rows


def index(subject_ids: Collection[UUID]) -> None:
    """Makes the words by which these people are found those of their names. Whoever writes a name calls this, in the
    same transaction."""
    wanted = {(who, token) for who, name in names_of(subject_ids) for token in tokens_of(name)}
    there = {
        (who, bytes(token)): pk
        for pk, who, token in NameToken.objects.filter(subject__in=subject_ids).values_list("pk", "subject", "token")
    }
    if stale := [pk for pair, pk in there.items() if pair not in wanted]:
        NameToken.objects.filter(pk__in=stale).delete()
    missing = sorted(wanted - there.keys())
    NameToken.objects.bulk_create((NameToken(subject_id=who, token=token) for who, token in missing), batch_size=CHUNK)


def names_of(subject_ids: Collection[UUID]) -> Iterator[tuple[UUID, str]]:
    """(person, name) of every name that we hold of them, with one query a model."""
    for declared, fields in name_fields():
        path = declared.subject if declared.path() else "pk"
        rows = declared.model._default_manager.filter(**{f"{path}__in": subject_ids}).order_by()
        for who, *names in rows.values_list(path, *fields):
            yield from ((who, name) for name in names if name)


def name_fields() -> Iterator[tuple[type[PersonalData], list[str]]]:
    """The fields that the map calls names, of the person and of what is theirs directly: the name that stood on an
    invoice is the invoice's."""
    for declared in compiler.all_declarations():
        fields = [name for name, personal in declared.fields.items() if personal.category == Category.NAME]
        if fields and len(declared.path()) <= 1 and not declared.derived:
            yield declared, fields
