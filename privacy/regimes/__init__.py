"""The law as data: which regime a request falls under, the date by which it is owed, and whose day it is."""

from privacy.regimes.rules import (
    ANSWER_BEFORE,
    CONTROLLER_ZONE,
    EEA,
    NONE_VERIFIED,
    day_of,
    deadline_for,
    explanation_of,
    name_of,
    rule_for,
    today,
)

__all__ = [
    "ANSWER_BEFORE",
    "CONTROLLER_ZONE",
    "EEA",
    "NONE_VERIFIED",
    "day_of",
    "deadline_for",
    "explanation_of",
    "name_of",
    "rule_for",
    "today",
]
