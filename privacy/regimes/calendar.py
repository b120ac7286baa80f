"""Calendar arithmetic of Regulation 1182/71: never a timedelta for a month."""

from datetime import date, timedelta

import holidays
from dateutil.relativedelta import relativedelta


def due_on(received_on: date, months: int, days: int, country: str | None) -> date:
    """The last day of the period that starts on `received_on`, which itself is not counted.

    With a `country` (whose public holidays count) a period that ends on a Saturday, Sunday or holiday runs on to
    the next working day (Reg. 1182/71 art. 3(4)); without one it does not move (US laws).
    """
    last = received_on + relativedelta(months=months, days=days)
    return next_working_day(last, country) if country else last


def next_working_day(day: date, country: str) -> date:
    free = holidays.country_holidays(country, years=[day.year, day.year + 1])
    while day.weekday() >= 5 or day in free:
        day += timedelta(days=1)
    return day
