"""Rule rows, each with its source. A deadline is a date by rule, computed and not legal advice.

A rule whose text nobody has read yet sets no deadline. Where no verified rule covers the person's country and right,
the regime is NONE_VERIFIED and the date is the earliest over all the rules held, verified or not: early at worst.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from privacy.regimes import calendar

ACCESS, ERASURE = frozenset({"access"}), frozenset({"erasure"})
RIGHTS = ACCESS | ERASURE
# The controller's day, whoever reads: of receipt, of the deadline, and today. The policy names no office; Pacific
# time begins a period on the earlier date, so a deadline may be early by a day and never late.
CONTROLLER_ZONE = ZoneInfo("America/Los_Angeles")
NONE_VERIFIED = "none_verified"
ANSWER_BEFORE = timedelta(days=3)  # what is not finished by then is answered with what is so
EEA = frozenset([
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
])  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """The time to answer these rights of people who live in these countries (ISO 3166-1 alpha-2).

    A period that `rolls` ends on a working day of the country of residence: Reg. 1182/71 art. 2(1) counts the
    holidays of the Member State in which action is taken, and the controller names no office in any, so that the
    supervisory authority and the calendar are those of the residence. `verified_on` is the day on which somebody
    read the source's own text, None when nobody has.
    """

    regime: str
    name: str
    countries: frozenset[str]
    rights: frozenset[str]
    months: int
    days: int
    rolls: bool
    source: str
    verified_on: date | None

    @property
    def period(self) -> str:
        return "one month" if self.months == 1 else f"{self.days} days"

    def due_on(self, received_on: date, country: str) -> date:
        return calendar.due_on(received_on, self.months, self.days, country if self.rolls else None)


READ = date(2026, 11, 23)
# fmt: off
RULES = (
    Rule("gdpr", "GDPR", EEA, RIGHTS, 1, 0, True, "GDPR art. 12(3); Reg. 1182/71 art. 3", READ),
    Rule("uk_gdpr", "UK GDPR", frozenset({"GB"}), RIGHTS, 1, 0, True,
         "UK GDPR art. 12(3); ICO, What should we consider", READ),
    # The residence names no state, and no state's law that we know of asks for less.
    Rule("ccpa", "CCPA", frozenset({"US"}), RIGHTS, 0, 45, False,
         "Cal. Civ. Code 1798.130(a)(2); 11 CCR 7021(b)", READ),
    Rule("lgpd", "LGPD", frozenset({"BR"}), ACCESS, 0, 15, False, "LGPD arts. 18 to 20", READ),
    Rule("pipeda", "PIPEDA", frozenset({"CA"}), ACCESS, 0, 30, False, "PIPEDA s. 8(3)", READ),
    Rule("fadp", "FADP", frozenset({"CH"}), ACCESS, 0, 30, False, "FADP art. 25", READ),
    Rule("pipa", "PIPA", frozenset({"KR"}), ERASURE, 0, 10, False, "PIPA art. 36; Enforcement Decree art. 43(3)", READ),
    Rule("pipa", "PIPA", frozenset({"KR"}), ACCESS, 0, 10, False, "PIPA art. 35", None),
    Rule("appi", "APPI", frozenset({"JP"}), RIGHTS, 0, 14, False, "APPI arts. 33 to 35: without delay", None),
    Rule("privacy_act", "Privacy Act", frozenset({"AU"}), ACCESS, 0, 30, False, "APP 12: a reasonable period", None),
    Rule("dpdp", "DPDP Act", frozenset({"IN"}), RIGHTS, 0, 90, False, "DPDP Rules 2025, rule 14", None),
)
# fmt: on
NAMES = {NONE_VERIFIED: "No verified rule"} | {rule.regime: rule.name for rule in RULES}


def rule_for(kind: str, country: str) -> Rule | None:
    """The verified rule for a right of somebody who lives there; None where there is none, or residence is unknown."""
    covering = (r for r in RULES if kind in r.rights and country in r.countries and r.verified_on)
    return next(covering, None)


def deadline_for(kind: str, country: str, received_at: datetime) -> tuple[str, date]:
    """(regime key, due date) of a request for this right."""
    received_on = day_of(received_at)
    if rule := rule_for(kind, country):
        return rule.regime, rule.due_on(received_on, country)
    return NONE_VERIFIED, earliest(kind, received_on)


def earliest(kind: str, received_on: date) -> date:
    """Over all the rules held for this right, or where there are none for any, none of which is moved by anybody's
    holidays."""
    covering = [rule for rule in RULES if kind in rule.rights] or RULES
    return min(calendar.due_on(received_on, rule.months, rule.days, None) for rule in covering)


def name_of(regime: str) -> str:
    return NAMES.get(regime, regime)


def explanation_of(kind: str, regime: str) -> str:
    """Why a request of this kind is due when it is, in one sentence."""
    if regime == NONE_VERIFIED:
        return "No rule for this residence has been verified. The date is the earliest of all the rules held."
    rule = next((r for r in RULES if r.regime == regime and kind in r.rights), None)
    return f"{rule.period[0].upper()}{rule.period[1:]} ({rule.source})." if rule else ""


def day_of(moment: datetime) -> date:
    """The controller's day at this moment."""
    return moment.astimezone(CONTROLLER_ZONE).date()


def today() -> date:
    """The controller's day now: what is overdue is so for every reader at once."""
    return day_of(datetime.now(UTC))
