"""Holds the rules of law against what their laws' chains tell: who proposed each or that a release brought it, who
confirmed it, and when it ceased."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid5

from privacy.evidence.commitments import of_row
from privacy.evidence.events import Event
from privacy.evidence.told import apart
from privacy.models import AuditEntry, RegimeRule

NAMESPACE = UUID("0a4d5f1c-5a55-5c3f-8a1e-8d4d3b6d2c10")
# What a rule says. Staff propose these, and a release brings them.
FIELDS = (
    "law", "name", "places", "rights", "acknowledge", "respond", "extend", "rolls", "first_day_counts", "calendar",
    "pauses", "source", "verified_on", "verified_by", "effective_from", "effective_to",
)  # fmt: skip


@dataclass
class Said:
    """What the entries say of all rules, by rule."""

    rows: dict[UUID, dict[str, Any]] = field(default_factory=dict)  # commitment to its row
    brought: dict[UUID, datetime] = field(default_factory=dict)  # in force by that, since when
    confirmed: dict[UUID, tuple[int | None, datetime]] = field(default_factory=dict)
    refused: dict[UUID, datetime] = field(default_factory=dict)
    EVENTS: ClassVar = (Event.RULE_PROPOSED, Event.RULE_SEEDED, Event.RULE_CONFIRMED, Event.RULE_REFUSED)

    def hear(self, event: str, actor: int | None, at: datetime, data: Mapping[str, Any]) -> None:
        rule = UUID(data["rule"])
        if event == Event.RULE_CONFIRMED:
            self.confirmed[rule] = (actor, at)
        elif event == Event.RULE_REFUSED:
            self.refused[rule] = at
        else:
            self.rows[rule] = data["row"]
            if since := data.get("in_force_since"):
                self.brought[rule] = datetime.fromisoformat(since)


def chain_of(law: str) -> UUID:
    """The audit chain of what staff say, and releases bring, about the rules of a law."""
    return uuid5(NAMESPACE, law)


def digest_of_line(rule: RegimeRule) -> str:
    """Of what the rule says, as the file that came with a release has it."""
    return str(of_row(rule, FIELDS)["sha256"])


def differences() -> list[tuple[UUID, str]]:
    """(rule, what is wrong with it), of what is wrong at two looks: between rows and entries somebody may decide."""
    found = list(_at_a_look())
    again = set(_at_a_look()) if found else set()
    return [one for one in found if one in again]


def _at_a_look() -> Iterator[tuple[UUID, str]]:
    rules = {rule.pk: rule for rule in RegimeRule.objects.order_by("pk")}
    said = _said()
    ended = said.refused | {
        replaced: said.confirmed[rule.pk][1]
        for rule in rules.values()
        if (replaced := rule.replaces_id) and rule.pk in said.confirmed
    }
    for pk, rule in rules.items():
        yield from ((pk, text) for text in _of_rule(rule, said, ended.get(pk)))
    there = set(RegimeRule.objects.filter(pk__in=said.rows).values_list("pk", flat=True))
    yield from ((pk, "it is gone") for pk in sorted(said.rows.keys() - there))


def _of_rule(rule: RegimeRule, said: Said, ended: datetime | None) -> Iterator[str]:
    if rule.pk not in said.rows:
        yield "no entry tells of it"
    elif of_row(rule, said.rows[rule.pk]["columns"]) != said.rows[rule.pk]:
        yield "it is not as it was proposed, or brought by a release"
    if rule.seed and digest_of_line(rule) != rule.seed:
        yield "it is not the line that its digest is of"
    by, at = said.confirmed.get(rule.pk, (None, said.brought.get(rule.pk)))
    if rule.confirmed_by_id != by or _differ(rule.confirmed_at, at):
        yield "it was confirmed, or is proposed, and the entries say otherwise"
    if _differ(rule.retired_at, ended):
        yield "it has ceased, or is in force, and the entries say otherwise"


def _differ(one: datetime | None, other: datetime | None) -> bool:
    return apart(one, other) if one and other else one is not other


def _said() -> Said:
    said = Said()
    told = AuditEntry.objects.filter(event__in=Said.EVENTS).order_by("pk")
    for event, actor, at, data in told.values_list("event", "actor_id", "at", "data").iterator():
        with suppress(KeyError, ValueError):  # of an entry that is not what was written: the walk of its chain says so
            said.hear(event, actor, at, data)
    return said
