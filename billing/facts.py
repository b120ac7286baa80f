"""What tax law wants kept comes in whatever has become of the person, and then without the person.

Which models hold such facts, and which of their fields name somebody, the data map says: `despite_freeze`, and what
erasure blanks.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import models

from privacy.datamap import Blank, Use, registry
from privacy.selectors import limits

WITHOUT = "Taken in without name and address: the person was erased, or the account is frozen."


def is_fact(model: type[models.Model]) -> bool:
    declaration = registry.declarations.get(model)
    return bool(declaration and declaration.despite_freeze and declaration.purpose is Use.PAYMENT)


def closed(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people who are erased, or limited for what billing is for."""
    purposes = {use for model, d in registry.declarations.items() if is_fact(model) for use in d.purposes()}
    return limits.covering(subject_ids, purposes)


def without_the_person(model: type[models.Model], known: models.Model | None) -> dict[str, Any]:
    """{field that tells of the person: what stays there}: of a known row what it has, of a new one nothing."""
    treatments = registry.declarations[model].treatments()
    empty = {name: treatment.to for name, treatment in treatments.items() if isinstance(treatment, Blank)}
    return {name: getattr(known, name) for name in empty} if known else empty
