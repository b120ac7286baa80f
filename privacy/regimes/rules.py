"""Which rules are the law for a person, and the clocks that they set for what was asked.

A rule whose source nobody has read sets a date like any other and says that it is unverified. Where no verified rule
of the residence covers the right, the earliest date of all the rules held counts beside it: early at worst.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from privacy.models import Clock, RegimeRule
from privacy.regimes.calendar import Calendar, Period, Reckoning, calendar_named, calendar_of, day_of, reckon
from privacy.regimes.seeds import RULES

NONE_VERIFIED = "none_verified"
NO_RULE = "No verified rule"
INTERNAL = "internal"
SHIPPED = {seed.law: seed.name for seed in RULES} | {NONE_VERIFIED: NO_RULE}
K = Clock.Kind


@dataclass(frozen=True)
class Reckoned:
    """A clock before it has a row: what one rule asks, and when that ends."""

    kind: str
    rule: RegimeRule
    period: Reckoning
    is_fallback: bool = False
    note: str = ""

    @property
    def is_response(self) -> bool:
        return self.kind in K.answers()


@dataclass(frozen=True)
class Asked:
    """What a set of clocks is asked for. `calendar` takes the place of the residence's and the rule's."""

    right: str
    received: date | datetime
    country: str = ""
    region: str = ""
    extended: bool = False
    paused_days: int = 0
    calendar: Calendar | None = None

    @property
    def received_on(self) -> date:
        return day_of(self.received) if isinstance(self.received, datetime) else self.received


def in_force() -> list[RegimeRule]:
    """All confirmed rules of whatever time, in one query; `effective` says which of them count on a day."""
    rows = RegimeRule.objects.filter(confirmed_at__isnull=False, retired_at=None)
    return list(rows.order_by("proposed_at", "law", "effective_from", "id"))


def effective(rules: Iterable[RegimeRule], right: str, on: date) -> list[RegimeRule]:
    """Those of the rules that cover the right and are in force on that day. What names the right comes before what is
    for all, and takes its place within the same law."""
    found = [r for r in rules if r.effective_from <= on and (r.effective_to is None or on <= r.effective_to)]
    named = [rule for rule in found if right in rule.rights]
    laws = {rule.law for rule in named}
    return named + [rule for rule in found if not rule.rights and rule.law not in laws]


def clocks_for(asked: Asked, rules: Sequence[RegimeRule]) -> list[Reckoned]:
    """Every clock of the laws of the residence, then ours; see the module."""
    held = effective(rules, asked.right, asked.received_on)
    laws = [rule for rule in held if rule.law != INTERNAL]
    own, possible = of_place(laws, asked.country, asked.region)
    found = [clock for rule in own for clock in of_rule(rule, asked)]
    found += strictest_of_the_regions(found, [clock for rule in possible for clock in of_rule(rule, asked)], asked)
    if laws and not any(clock.is_response and clock.rule.verified_on for clock in found):
        found += fallback(asked, laws)
    return found + [internal for rule in held if rule.law == INTERNAL for internal in of_rule(rule, asked)]


def of_place(rules: Iterable[RegimeRule], country: str, region: str) -> tuple[list[RegimeRule], list[RegimeRule]]:
    """(those of the residence, those of regions of the country in one of which an unknown region may be)."""
    own, possible = [], []
    for rule in rules:
        if country in rule.places or (region and region in rule.places):
            own.append(rule)
        elif country and not region and any(place.startswith(f"{country}-") for place in rule.places):
            possible.append(rule)
    return own, possible


def of_rule(rule: RegimeRule, asked: Asked) -> list[Reckoned]:
    """The clocks of one rule, whoever it is for. Raises ValueError by reckon."""
    calendar = asked.calendar or (calendar_named(rule.calendar) if rule.calendar else None)
    calendar = calendar or _calendar(asked.country, asked.region)

    def end(*periods: Period, rolls: bool = rule.rolls, paused: int = 0) -> Reckoning:
        return reckon(
            asked.received, list(periods), rolls=rolls, first_day_counts=rule.first_day_counts, paused_days=paused,
            calendar=calendar,
        )  # fmt: skip

    paused = asked.paused_days if rule.pauses else 0
    found = []
    if rule.acknowledge:
        found.append(Reckoned(K.ACKNOWLEDGE, rule, end(Period.of(rule.acknowledge))))
    if rule.respond:
        respond = Period.of(rule.respond)
        kind = K.INTERNAL if rule.law == INTERNAL else K.APPEAL if asked.right == "appeal" else K.RESPOND
        if asked.extended and rule.extend:
            periods = respond.and_then(Period.of(rule.extend))
            found.append(Reckoned(K.EXTENDED, rule, end(*periods, paused=paused)))
        else:
            found.append(Reckoned(kind, rule, end(respond, paused=paused)))
    return found


@lru_cache(maxsize=1024)
def _calendar(country: str, region: str) -> Calendar:
    return calendar_of(country, region)


def strictest_of_the_regions(own: list[Reckoned], possible: list[Reckoned], asked: Asked) -> list[Reckoned]:
    """Of the laws of regions that may be the person's, the earliest clock a kind, where it is earlier than the
    country's own."""
    found = []
    for kind in K.values:
        earliest = min((c for c in possible if c.kind == kind), key=lambda c: c.period.planned_on, default=None)
        theirs = [clock.period.planned_on for clock in own if clock.kind == kind]
        if earliest and not any(day <= earliest.period.planned_on for day in theirs):
            note = f"No region of {asked.country} is known for this person: the earliest of its regions’ laws counts."
            found.append(Reckoned(kind, earliest.rule, earliest.period, note=note))
    return found


