"""Holds the rules of law against what their laws' chains tell: who proposed each, who confirmed it, and when it ceased.
What a release has brought has no entry; its line's digest stands in the row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from privacy.evidence.commitments import of_row
from privacy.evidence.events import Event
from privacy.evidence.told import apart
from privacy.models import AuditEntry, RegimeRule

# What a rule says. Staff propose these, and a release brings them.
FIELDS = (
    "law", "name", "places", "rights", "acknowledge", "respond", "extend", "rolls", "first_day_counts", "calendar",
    "pauses", "source", "verified_on", "verified_by", "effective_from", "effective_to",
)  # fmt: skip


@dataclass
class Said:
    """What the entries say of all rules, by rule."""

    proposed: dict[UUID, dict[str, Any]] = field(default_factory=dict)  # commitment to its row
    confirmed: dict[UUID, tuple[int | None, datetime]] = field(default_factory=dict)
    refused: dict[UUID, datetime] = field(default_factory=dict)


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
    there = set(RegimeRule.objects.filter(pk__in=said.proposed).values_list("pk", flat=True))
    yield from ((pk, "it is gone") for pk in sorted(said.proposed.keys() - there))


def _of_rule(rule: RegimeRule, said: Said, ended: datetime | None) -> Iterator[str]:
    if rule.seed:
        if digest_of_line(rule) != rule.seed:
            yield "it is not as the release brought it"
    elif rule.pk not in said.proposed:
        yield "no entry tells of it"
    elif of_row(rule, said.proposed[rule.pk]["columns"]) != said.proposed[rule.pk]:
        yield "it is not as it was proposed"
    by, at = said.confirmed.get(rule.pk, (None, None))
    brought_in_force = bool(rule.seed) and not rule.replaces_id and at is None
    if rule.confirmed_by_id != by or (not brought_in_force and _differ(rule.confirmed_at, at)):
        yield "it was confirmed, or is proposed, and the entries say otherwise"
    if _differ(rule.retired_at, ended):
        yield "it has ceased, or is in force, and the entries say otherwise"


def _differ(one: datetime | None, other: datetime | None) -> bool:
    return apart(one, other) if one and other else one is not other


def _said() -> Said:
    said = Said()
    events = [Event.RULE_PROPOSED, Event.RULE_CONFIRMED, Event.RULE_REFUSED]
    told = AuditEntry.objects.filter(event__in=events).order_by("pk")
    for event, actor, at, data in told.values_list("event", "actor_id", "at", "data").iterator():
        rule = UUID(data["rule"])
        if event == Event.RULE_PROPOSED:
            said.proposed[rule] = data["row"]
        elif event == Event.RULE_CONFIRMED:
            said.confirmed[rule] = (actor, at)
        else:
            said.refused[rule] = at
    return said
