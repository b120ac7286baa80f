"""Rows that name an erased person in tables that are not about people: attempts to sign in, sessions.

The remaining trace: a spelling that is neither the person's full name nor one of their identifiers, and whatever was
typed at their identifiers' other systems.
"""

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import unquote_plus
from uuid import UUID

from privacy.datamap import registry
from privacy.models import DataSubject, Identifier

# A shorter name stands in texts that have nothing to do with the person.
SHORTEST_NAME = 5
READ_AT_ONCE = 500

Rows = dict[str, dict[str, int]]


def erase(subject_ids: Sequence[UUID], identifiers: Sequence[Identifier]) -> dict[UUID, Rows]:
    """Deletes every row that names one of these people; returns {subject: {model label: {"delete": rows}}}.

    Runs in the erasure's transaction, before the names are gone. It reads each of these tables once, however many
    people there are: no index finds a name inside a text.
    """
    names = names_of(subject_ids, identifiers)
    found: dict[UUID, Rows] = defaultdict(dict)
    for model, eraser in registry.erasers.items():
        doomed = {}
        for row in model._default_manager.order_by().iterator(READ_AT_ONCE) if names else ():
            if (subject_id := named_in(eraser.text_of(row), names)) is not None:
                doomed[row.pk] = subject_id
        for subject_id in doomed.values():
            rows = found[subject_id].setdefault(model._meta.label, {"delete": 0})
            rows["delete"] += 1
        model._default_manager.filter(pk__in=doomed).delete()
    return found


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
