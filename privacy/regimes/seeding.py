"""Brings the file of seeds to the database, after every `migrate`."""

from datetime import UTC, datetime

from django.db import connections

from privacy.evidence.regimes import digest_of_line
from privacy.models import RegimeRule
from privacy.regimes.seeds import READER, RULES, Seed


def sync(using: str) -> None:
    """Adds what is new. A line that was changed is proposed in the place of the rule that it was, so that a manager
    sees which open requests it moves before it counts; what managers have changed stays. One query when there is
    nothing to do."""
    if RegimeRule._meta.db_table not in connections[using].introspection.table_names():
        return
    rows = RegimeRule.objects.using(using)
    known = set(rows.exclude(seed="").values_list("seed", flat=True))
    missing = [seed for seed in RULES if digest(seed) not in known]
    if missing:
        standing = in_the_place_of(list(rows.order_by("proposed_at", "id"))) if known else {}
        rows.bulk_create([row_of(seed, standing.get(_key(seed))) for seed in missing])


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
