"""A deadline that nobody's case asks for: what `manage.py deadline` and `manage.py deadlines` answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from privacy.models import Clock, RegimeRule
from privacy.models.places import why_not_there
from privacy.regimes.calendar import CONTROLLER_ZONE, calendar_named, today
from privacy.regimes.rules import Asked, Reckoned, effective, of_rule

COLUMNS = ("law", "right", "received", "country", "region", "calendar", "extended")
ANSWERS = ("due", "acknowledge_by", "explanation")
K = Clock.Kind


@dataclass(frozen=True)
class Deadline:
    """What one law says about one right; other laws do not count."""

    asked: Asked
    rule: RegimeRule
    respond: Reckoned | None
    acknowledge: Reckoned | None

    @property
    def due(self) -> date | None:
        """The law's limit, after it was moved off a day off."""
        return self.respond.period.limit_on if self.respond else None

    @property
    def acknowledge_by(self) -> date | None:
        return self.acknowledge.period.limit_on if self.acknowledge else None

    @property
    def explanation(self) -> str:
        """The rule, its citation and every step, in sentences."""
        return " ".join([self.cited, *self.notes, *(step for clock in self.clocks for step in steps_of(clock))])

    @property
    def clocks(self) -> list[Reckoned]:
        return [clock for clock in (self.respond, self.acknowledge) if clock]

    @property
    def cited(self) -> str:
        unread = "" if self.rule.verified_on else " (unverified)"
        return f"{self.rule.name}, {self.asked.right}: {self.rule.source}{unread}."

    @property
    def notes(self) -> list[str]:
        found = []
        if self.asked.received_on > today():
            found.append("The day of receipt is yet to come.")
        if self.asked.extended and not self.rule.extend:
            found.append("This law allows no extension: the first period counts.")
        return found

    def as_json(self) -> dict[str, Any]:
        """{law, name, right, received, country, region, calendar, extended, rule: {...}, clocks: [{kind, planned, due,
        steps, skipped: [{day, why}]}], due, acknowledge_by, explanation, notes}; days as ISO 8601."""
        rule, asked = self.rule, self.asked
        return {
            "law": rule.law, "name": rule.name, "right": asked.right, "received": asked.received_on,
            "country": asked.country, "region": asked.region,
            "calendar": asked.calendar.code if asked.calendar else "", "extended": asked.extended,
            "rule": rule_as_json(rule),
            "clocks": [clock_as_json(clock) for clock in self.clocks],
            "due": self.due, "acknowledge_by": self.acknowledge_by, "explanation": self.explanation,
            "notes": self.notes,
        }  # fmt: skip


def rule_as_json(rule: RegimeRule) -> dict[str, Any]:
    return {
        "respond": rule.respond, "extend": rule.extend, "acknowledge": rule.acknowledge, "rolls": rule.rolls,
        "first_day_counts": rule.first_day_counts, "source": rule.source, "verified_on": rule.verified_on,
        "verified_by": rule.verified_by, "effective_from": rule.effective_from, "effective_to": rule.effective_to,
    }  # fmt: skip


def clock_as_json(clock: Reckoned) -> dict[str, Any]:
    return {
        "kind": clock.kind, "planned": clock.period.planned_on, "due": clock.period.limit_on,
        "ends_at": clock.period.ends_at, "steps": list(clock.period.steps),
        "skipped": [{"day": day, "why": why} for day, why in clock.period.skipped],
    }  # fmt: skip


def steps_of(clock: Reckoned) -> list[str]:
    if clock.kind == K.ACKNOWLEDGE:
        return [f"To acknowledge: {clock.period.steps[-1]}"]
    return list(clock.period.steps)


def deadline(row: Mapping[str, str], rules: Sequence[RegimeRule]) -> Deadline:
    """Of one row with COLUMNS. Raises ValueError in words for whoever asked."""
    given = {name: (row.get(name) or "").strip() for name in COLUMNS}
    for name in ("law", "right", "received"):
        if not given[name]:
            raise ValueError(f"Give {name}.")
    asked = Asked(
        given["right"], received(given["received"]), *residence(given["country"], given["region"]),
        extended=switched_on(given["extended"]),
        calendar=calendar_named(given["calendar"].upper()) if given["calendar"] else None,
    )  # fmt: skip
    rule = rule_of(given["law"].lower(), asked, rules)
    clocks = of_rule(rule, asked)
    return Deadline(
        asked, rule,
        next((clock for clock in clocks if clock.is_response or clock.kind == K.INTERNAL), None),
        next((clock for clock in clocks if clock.kind == K.ACKNOWLEDGE), None),
    )  # fmt: skip


def rule_of(law: str, asked: Asked, rules: Sequence[RegimeRule]) -> RegimeRule:
    """The law's rule for the right on that day. Raises ValueError."""
    of_law = [rule for rule in rules if rule.law == law]
    if not of_law:
        raise ValueError(f"There is no law {law!r}. Known: {', '.join(sorted({rule.law for rule in rules}))}.")
    found = effective(of_law, asked.right, asked.received_on)
    if found:
        return found[0]
    if any(asked.right in rule.rights for rule in of_law):
        raise ValueError(f"The rule of {law} for {asked.right} was not in force on {asked.received_on}.")
    known = sorted({right for rule in of_law for right in rule.rights})
    raise ValueError(f"No rule of {law} is held for {asked.right!r}. Held: {', '.join(known) or 'none'}.")


def received(text: str) -> date | datetime:
    """A day, or a moment with its zone (ISO 8601). Raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day such as 2026-01-31.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=CONTROLLER_ZONE)


def residence(country: str, region: str) -> tuple[str, str]:
    """Raises ValueError where nobody can live."""
    country, region = country.upper(), region.upper()
    country = country or region.partition("-")[0]
    if problem := why_not_there(country, region):
        raise ValueError(problem)
    return country, region


def switched_on(text: str) -> bool:
    """Raises ValueError for what is neither yes nor no."""
    if text.lower() in ("", "0", "no", "false"):
        return False
    if text.lower() in ("1", "yes", "true"):
        return True
    raise ValueError(f"extended is 1 or empty, not {text!r}.")