def fallback(asked: Asked, laws: Iterable[RegimeRule]) -> list[Reckoned]:
    """The earliest response over all the rules held for the right, moved by nobody's holidays."""
    nobody = Asked(asked.right, asked.received_on, calendar=Calendar())
    found = []
    for rule in laws:
        if rule.respond and not rule.respond.endswith("h"):
            period = reckon(nobody.received, [Period.of(rule.respond)], first_day_counts=rule.first_day_counts)
            found.append(Reckoned(K.RESPOND, rule, period, is_fallback=True, note=UNKNOWN))
    earliest = min(found, key=lambda clock: clock.period.planned_on, default=None)
    return [earliest] if earliest else []


UNKNOWN = "No rule for this residence has been verified: the earliest of all the rules held for this right counts."


@dataclass(frozen=True)
class Binding:
    """What the clocks come to: by whose law, the day to which work is planned, and the law's limit."""

    law: str
    planned_on: date
    limit_on: date


def binding(clocks: Sequence[Reckoned] | Sequence[Clock]) -> Binding | None:
    """The strictest of the laws; ours where the law gives no time to respond. None where there is no clock."""
    responses = [clock for clock in clocks if clock.kind in K.answers()]
    counting = responses or [clock for clock in clocks if clock.kind == K.INTERNAL]
    if not counting:
        return None
    days = [days_of(clock) for clock in counting]
    strictest = counting[days.index(min(days))]
    law = NONE_VERIFIED if any(clock.is_fallback for clock in counting) else strictest.rule.law
    return Binding(law, min(planned for planned, _ in days), min(limit for _, limit in days))


def days_of(clock: Reckoned | Clock) -> tuple[date, date]:
    """(planned, limit)."""
    ends = clock.period if isinstance(clock, Reckoned) else clock
    return ends.planned_on, ends.limit_on


def name_of(law: str) -> str:
    """As staff and people read it. One query for a law that managers have added; the key itself of one that is gone."""
    if law in SHIPPED:
        return SHIPPED[law]
    rule = RegimeRule.objects.filter(law=law).order_by("-effective_from").first()
    return rule.name if rule else law


def rule_for(right: str, country: str, region: str, on: date) -> RegimeRule | None:
    """The verified rule by which a right of somebody who lives there is answered soonest; None where there is none."""
    clocks = clocks_for(Asked(right, on, country, region), in_force())
    verified = [c for c in clocks if c.is_response and c.rule.verified_on and not c.is_fallback]
    soonest = min(verified, key=lambda clock: clock.period.planned_on, default=None)
    return soonest.rule if soonest else None
