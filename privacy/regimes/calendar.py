"""Calendar arithmetic of Regulation 1182/71: never a timedelta for a month."""

from datetime import date, timedelta
from functools import lru_cache

import holidays
from dateutil.relativedelta import relativedelta

# Where a country has no list of its own but what all its parts share: England's, where the ICO sits.
PARTS = {"GB": "ENG"}


def due_on(received_on: date, months: int, days: int, country: str | None) -> date:
    """The last day of the period that starts on `received_on`, which itself is not counted.

    With a `country` (whose public holidays count) a period that ends on a Saturday, Sunday or holiday runs on to
    the next working day (Reg. 1182/71 art. 3(4)); without one it does not move (US laws).
    """
    last = received_on + relativedelta(months=months, days=days)
    return next_working_day(last, country) if country else last


def next_working_day(day: date, country: str) -> date:
    while day.weekday() >= 5 or day in public_holidays(country, day.year):
        day += timedelta(days=1)
    return day


@lru_cache
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Those of the whole country; regional ones do not count."""
    return frozenset(holidays.country_holidays(country, subdiv=PARTS.get(country), years=year))
