"""Who is held. Everybody asks here: pages, plans, the engine."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import models

from privacy.datamap import registry
from privacy.datamap.fields import field_of
from privacy.models import LegalHold


def covering(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people under a hold: one is in force from the moment it was ordered."""
    held = LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True)
    return set(held.values_list("subject_id", flat=True))


def silent(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people under a hold of which they must not learn."""
    held = LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True, silent=True)
    return set(held.values_list("subject_id", flat=True))


def kept(known: models.Model, values: Mapping[str, Any]) -> set[str]:
    """Those of the fields in `values` that stay as `known` has them while its person is held, and would change."""
    fields = {field_of(type(known), name).attname: name for name in registry.declarations[type(known)].held()}
    stay = {name for pair in fields.items() for name in pair}
    return {name for name, value in values.items() if name in stay and getattr(known, name) != value}
