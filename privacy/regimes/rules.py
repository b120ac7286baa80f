"""Rule rows, each with its source. A deadline is a date by rule, computed and not legal advice."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from privacy.regimes import calendar

RIGHTS = {"access", "erasure"}
# The day of receipt is the controller's local day. The policy names no office; Pacific time gives the earlier
# date, so a deadline may be early by a day and never late.
CONTROLLER_ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True)
class Rule:
    regime: str
    months: int
    days: int
    holidays: str | None
    source: str
    verified_on: date


GDPR = Rule("gdpr", 1, 0, "DE", "GDPR art. 12(3); Reg. 1182/71 art. 3", date(2026, 11, 23))
UK_GDPR = Rule("uk_gdpr", 1, 0, "GB", "UK GDPR art. 12(3), 12A; ICO, What should we consider", date(2026, 11, 23))
CCPA = Rule("ccpa", 0, 45, None, "Cal. Civ. Code 1798.130(a)(2); 11 CCR 7021(b)", date(2026, 11, 23))


def rule_for(country: str) -> Rule:
    """The rule of the country of residence. Unknown residence gets the shortest clock we know, the GDPR's."""
    if country == "GB":
        return UK_GDPR
    return CCPA if country == "US" else GDPR


def deadline_for(kind: str, country: str, received_at: datetime) -> tuple[str, date | None]:
    """(regime key, due date) of a request; a duty of our own has neither."""
    if kind not in RIGHTS:
        return "", None
    rule = rule_for(country)
    received_on = received_at.astimezone(CONTROLLER_ZONE).date()
    return rule.regime, calendar.due_on(received_on, rule.months, rule.days, rule.holidays)
