"""Calendar arithmetic, explained step by step: never a timedelta for a month.

Months by Reg. (EEC, Euratom) 1182/71 art. 3: the day of the event is not counted, the period ends with the same date of
the month or with the month's last day, and one that ends on a Saturday, Sunday or public holiday runs on to the next
working day where the law says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from dateutil.relativedelta import relativedelta

from privacy.models.places import region_named

# The controller's day, whoever reads: of receipt, of the deadline, and today. The policy names no office; Pacific
# time begins a period on the earlier date, so a deadline may be early by a day and never late.
CONTROLLER_ZONE = ZoneInfo("America/Los_Angeles")
# Where a country has no list of its own but what all its parts share: England's, where the ICO sits.
PARTS = {"GB": "ENG"}
UNITS = {"m": "month", "d": "day", "bd": "business day", "h": "hour"}
PERIOD = r"([1-9][0-9]{0,3})(bd|[mdh])"
UNTIL = 2200  # a year: nobody's holidays are known so far ahead


@dataclass(frozen=True)
class Period:
    """Calendar months, days, business days or hours."""

    number: int
    unit: str

    @classmethod
    def of(cls, text: str) -> "Period":
        """Of `1m`, `45d`, `10bd` or `72h`. Raises ValueError."""
        found = re.fullmatch(PERIOD, text)
        if found is None:
            raise ValueError("A period is a number and a unit: 1m, 45d, 10bd or 72h.")
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.number} {UNITS[self.unit]}{'s' if self.number != 1 else ''}"

    @property
    def code(self) -> str:
        return f"{self.number}{self.unit}"

    def and_then(self, other: "Period") -> list["Period"]:
        """Both from one start: an extension counts from the original one, so 1 month and 2 are 3."""
        if self.unit == other.unit:
            return [Period(self.number + other.number, self.unit)]
        return [self, other]


@dataclass(frozen=True)
class Calendar:
    """The days on which nobody works: weekends, and the public holidays of a country or a part of it. `code` is `DE`,
    `GB-ENG`, `US-CA`; empty where no list of holidays is held, and weekends alone count."""

    code: str = ""

    def holiday(self, day: date) -> str:
        """Its name; empty where it is none."""
        return _public_holidays(self.code, day.year).get(day, "") if self.code else ""

    def closed(self, day: date) -> str:
        """Why nobody works that day; empty when they do."""
        return self.holiday(day) or (f"{day:%A}" if day.weekday() >= 5 else "")


def calendar_named(code: str) -> Calendar:
    """Raises ValueError in words for the screen."""
    country, _, part = code.partition("-")
    parts = holidays.list_supported_countries().get(country)
    if parts is None or (part and part not in parts):
        raise ValueError(f"No public holidays are known for {code!r}: name a calendar such as DE, GB-ENG or US.")
    return Calendar(f"{country}-{PARTS[country]}" if country in PARTS and not part else code)


def calendar_of(country: str, region: str) -> Calendar:
    """That of the residence: of the region, of what the region is a part of, or of the country."""
    for code in (*_with_what_it_is_part_of(region), country):
        try:
            return calendar_named(code)
        except ValueError:
            continue
    return Calendar()


def _with_what_it_is_part_of(region: str) -> Iterator[str]:
    """`GB-EDH`, `GB-SCT`."""
    while found := region_named(region):
        yield region
        region = found.parent_code or ""


@lru_cache(maxsize=512)
def _public_holidays(code: str, year: int) -> dict[date, str]:
    country, _, part = code.partition("-")
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year))


@dataclass(frozen=True)
class Reckoning:
    """The end of a period. `planned_on` is its last day as counted, by which work is planned; `limit_on` the day to
    which the law lets it run on, the same where it does not. `ends_at` is the moment of a period in hours. `steps`
    explain it; `skipped` are the days that did not count, each with why."""

    planned_on: date
    limit_on: date
    steps: tuple[str, ...]
    skipped: tuple[tuple[date, str], ...] = ()
    ends_at: datetime | None = None


def reckon(
    received: date | datetime,
    periods: list[Period],
    *,
    rolls: bool = False,
    first_day_counts: bool = False,
    paused_days: int = 0,
    calendar: Calendar = Calendar(),
) -> Reckoning:
    """The end of these periods, one after the other, from the day of receipt in the controller's zone (a datetime has
    to be aware). Days on which a pause stood are added before the end is moved off a holiday. Raises ValueError where
    a period in hours is to be counted from a day without a time."""
    if received.year >= UNTIL:
        raise ValueError("This is too far ahead to be reckoned.")
    if any(period.unit == "h" for period in periods):
        return _in_hours(received, periods)
    day = day_of(received) if isinstance(received, datetime) else received
    steps = [_start(day, first_day_counts)]
    day, skipped = day - timedelta(days=first_day_counts), []
    for period in periods:
        day, said, passed = _ended(day, period, calendar)
        steps.append(said)
        skipped += passed
    if paused_days:
        day += timedelta(days=paused_days)
        steps.append(f"The clock stood for {Period(paused_days, 'd')}, which are added: {told(day)}.")
    limit = day
    if rolls:
        limit, sentences, passed = _moved(day, calendar)
        steps += sentences
        skipped += passed
    elif periods[-1].unit != "bd" and (closed := calendar.closed(day)):
        steps.append(f"{_bare(day)} is {_a(closed)}; this period does not move for that.")
    return Reckoning(day, limit, tuple(steps), tuple(skipped))


def _start(day: date, first_day_counts: bool) -> str:
    if first_day_counts:
        return f"Received on {told(day)}, which is the first day of the period."
    return f"Received on {told(day)}; this day is not counted."


def _ended(day: date, period: Period, calendar: Calendar) -> tuple[date, str, list[tuple[date, str]]]:
    if period.unit == "bd":
        return _business_days(day, period, calendar)
    last = day + (relativedelta(months=period.number) if period.unit == "m" else relativedelta(days=period.number))
    short = period.unit == "m" and last.day != day.day
    why = f": that month has no day {day.day}, so its last day" if short else ""
    return last, f"{period} later is {told(last)}{why}.", []


def _business_days(day: date, period: Period, calendar: Calendar) -> tuple[date, str, list[tuple[date, str]]]:
    passed, left = [], period.number
    while left:
        day += timedelta(days=1)
        if closed := calendar.closed(day):
            passed.append((day, closed))
        else:
            left -= 1
    named = [f"{told(off)} ({why})" for off, why in passed if calendar.holiday(off)]
    besides = f", and {', '.join(named)}" if named else ""
    return day, f"{period} later is {told(day)}: weekends do not count{besides}.", passed


def _moved(day: date, calendar: Calendar) -> tuple[date, list[str], list[tuple[date, str]]]:
    """To the next working day (Reg. 1182/71 art. 3(4))."""
    steps, passed = [], []
    while closed := calendar.closed(day):
        steps.append(f"{_bare(day)} is {_a(closed)}.")
        passed.append((day, closed))
        day += timedelta(days=1)
    if passed:
        steps.append(f"The period ends with the next working day, {told(day)}.")
    if not calendar.code:
        steps.append("No calendar of public holidays is known for this residence: weekends alone were counted.")
    return day, steps, passed


def _in_hours(received: date | datetime, periods: list[Period]) -> Reckoning:
    if not isinstance(received, datetime):
        raise ValueError("A period in hours counts from a moment: give the time of day and its zone as well.")
    if any(period.unit != "h" for period in periods):
        raise ValueError("A period in hours stands alone.")
    period = Period(sum(period.number for period in periods), "h")
    end = received.astimezone(UTC) + timedelta(hours=period.number)
    steps = (
        f"Counted from {received.astimezone(UTC):%-d %B %Y, %H:%M} UTC.",
        f"{period} later is {end:%-d %B %Y, %H:%M} UTC. Weekends and holidays count, and the end does not move.",
    )
    return Reckoning(day_of(end), day_of(end), steps, ends_at=end)


def told(day: date) -> str:
    """`Friday 28 February 2026`."""
    return f"{day:%A} {_bare(day)}"


def _bare(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _a(closed: str) -> str:
    return f"a {closed}" if closed in ("Saturday", "Sunday") else f"a public holiday ({closed})"


def day_of(moment: datetime) -> date:
    """The controller's day at this moment."""
    return moment.astimezone(CONTROLLER_ZONE).date()


def today() -> date:
    """The controller's day now: what is overdue is so for every reader at once."""
    return day_of(datetime.now(UTC))
