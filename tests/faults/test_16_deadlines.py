"""A date is by a verified rule, or says that it is not; and it is the same for whoever reads it."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from billing.personal_data import CreditNoteData, InvoiceData, RefundData
from privacy import regimes, roles
from privacy.selectors import cases
from tests import factories as f
from tests.fulfilment.exporting import exported, json_rows, unzipped
from tests.reckoning import deadline_for

# The farthest from the controller's zone: for some hours of each day its date is another one.
FAR_EAST, FAR_WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
# In these two zones 1 and 2 December, in the controller's 1 December.
MOMENT = datetime(2026, 12, 2, 5, 0, tzinfo=UTC)


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
        assert "No verified rule" not in page and "GDPR" in page

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
