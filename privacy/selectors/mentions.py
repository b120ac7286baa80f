"""Who is named in a text, and which texts that pass to others name the person that leaves them."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote_plus
from uuid import UUID

from django.db import connection, models
from django.db.models import Value

from privacy.connectors.base import Names, References
from privacy.datamap import PersonalData, compiler
from privacy.datamap.fields import is_free_text
from privacy.datamap.scope import Scope
from privacy.models import DataSubject, Identifier

# A shorter name stands in texts that have nothing to do with the person.
SHORTEST_NAME = 5
READ_AT_ONCE = 500
OURS, FULL_NAME = "", "full_name"


def in_handed_over(labels: Collection[str], names: Mapping[str, UUID], scope: Scope) -> dict[UUID, dict[str, int]]:
    """{person: {model label: rows}} of what is handed over, of these models, and names the person who leaves it, such
    as a title page or the name of a team. Whether it may stay there is for a person to decide. `names` are as
    `names_of` gives them."""
    theirs: dict[UUID, dict[str, UUID]] = {}
    for name, account in names.items():
        theirs.setdefault(scope.person(account), {})[name] = account
    found: dict[UUID, Counter[str]] = {}
    for label, person, text in _shared_texts(labels, scope):
        if named_in(text, theirs.get(person, {})):
            found.setdefault(person, Counter())[label] += 1
    return {person: dict(counted) for person, counted in found.items()}


def _texts_that_stay(declared: type[PersonalData]) -> list[str]:
    """Columns of free text that erasure leaves on rows that others share."""
    if declared.joint is None:
        return []
    stay = [f for f in declared.model._meta.concrete_fields if f.name in declared.fields.keys() - declared.joint.fields]
    return [f.column for f in stay if is_free_text(f) and not isinstance(f, models.FileField)]


def _shared_texts(labels: Collection[str], scope: Scope) -> Iterator[tuple[str, UUID, str]]:
    """(model label, person, all that is written on the row) of each row that is handed over, in one query."""
    written = {d: _texts_that_stay(d) for d in compiler.all_declarations() if d.label() in labels}
    selects = [(d.label(), compiler.handed_over(d, columns, scope)) for d, columns in written.items() if columns]
    if not selects:
        return
    with connection.cursor() as cursor:
        cursor.execute(*compiler.union(selects))
        while rows := cursor.fetchmany(READ_AT_ONCE):
            for label, key, text in rows:
                yield label, scope.person(key), text


def names_of(accounts: Sequence[UUID], identifiers: Sequence[Identifier]) -> dict[str, UUID]:
    """{folded name: whose}: identifiers, and full names that are long enough to mean somebody."""
    full_names = DataSubject.objects.filter(pk__in=accounts).values_list("full_name", "pk")
    return folded(full_names, [(i.value, i.subject_id) for i in identifiers])


def asked_for(accounts: Sequence[UUID]) -> dict[str, Iterable[Names]]:
    """The queries of `names_of`, to be asked together with what processors call these people."""
    people = DataSubject.objects.filter(pk__in=accounts).exclude(full_name="").order_by()
    identifiers = Identifier.objects.filter(subject__in=accounts).order_by()
    names = people.values_list("pk", Value(FULL_NAME), "full_name")
    return {OURS: [names, identifiers.values_list("subject", "kind", "value")]}


def names_in(called: References) -> dict[str, UUID]:
    """`names_of`, from what `asked_for` has found."""
    told = [(name, account, kind) for account, of in called.items() for kind, names in of.items() for name in names]
    full_names = [(name, account) for name, account, kind in told if kind == FULL_NAME]
    return folded(full_names, [(name, account) for name, account, kind in told if kind != FULL_NAME])


def folded(full_names: Iterable[tuple[str, UUID]], known_as: Iterable[tuple[str, UUID]]) -> dict[str, UUID]:
    long_enough = [(name.strip(), whose) for name, whose in full_names if len(name.strip()) >= SHORTEST_NAME]
    return {fold(name): whose for name, whose in [*long_enough, *known_as]}


def named_in(text: str, names: dict[str, UUID]) -> UUID | None:
    """Whom the text names as whole words, in any case; as it is or escaped for an address or a page."""
    spellings = fold(f"{text}\n{unquote_plus(text)}\n{html.unescape(text)}")
    return next((subject_id for name, subject_id in names.items() if has_word(spellings, name)), None)


def has_word(text: str, name: str) -> bool:
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
