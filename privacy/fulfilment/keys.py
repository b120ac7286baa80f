"""Replaces keys: what can be made anew under the current one is, and what cannot says which key it needs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connection, transaction
from django.db.models import Count, Model

from privacy.datamap.checks import is_migrated
from privacy.evidence import keys, sealing
from privacy.evidence.keys import Purpose
from privacy.models import Case, IdentityProof, Step, Suppression

# What is sealed where; a test subtracts it from the map.
SEALED: tuple[tuple[type[Model], str], ...] = (
    (Case, "sealed"),
    (Case, "answer"),
    (Step, "sealed"),
    (IdentityProof, "sealed_key"),
)
AT_ONCE = 500


@dataclass(frozen=True)
class Use:
    """How many rows need a key, and whether it is there."""

    purpose: Purpose
    key_id: str
    rows: int
    is_current: bool
    is_missing: bool

    def __str__(self) -> str:
        name = f"{self.purpose} {self.key_id or '(LEDGER_KEY)'}"
        if self.is_missing:
            return f"{name}: MISSING, and {self.rows:,} rows need it. Put it back, as the last of its variable."
        if self.is_current:
            return f"{name}: current, {self.rows:,} rows"
        return f"{name}: {self.rows:,} rows need it" if self.rows else f"{name}: nothing needs it any more; take it out"


def seal_anew() -> int:
    """Seals with the current key what was sealed with another; returns how many rows. Raises MissingKey."""
    return sum(_seal_anew(model, column) for model, column in SEALED)


def _seal_anew(model: type[Model], column: str) -> int:
    done, rows = 0, model._default_manager.exclude(**{column: ""}).order_by("pk")
    old = [pk for pk, sealed in rows.values_list("pk", column).iterator() if not sealing.is_current(sealed)]
    for start in range(0, len(old), AT_ONCE):
        with transaction.atomic():
            locked = model._default_manager.select_for_update().filter(pk__in=old[start : start + AT_ONCE])
            for pk, sealed in locked.exclude(**{column: ""}).order_by("pk").values_list("pk", column):
                anew = {column: sealing.seal(sealing.unseal(sealed))}
                done += model._default_manager.filter(pk=pk).update(**anew)
    return done


def uses() -> list[Use]:
    """Of every key that is there or needed. Pseudonyms are in entries that are never rewritten, and cannot be counted:
    their keys are needed as long as the evidence is kept."""
    return [*_uses(Purpose.LEDGER, _of_ledger()), *_uses(Purpose.SEALING, _of_sealing())]


def _uses(purpose: Purpose, needed: Counter[str]) -> Iterator[Use]:
    there = [key.id for key in keys.ring(purpose)]
    for key_id in dict.fromkeys([*there, *sorted(needed)]):
        yield Use(purpose, key_id, needed[key_id], key_id == there[0], key_id not in there)


def _of_ledger() -> Counter[str]:
    return Counter(dict(Suppression.objects.order_by().values_list("key_id").annotate(n=Count("pk"))))


def _of_sealing() -> Counter[str]:
    found: Counter[str] = Counter()
    for model, column in SEALED:
        sealed = model._default_manager.exclude(**{column: ""}).order_by().values_list(column, flat=True)
        found.update(text.rpartition(":")[0] for text in sealed.iterator())
    return found


@register(Tags.database)
def check_keys(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[Error]:
    """What was made with a key that is gone is said loudly: erased people would come back unknown, and processors could
    not be told of whom."""
    if "default" not in (databases or []) or not is_migrated(connection):
        return []
    return [Error(str(use), id="keys.E001") for use in uses() if use.is_missing]
