"""Brings the file of seeds to the database, after every `migrate`, and tells each line that it brings."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import connections, transaction

from privacy.evidence import audit
from privacy.evidence.commitments import fixed_columns, of_row
from privacy.evidence.events import Event
from privacy.evidence.regimes import chain_of, digest_of_line
from privacy.models import AuditEntry, RegimeRule
from privacy.regimes.seeds import READER, RULES, Seed


def sync(using: str) -> None:
    """Adds what is new. A line that was changed is proposed in the place of the rule that it was, so that a manager
    sees which open requests it moves before it counts; what managers have changed stays. Two queries when there is
    nothing to do."""
    if RegimeRule._meta.db_table not in connections[using].introspection.table_names():
        return
    rows = RegimeRule.objects.using(using).order_by("proposed_at", "id")
    with transaction.atomic(using):
        standing = rows.exclude(seed="")
        known = set(standing.values_list("seed", flat=True))
        if known and not is_told():
            tell(standing, stood=True)
        if missing := [seed for seed in RULES if digest(seed) not in known]:
            in_place = in_the_place_of(list(rows)) if known else {}
            brought = rows.bulk_create([row_of(seed, in_place.get(_key(seed))) for seed in missing])
            tell(rows.filter(pk__in=[rule.pk for rule in brought]), stood=False)


def is_told() -> bool:
    """Whether an entry tells of any line: until 2026-12 none did. It is asked of the file's laws alone, because only
    chains have an index; and only if of none, since what has no entry later was brought by no release."""
    chains = {chain_of(seed.law) for seed in RULES}
    return AuditEntry.objects.filter(chain__in=chains, event=Event.RULE_SEEDED).exists()


def tell(rules: Iterable[RegimeRule], *, stood: bool) -> None:
    """An entry a line, on its law's chain, that commits to the row as the database has it. `stood`: it was there before
    entries told of lines, and may be of any former release."""
    audit.append_links([(chain_of(rule.law), Event.RULE_SEEDED, facts_of(rule, stood)) for rule in rules], actor=None)


def facts_of(rule: RegimeRule, stood: bool) -> dict[str, Any]:
    """What stands in the place of another is proposed: that it is in force, its confirmation tells."""
    since = rule.confirmed_at.isoformat() if rule.confirmed_at and not rule.replaces_id else ""
    row = of_row(rule, fixed_columns(RegimeRule))
    return {"rule": rule.pk, "law": rule.law, "row": row, "in_force_since": since, "stood": stood}


def in_the_place_of(rules: list[RegimeRule]) -> dict[tuple[object, ...], RegimeRule]:
    """{what a line is about: the rule that is in force for it, by whatever changes}."""
    later = {rule.replaces_id: rule for rule in rules if rule.replaces_id and rule.confirmed_at}
    found = {}
    for rule in rules:
        current = rule
        while current.pk in later:
            current = later[current.pk]
        if rule.seed and current.is_in_force:
            found[_key(rule)] = current
    return found


def row_of(seed: Seed, stands_for: RegimeRule | None) -> RegimeRule:
    """In force at once, or proposed in the place of what it `stands_for`."""
    rule = RegimeRule(
        law=seed.law, name=seed.name, places=list(seed.places), rights=list(seed.rights), source=seed.source,
        verified_on=seed.read, verified_by=READER if seed.read else "", effective_from=seed.since,
        effective_to=seed.until, acknowledge=seed.acknowledge, respond=seed.respond, extend=seed.extend,
        rolls=seed.rolls, first_day_counts=seed.first_day_counts, calendar=seed.calendar, pauses=seed.pauses,
        replaces=stands_for, confirmed_at=None if stands_for else datetime.now(UTC),
        reason="The release that was installed has another line for it." if stands_for else "",
    )  # fmt: skip
    rule.seed = digest_of_line(rule)
    return rule


def digest(seed: Seed) -> str:
    return row_of(seed, None).seed


def _key(rule: Seed | RegimeRule) -> tuple[object, ...]:
    """What a line is about, whatever else of it changes."""
    since = rule.since if isinstance(rule, Seed) else rule.effective_from
    return rule.law, tuple(rule.places), tuple(rule.rights), since
