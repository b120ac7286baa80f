"""A date is by a verified rule, or says that it is not; and it is the same for whoever reads it."""

import csv
import json
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from billing.personal_data import CreditNoteData, InvoiceData, RefundData
from privacy import regimes, roles
from privacy.regimes import calendar, deadline_for
from privacy.selectors import cases
from tests import factories as f
from tests.fulfilment.exporting import exported, json_rows, unzipped

RIGHTS = ("access", "erasure")
CALENDARS = {"IE": "IE", "FR": "FR", "GB-ENG": "GB"}
# The farthest from the controller's zone: for some hours of each day its date is another one.
FAR_EAST, FAR_WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
# In these two zones 1 and 2 December, in the controller's 1 December.
MOMENT = datetime(2026, 12, 2, 5, 0, tzinfo=UTC)


def noon(day: date) -> datetime:
    """A moment of that day where the controller counts."""
    return datetime(day.year, day.month, day.day, 20, tzinfo=UTC)


def due(kind: str, country: str, received: str) -> tuple[str, str]:
    regime, day = deadline_for(kind, country, noon(date.fromisoformat(received)))
    return regime, day.isoformat()


class TestNoVerifiedRule:
    @pytest.mark.parametrize("kind", RIGHTS)
    @pytest.mark.parametrize("country", ["", "ZZ", "JP", "AU", "IN", "MX", "GG"])
    def test_a_residence_without_one_gets_the_earliest_date_of_all_rules_held_and_says_so(self, kind, country):
        assert due(kind, country, "2026-11-20") == ("none_verified", "2026-11-30")

    def test_brazil_and_korea_are_never_owed_later_than_their_own_laws_say(self):
        assert due("access", "BR", "2026-11-20") == ("lgpd", "2026-12-05")
        assert due("erasure", "BR", "2026-11-20") == ("none_verified", "2026-11-30")
        assert due("access", "KR", "2026-11-20") == ("none_verified", "2026-11-30")
        assert due("erasure", "KR", "2026-11-20") == ("pipa", "2026-11-30")

    @pytest.mark.parametrize("kind", RIGHTS)
    def test_no_date_is_later_than_one_of_a_rule_held_for_the_country_verified_or_not(self, kind):
        for rule in regimes.rules.RULES:
            for country in rule.countries if kind in rule.rights else ():
                _, day = deadline_for(kind, country, noon(date(2026, 11, 20)))
                assert day <= rule.due_on(date(2026, 11, 20), country), (rule.regime, country)

    @pytest.mark.parametrize("kind", RIGHTS)
    def test_the_gdpr_is_for_the_eea_alone(self, kind):
        assert {deadline_for(kind, country, noon(date(2026, 3, 5)))[0] for country in regimes.EEA} == {"gdpr"}
        assert len(regimes.EEA) == 30

    def test_every_rule_names_its_source_and_those_that_count_the_day_it_was_read(self):
        assert all(rule.source and (rule.verified_on is None or rule.verified_on.year) for rule in regimes.rules.RULES)


