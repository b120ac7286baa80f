"""What the rules in force come to for somebody, in one call."""

from datetime import date, datetime

from privacy import regimes


def bound(kind: str, country: str, received: date | datetime, region: str = "") -> regimes.Binding:
    found = regimes.binding(regimes.clocks_for(regimes.Asked(kind, received, country, region), regimes.in_force()))
    assert found
    return found


def deadline_for(kind: str, country: str, received: date | datetime) -> tuple[str, date]:
    """(law, the day to which work is planned)."""
    found = bound(kind, country, received)
    return found.law, found.planned_on
