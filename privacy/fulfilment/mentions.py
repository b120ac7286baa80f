"""Rows that name an erased person in tables that are not about people: attempts to sign in, sessions.

The remaining trace: a spelling that is neither the person's full name nor one of their identifiers, and whatever was
typed at their identifiers' other systems.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from privacy.datamap import registry
from privacy.datamap.scope import Scope
from privacy.models import Identifier
from privacy.selectors.mentions import READ_AT_ONCE, named_in, names_of

Rows = dict[str, dict[str, int]]


def erase(subject_ids: Sequence[UUID], identifiers: Sequence[Identifier], scope: Scope) -> dict[UUID, Rows]:
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
            rows = found[scope.person(subject_id)].setdefault(model._meta.label, {"delete": 0})
            rows["delete"] += 1
        model._default_manager.filter(pk__in=doomed).delete()
    return found
