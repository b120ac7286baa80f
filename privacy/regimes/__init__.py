"""The law as data: which rules a request falls under, the dates by which it is owed, and whose day it is."""

from datetime import timedelta

from privacy.regimes.calendar import CONTROLLER_ZONE, Period, calendar_named, day_of, today
from privacy.regimes.rules import (
    INTERNAL,
    NONE_VERIFIED,
    Asked,
    Binding,
    Reckoned,
    binding,
    clocks_for,
    days_of,
    effective,
    fallback,
    in_force,
    name_of,
    of_place,
    of_rule,
    rule_for,
    strictest_of_the_regions,
)
from privacy.regimes.seeds import EEA

ANSWER_BEFORE = timedelta(days=3)  # what is not finished by then is answered with what is so

__all__ = [
    "ANSWER_BEFORE", "Asked", "Binding", "CONTROLLER_ZONE", "EEA", "INTERNAL", "NONE_VERIFIED", "Period", "Reckoned",
    "binding", "calendar_named", "clocks_for", "day_of", "days_of", "effective", "fallback", "in_force", "name_of",
    "of_place", "of_rule", "rule_for", "strictest_of_the_regions", "today",
]  # fmt: skip
