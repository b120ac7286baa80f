"""Who is named in a text, and which texts that pass to others name the person that leaves them."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import unquote_plus
from uuid import UUID

from django.db import connection, models

from privacy.datamap import PersonalData, compiler
from privacy.datamap.fields import is_free_text
from privacy.datamap.scope import Scope
from privacy.models import DataSubject, Identifier

# A shorter name stands in texts that have nothing to do with the person.
SHORTEST_NAME = 5
READ_AT_ONCE = 500


def in_handed_over(
    labels: Collection[str], subject_ids: Sequence[UUID], identifiers: Sequence[Identifier], scope: Scope
) -> dict[UUID, dict[str, int]]:
    """{person: {model label: rows}} of what is handed over, of these models, and names the person who leaves it, such
    as a title page or the name of a team. Whether it may stay there is for a person to decide."""
    if not labels:
        return {}
    known, found = names_of(subject_ids, identifiers), dict[UUID, Counter[str]]()
    names = {name: scope.person(account) for name, account in known.items()}
    for declared in compiler.all_declarations():
        if declared.label() not in labels or not (texts := _texts_that_stay(declared)):
            continue
        for subject_id, text in _shared_texts(declared, texts, scope):
            theirs = {name: whose for name, whose in names.items() if whose == subject_id}
            if named_in(text, theirs):
                found.setdefault(subject_id, Counter())[declared.label()] += 1
    return {subject_id: dict(counted) for subject_id, counted in found.items()}


def _texts_that_stay(declared: type[PersonalData]) -> list[str]:
    """Columns of free text that erasure leaves on rows that others share."""
    if declared.joint is None:
        return []
    stay = [f for f in declared.model._meta.concrete_fields if f.name in declared.fields.keys() - declared.joint.fields]
    return [f.column for f in stay if is_free_text(f) and not isinstance(f, models.FileField)]


def _shared_texts(declared: type[PersonalData], columns: Sequence[str], scope: Scope) -> Iterator[tuple[UUID, str]]:
    """(person, all that is written on the row) of each row that is handed over."""
    with connection.cursor() as cursor:
        cursor.execute(*compiler.handed_over(declared, columns, scope))
        while rows := cursor.fetchmany(READ_AT_ONCE):
            for key, *texts in rows:
                yield scope.person(key), "\n".join(str(text) for text in texts if text)


def names_of(subject_ids: Sequence[UUID], identifiers: Sequence[Identifier]) -> dict[str, UUID]:
    """{folded name: whose}: identifiers, and full names that are long enough to mean somebody."""
    people = DataSubject.objects.filter(pk__in=subject_ids).values_list("full_name", "pk")
    full_names = [(name.strip(), pk) for name, pk in people if len(name.strip()) >= SHORTEST_NAME]
    known_as = [(i.value, i.subject_id) for i in identifiers]
    return {fold(name): subject_id for name, subject_id in [*full_names, *known_as]}


def named_in(text: str, names: dict[str, UUID]) -> UUID | None:
    """Whom the text names as whole words, in any case; as it is or escaped for an address or a page."""
    spellings = fold(f"{text}\n{unquote_plus(text)}\n{html.unescape(text)}")
    return next((subject_id for name, subject_id in names.items() if has_word(spellings, name)), None)


def has_word(text: str, name: str) -> bool:
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
