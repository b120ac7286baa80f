"""Periods end where independent software says, and say how they came there."""

import csv
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.regimes.calendar import Calendar, Period, calendar_named, calendar_of, day_of, reckon

CALENDARS = ("DE", "FR", "GB-ENG", "GB-SCT", "IE", "US", "US-CA", "CA-QC", "JP", "BR", "")


def ends(received: str, *periods: str, calendar: str = "", **more) -> tuple[str, str]:
    of = calendar_named(calendar) if calendar else Calendar()
    found = reckon(date.fromisoformat(received), list(map(Period.of, periods)), calendar=of, **more)
    return f"{found.planned_on}", f"{found.limit_on}"


def test_every_column_of_the_held_out_set(shared_data):
    with (shared_data / "deadline-oracle" / "deadlines.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {
        "plus_1_month": ("1m", 0), "plus_1_month_rolled": ("1m", 1), "plus_2_months": ("2m", 0),
        "plus_2_months_rolled": ("2m", 1), "plus_3_months": ("3m", 0), "plus_3_months_rolled": ("3m", 1),
        "plus_30_days": ("30d", 0), "plus_45_days": ("45d", 0), "plus_90_days": ("90d", 0),
        "plus_10_business_days": ("10bd", 0),
    }  # fmt: skip
    assert columns.keys() == rows[0].keys() - {"received", "calendar"}
    wrong = [
        (row["received"], row["calendar"], name)
        for row in rows
        for name, (period, which) in columns.items()
        if ends(row["received"], period, calendar=row["calendar"], rolls=bool(which))[which] != row[name]
    ]
    assert (len(rows), wrong) == (2193, [])


def test_england_s_bank_holidays_are_those_that_the_government_lists(shared_data):
    listed = json.loads((shared_data / "govuk-bank-holidays" / "bank-holidays.json").read_text())
    england, ours = listed["divisions"]["common.nations.england-and-wales_slug"], calendar_named("GB")
    for year in range(2019, 2028):
        days = {datetime.strptime(day["date"], "%d/%m/%Y").date() for day in england[str(year)]}
        every_day = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()))
        found = {day for day in every_day if ours.holiday(day) and day.weekday() < 5}
        # Only workdays move a date: a list may have a holiday's Saturday beside the Monday that stands in for it.
        assert {day for day in days if day.weekday() < 5} == found, year


@pytest.mark.parametrize(
    ("received", "period", "calendar", "planned", "limit"),
    [
        ("2026-01-31", "1m", "DE", "2026-02-28", "2026-03-02"),  # a month is not thirty days, and ends with its last
        ("2026-08-31", "1m", "DE", "2026-09-30", "2026-09-30"),
        ("2026-03-05", "1m", "DE", "2026-04-05", "2026-04-07"),  # Easter Sunday and Monday
        ("2026-08-13", "1m", "DE", "2026-09-13", "2026-09-14"),
        ("2026-03-03", "1m", "DE", "2026-04-03", "2026-04-07"),  # Good Friday
        ("2026-12-01", "1m", "DE", "2027-01-01", "2027-01-04"),
        ("2028-01-31", "1m", "DE", "2028-02-29", "2028-02-29"),
        ("2026-01-31", "3m", "DE", "2026-04-30", "2026-04-30"),  # extended, from the original start
        ("2028-01-31", "3m", "DE", "2028-04-30", "2028-05-02"),  # Sunday, then Labour Day
        ("2025-03-21", "1m", "GB", "2025-04-21", "2025-04-22"),  # Easter Monday
        ("2025-07-25", "1m", "GB-ENG", "2025-08-25", "2025-08-26"),  # the August bank holiday
        ("2025-07-04", "1m", "GB-SCT", "2025-08-04", "2025-08-05"),  # Scotland's, three weeks before
    ],
)
def test_a_month_ends_with_the_same_date_and_rolls_to_the_next_working_day(received, period, calendar, planned, limit):
    assert ends(received, period, calendar=calendar, rolls=True) == (planned, limit)


@pytest.mark.parametrize(
    ("period", "day"), [("10bd", "2026-12-07"), ("15bd", "2026-12-14"), ("45d", "2027-01-04"), ("90d", "2027-02-18")]
)
def test_days_of_california(period, day):
    assert ends("2026-11-20", period, calendar="US") == (day, day)


def test_a_period_beginning_when_counts_its_first_day():
    assert ends("2026-06-20", "30d", first_day_counts=True) == ("2026-07-19", "2026-07-19")


def test_hours_never_roll():
    friday = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)
    found = reckon(friday, [Period.of("72h")], rolls=True, calendar=calendar_named("DE"))
    assert found.ends_at == datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
    assert found.limit_on == day_of(found.ends_at)
    with pytest.raises(ValueError, match="from a moment"):
        reckon(date(2026, 11, 27), [Period.of("72h")])


def test_days_of_a_pause_are_added_before_it_rolls():
    assert ends("2026-01-31", "1m", calendar="DE", rolls=True, paused_days=7) == ("2026-03-07", "2026-03-09")


@pytest.mark.parametrize("text", ["", "0d", "1", "m", "-1d", "1w", "01m", "10 bd", "99999d", "1m2d"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match="period"):
        Period.of(text)


@pytest.mark.parametrize("code", ["ZZ", "GB-XXX", "de", "D", "US-California"])
def test_what_is_no_calendar_is_refused(code):
    with pytest.raises(ValueError, match="No public holidays"):
        calendar_named(code)


@pytest.mark.parametrize(
    ("country", "region", "code"),
    [
        ("DE", "", "DE"), ("DE", "DE-BY", "DE-BY"), ("GB", "", "GB-ENG"), ("GB", "GB-EDH", "GB-SCT"),
        ("GB", "GB-LND", "GB-ENG"), ("FR", "FR-75", "FR"), ("US", "US-CA", "US-CA"), ("", "", ""), ("ZZ", "", ""),
    ],
)  # fmt: skip
def test_the_calendar_is_the_region_s_or_that_of_what_it_is_a_part_of(country, region, code):
    assert calendar_of(country, region) == Calendar(code)


@given(
    st.dates(date(2018, 1, 1), date(2035, 1, 1)),
    st.builds(Period, st.integers(1, 99), st.sampled_from(("m", "d", "bd"))),
    st.sampled_from(CALENDARS),
    st.booleans(),
)
def test_whatever_is_asked_the_limit_is_a_working_day_not_before_the_plan_and_every_skipped_day_is_told(
    received, period, code, rolls
):
    calendar = calendar_named(code) if code else Calendar()
    found = reckon(received, [period], rolls=rolls, calendar=calendar)
    assert received < found.planned_on <= found.limit_on
    if rolls or period.unit == "bd":
        assert not calendar.closed(found.limit_on)
    assert all(calendar.closed(day) == why for day, why in found.skipped)
    moved = (found.limit_on - found.planned_on).days
    assert moved == sum(found.planned_on <= day < found.limit_on for day, _ in found.skipped)
    if period.unit == "bd":
        assert (found.planned_on - received).days == period.number + len(found.skipped)
    assert period.of(period.code) == period and str(found.limit_on.year) in " ".join(found.steps)