class TestTheCalendar:
    def test_every_date_of_the_held_out_set_is_right(self, shared_data):
        with (shared_data / "deadline-oracle" / "deadlines.csv").open(newline="") as file:
            rows = [row | {"received": date.fromisoformat(row["received"])} for row in csv.DictReader(file)]
        wrong = [(row["received"], row["calendar"], name) for row in rows for name in wrong_dates(row)]
        assert (len(rows), wrong) == (2193, [])

    def test_england_s_bank_holidays_are_those_that_the_government_lists(self, shared_data):
        listed = json.loads((shared_data / "govuk-bank-holidays" / "bank-holidays.json").read_text())
        england = listed["divisions"]["common.nations.england-and-wales_slug"]
        for year in range(2019, 2028):
            days = {datetime.strptime(day["date"], "%d/%m/%Y").date() for day in england[str(year)]}
            assert on_workdays(days) == on_workdays(calendar.public_holidays("GB", year)), year

    @pytest.mark.parametrize(
        ("received", "country", "day"),
        [
            ("2025-03-21", "GB", "2025-04-22"),  # Easter Monday
            ("2025-07-25", "GB", "2025-08-26"),  # the August bank holiday
            ("2026-01-31", "DE", "2026-03-02"),  # a month is not thirty days, and ends with its last
            ("2026-08-31", "DE", "2026-09-30"),
            ("2026-03-05", "DE", "2026-04-07"),
            ("2026-12-01", "DE", "2027-01-04"),
            ("2028-01-31", "DE", "2028-02-29"),
            ("2026-11-20", "US", "2027-01-04"),
        ],
    )
    def test_known_dates(self, received, country, day):
        assert due("access", country, received)[1] == day

    def test_the_day_of_receipt_is_the_controller_s(self):
        before, after = datetime(2026, 8, 31, 6, 59, tzinfo=UTC), datetime(2026, 8, 31, 7, 0, tzinfo=UTC)
        assert [deadline_for("access", "US", at)[1] for at in (before, after)] == [
            date(2026, 10, 14),
            date(2026, 10, 15),
        ]


def on_workdays(days) -> set[date]:
    """Only these move a date: a list may have a holiday's Saturday beside the Monday that stands in for it, or not."""
    return {day for day in days if day.weekday() < 5}


def wrong_dates(row: dict) -> list[str]:
    """Names of the oracle's columns that the product computes differently."""
    received, country = row["received"], CALENDARS[row["calendar"]]
    computed = {
        "plus_1_month": calendar.due_on(received, 1, 0, None),
        "plus_1_month_rolled": deadline_for("access", country, noon(received))[1],
        "plus_2_months_rolled": calendar.due_on(received, 2, 0, country),
        "plus_3_months_rolled": calendar.due_on(received, 3, 0, country),
        "plus_30_days": deadline_for("access", "CA", noon(received))[1],
        "plus_45_days": deadline_for("access", "US", noon(received))[1],
    }
    return [name for name, day in computed.items() if day.isoformat() != row[name]]


@pytest.fixture
def reader(db):
    """Call it with a zone: a browser of a manager who lives there."""

    def living_in(zone: str) -> Client:
        client = Client()
        client.force_login(f.StaffFactory(role=roles.MANAGER, time_zone=zone))
        return client

    return living_in


def request_of(country: str, **given):
    regime, due_on = deadline_for(given.get("kind", "access"), country, MOMENT)
    return f.CaseFactory(subject__country=country, regime=regime, due_on=due_on, **given)


class TestEveryReaderSeesTheSame:
    @pytest.fixture
    def readers(self, reader):
        with time_machine.travel(MOMENT, tick=False):
            yield [reader(zone) for zone in (FAR_EAST, FAR_WEST, "Europe/Berlin", "Nowhere/AtAll")]

    def shown(self, readers, url: str, data=None) -> set:
        return {json.dumps(self.dates_in(client.get(url, data).content.decode())) for client in readers}

    def dates_in(self, page: str) -> list[str]:
        return [line.strip() for line in page.splitlines() if "ops-due" in line]

    def test_what_is_left_and_what_is_overdue(self, readers):
        for days in (-1, 0, 1):
            f.CaseFactory(due_on=date(2026, 12, 1) + timedelta(days=days))
        queue = reverse("admin:privacy_rightsrequest_changelist")
        seen = self.shown(readers, queue)
        assert len(seen) == 1
        assert "1 day overdue" in (only := seen.pop()) and "today" in only and "1 day left" in only
        for filtered in ({"queue": "overdue"}, {"deadline": "week"}):
            assert len({client.get(queue, filtered).context["cl"].result_count for client in readers}) == 1
        assert cases.queue_counts(f.StaffFactory())["overdue"] == 1

    def test_the_request_s_own_page(self, readers):
        request = f.CaseFactory(due_on=date(2026, 12, 1), received_at=MOMENT, regime="gdpr")
        url = reverse("admin:privacy_rightsrequest_change", args=[request.pk])
        assert len(self.shown(readers, url)) == 1
        assert all("Counted from 1 Dec 2026" in client.get(url).content.decode() for client in readers)

    def test_the_figures_and_pictures_of_the_dashboard(self, readers):
        for days in (-1, 0, 7, 8):
            f.CaseFactory(due_on=date(2026, 12, 1) + timedelta(days=days))
        found = [client.get(reverse("admin:index")).context["today"] for client in readers]
        assert {(today.overdue, today.due_soon) for today in found} == {(1, 2)}
        assert len({(tuple(today.due), tuple(today.ages)) for today in found}) == 1
        assert dict(found[0].due)[date(2026, 12, 1)] == 1

    def test_the_receipt_s_day_of_receipt(self, readers):
        receipt = f.ReceiptFactory(request__received_at=MOMENT)
        url = reverse("admin:privacy_rightsrequest_receipt", args=[receipt.request_id])
        assert all("1 December 2026" in client.get(url).content.decode() for client in readers)


