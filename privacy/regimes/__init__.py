"""The law as data: which regime a request falls under, and the date by which it is owed."""

from privacy.regimes.rules import deadline_for

__all__ = ["deadline_for"]