class TestTheWordsStandBesideTheDate:
    @pytest.fixture
    def manager(self, reader):
        return reader("UTC")

    def test_in_the_queue_and_on_the_request_s_page(self, manager):
        request = request_of("JP")
        ruled = request_of("DE")
        pages = [
            manager.get(reverse("admin:privacy_rightsrequest_changelist")),
            manager.get(reverse("admin:privacy_rightsrequest_change", args=[request.pk])),
            manager.get(reverse("admin:privacy_datasubject_change", args=[request.subject_id])),
        ]
        assert ["No verified rule</span>" in page.content.decode() for page in pages] == [True] * 3
        page = manager.get(reverse("admin:privacy_rightsrequest_change", args=[ruled.pk])).content.decode()
        assert "No verified rule" not in page and "One month (GDPR art. 12(3)" in page

    def test_in_a_batch(self, manager):
        batch = f.BatchFactory()
        request_of("", batch=batch)
        assert (
            "No verified rule" in manager.get(reverse("admin:privacy_batch_change", args=[batch.pk])).content.decode()
        )

    def test_on_the_dashboard_and_its_list(self, manager):
        for country in ("JP", "DE"):
            f.CaseFactory(
                subject__country=country, due_on=regimes.today(), regime=deadline_for("access", country, MOMENT)[0]
            )
        assert "1 by no verified rule" in manager.get(reverse("admin:index")).content.decode()
        queue = reverse("admin:privacy_rightsrequest_changelist")
        assert manager.get(queue, {"deadline": "none_verified"}).context["cl"].result_count == 1

    @pytest.mark.parametrize(
        ("country", "words"),
        [
            ("DE", "We answer within one month."),
            ("US", "We answer within 45 days."),
            ("JP", "verified no rule on how soon for where you live"),
        ],
    )
    def test_in_the_package_and_its_rows(self, transactional_db, country, words):
        person = f.DataSubjectFactory(country=country)
        content = unzipped(exported(person))
        assert words in " ".join(content["index.html"].decode().split())
        regime = deadline_for("access", country, MOMENT)[0]
        assert [row["regime"] for row in json_rows(content, "privacy.Case")] == [regime]


class TestInvoicesStayEightYears:
    @pytest.mark.parametrize("declaration", [InvoiceData, RefundData, CreditNoteData])
    def test_from_the_end_of_their_year(self, declaration):
        (keep,) = declaration.keeps()
        assert keep.until.ends_on(date(2026, 1, 1)) == keep.until.ends_on(date(2026, 12, 31)) == date(2034, 12, 31)

    def test_and_every_text_says_so_with_its_sources_and_that_nobody_has_read_the_law_itself(self, reader):
        record = reader("UTC").get(reverse("admin:privacy_processor_record")).content.decode()
        assert "8 years after the end of the calendar year (issued at)" in record
        assert "AO s. 147(3) and (4), HGB s. 257(4) and (5); unverified" in record
        assert "ten years" not in record
