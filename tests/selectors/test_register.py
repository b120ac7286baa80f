"""The register's figures: counted by the controller's months and days, few queries, and none about few people."""

import csv
import io
from datetime import UTC, datetime, timedelta
from statistics import mean, median

import pytest
from django.conf import settings as configured
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from privacy import regimes, roles
from privacy.evidence.events import Event
from privacy.fulfilment import register as made
from privacy.fulfilment.reveal import NotRevealed
from privacy.models import AuditEntry, Case, Outcome, State
from privacy.selectors import register
from privacy.selectors.small_numbers import ALL
from privacy.selectors.spreads import Spread
from tests import factories as f

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 20, tzinfo=UTC)


def cases(number: int, *, took: int | None = 5, **given) -> list[Case]:
    """Of as many people; closed after so many days, or open."""
    received = given.pop("received_at", NOON)
    ended = {} if took is None else {"closed": True, "closed_at": received + timedelta(days=took)}
    return f.CaseFactory.create_batch(number, received_at=received, **ended, **given)


@pytest.fixture
def few(settings):
    settings.SMALLEST_FIGURE = 3
    return 3


def test_they_are_counted_by_right_law_outcome_and_month(few):
    cases(4, kind="access", regime="gdpr")
    cases(5, kind="erasure", regime="ccpa", took=30)
    cases(3, kind="portability", regime="gdpr", outcome=Outcome.DENIED, denial_reason="insuf_verification")
    cases(6, kind="access", regime="ccpa", took=None, received_at=NOON + timedelta(days=60))
    found = register.of_year(2026)
    assert [found.shown(*key) for key in (
        ALL, ("right", "access"), ("group", "know"), ("group", "delete"), ("law", "gdpr"), ("law", "ccpa"),
        ("outcome", "open"), ("outcome", "fulfilled"), ("month", "3"), ("month", "5"), ("status", "complied"),
        ("status", "denied", "know"), ("basis", "insuf_verification"), ("right", "objection"),
    )] == [18, 10, 13, 5, 7, 11, 6, 9, 12, 6, 9, 3, 3, 0]  # fmt: skip


def test_median_and_mean_are_of_those_who_were_answered(few):
    for days in (1, 2, 3, 10):
        cases(1, took=days)
    cases(3, took=None)
    cases(3, took=99, outcome=Outcome.WITHDRAWN)
    spread = register.of_year(2026).spread("right", "access")
    assert (spread.median, spread.mean) == (2.5, 4.0)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_median_and_mean_are_exact(days):
    spread = Spread()
    for one in days:
        spread.days[one] += 1
    assert (spread.median, spread.mean) == (median(days), mean(days))
    assert sum(spread.within()) == len(days)


@pytest.mark.service("postgresql")
def test_the_median_is_that_of_the_database(few):
    for days in (1, 1, 2, 4, 8, 16):
        cases(1, took=days)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM closed_at - received_at) / 86400) "
            "FROM privacy_case"
        )
        assert register.of_year(2026).spread("all").median == float(cursor.fetchone()[0])


@pytest.mark.parametrize(("hours", "days"), [(0, 0), (23, 0), (24, 1), (47, 1), (48, 2)])
def test_days_are_whole_ones(few, hours, days):
    f.CaseFactory.create_batch(3, closed=True, received_at=NOON, closed_at=NOON + timedelta(hours=hours))
    assert register.of_year(2026).spread("all").median == days


@pytest.mark.parametrize(
    ("moment", "year", "month"),
    [("2026-01-01T07:59:59Z", 2025, 12), ("2026-01-01T08:00:00Z", 2026, 1), ("2026-04-01T06:59:59Z", 2026, 3),
     ("2026-04-01T07:00:00Z", 2026, 4), ("2026-12-01T08:00:00Z", 2026, 12)],
)  # fmt: skip
def test_years_and_months_are_the_controllers(few, moment, year, month):
    cases(3, received_at=datetime.fromisoformat(moment))
    assert register.of_year(year).shown("month", str(month)) == 3


def test_what_was_taken_up_again_is_told(few):
    taken_up = cases(4)
    cases(4)
    for case in taken_up:
        AuditEntry.objects.create(chain=case.pk, n=1, event=Event.CASE_REOPENED, at=NOON, previous="0", digest="0")
    found = register.of_year(2026)
    assert (found.shown("reopened"), found.shown("reopened", "know"), found.shown("not reopened")) == (4, 4, 4)


def test_our_own_duties_are_no_requests(few):
    cases(5, kind="hold_place")
    assert register.of_year(2026).shown(*ALL) == 0


def test_one_person_who_asks_often_is_no_ten_people(settings):
    settings.SMALLEST_FIGURE = 10
    person = f.DataSubjectFactory()
    cases(15, subject=person, kind="access")
    cases(30, kind="erasure")
    cases(40, kind="rectification")
    found = register.of_year(2026)
    assert found.is_small("right", "access") and found.shown("right", "access") is None
    assert found.spread("right", "access") is None
    assert found.is_small("group", "know") and found.shown(*ALL) == 85
    assert None in [found.shown("group", group) for group in ("delete", "correct")]


@pytest.mark.parametrize("number", [3, 60])
def test_it_takes_six_queries_however_many_there_are(few, number):
    cases(number)
    cases(number, kind="erasure", subject=f.DataSubjectFactory())
    with CaptureQueriesContext(connection) as queries:
        register.of_year(2026)
    assert len(queries) <= 6


# --- No export and no page tells of few ---


KINDS, LAWS = ("access", "portability", "erasure", "rectification", "objection"), ("gdpr", "ccpa", "")
ENDS = ((None, ""), (Outcome.FULFILLED, ""), (Outcome.PARTLY, ""), (Outcome.DENIED, "no_match"),
        (Outcome.DENIED, "suspected_fraud"), (Outcome.WITHDRAWN, ""))  # fmt: skip
GROUPS_OF_CASES = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from(LAWS), st.sampled_from(ENDS), st.integers(1, 12),
              st.integers(1, 9), st.integers(0, 60)),
    min_size=1, max_size=7,
)  # fmt: skip


def planted(groups) -> None:
    person = f.DataSubjectFactory()
    staff = f.StaffFactory()
    rows = []
    for kind, law, (outcome, basis), month, number, days in groups:
        received = datetime(2026, month, 5, 20, tzinfo=UTC)
        ended = (
            {"state": State.CLOSED, "outcome": outcome, "closed_at": received + timedelta(days=days)} if outcome else {}
        )
        rows += [
            Case(subject=person, kind=kind, regime=law, reason="Asked", verification="signed_in", requested_by=staff,
                 received_at=received, denial_reason=basis, **ended)
            for _ in range(number)
        ]  # fmt: skip
    Case.objects.bulk_create(rows)


ONE_EACH = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@ONE_EACH
@given(GROUPS_OF_CASES)
def test_neither_the_page_nor_a_file_tells_of_fewer_than_k(client, monkeypatch, groups):
    """A case a person: each number is that of people. What the page and the files show is what a reader has; of that
    no small cell follows (Gauss, and what is left of each sum)."""
    monkeypatch.setattr(configured, "SMALLEST_FIGURE", 4)
    monkeypatch.setattr(register, "_people", lambda rows, year, numbers: dict(numbers))
    with transaction.atomic():
        planted(groups)
        year = register.of_year(2026)
        transaction.set_rollback(True)
    published = year.published
    for key, cell in published.cells.items():
        assert not (0 < cell.number < 4) or published.is_hidden(key), key
    assert published._derivable() == set()
    for one in published.sums:
        if not published.is_hidden(one.total):
            rest = sum(published.cells[part].number for part in one.parts if published.is_hidden(part))
            assert rest == 0 or rest >= 4
    allowed = {"fewer than 4", "not shown", "–"}
    for table in made.tables_of(year):
        for row in table.rows:
            for heading, value in zip(table.headings[1:], row[1:], strict=True):
                is_days = heading in ("Median days", "Mean days")
                assert value in allowed or is_days or value == 0 or value >= 4, (table.name, row)


def test_the_page_shows_few_as_few(client, manager):
    cases(2, kind="erasure")
    cases(30, kind="access")
    cases(25, kind="rectification")
    text = client.get(reverse("admin:privacy_rightsrequest_register") + "?year=2026").text
    assert "fewer than 10" in text and "not shown" in text and ">57<" in text


def test_the_page_takes_few_queries(client, manager):
    cases(12)
    cases(12, kind="erasure", subject=f.DataSubjectFactory())
    url = reverse("admin:privacy_rightsrequest_register")
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) <= 12, "\n".join(query["sql"][:150] for query in queries)


@pytest.mark.parametrize("role", roles.ROLES)
def test_it_is_for_managers_and_auditors(client, role):
    client.force_login(f.StaffFactory(role=role))
    may = role in (roles.MANAGER, roles.AUDITOR)
    url = reverse("admin:privacy_rightsrequest_register")
    assert client.get(url).status_code == (200 if may else 403)
    assert client.post(url + "export/", {"what": "figures"}).status_code == (200 if may else 403)
    assert (url in client.get(reverse("admin:index")).text) == may


@pytest.mark.parametrize("year", ["1999", "x", "20260", "-1", "２０２６"])
def test_a_year_that_is_none_leads_to_this_one(client, manager, year):
    answer = client.get(reverse("admin:privacy_rightsrequest_register"), {"year": year})
    assert answer.status_code == 302 and answer.url == reverse("admin:privacy_rightsrequest_register")


# --- Taken along ---


def taken(client, what: str, file_format: str = "csv", **given):
    url = reverse("admin:privacy_rightsrequest_register_export") + "?year=2026"
    return client.post(url, {"what": what, "file_format": file_format, "reason": "report"} | given)


def lines_of(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_metrics_have_the_columns_of_the_regulation(client, manager):
    cases(12, kind="erasure")
    cases(13, kind="access", outcome=Outcome.DENIED, denial_reason="insuf_verification")
    heading, *rows = lines_of(taken(client, "metrics"))
    assert heading[:4] == ["Requests to", "Received", "Complied with, in whole or in part", "Denied"]
    assert [row[0] for row in rows] == ["Delete", "Correct", "Know", "Opt out of sale or sharing",
                                        "Limit sensitive data", "Other requests", "All"]  # fmt: skip
    assert rows[0][1:4] == ["12", "12", "0"] and rows[2][1:4] == ["13", "0", "13"] and rows[-1][1] == "25"
    assert rows[0][5:7] == ["5.0", "5"] or rows[0][5:7] == ["5.0", "5.0"]


def test_the_records_have_what_is_to_be_kept_and_no_person(client, manager):
    person = f.DataSubjectFactory(full_name="Rosalind Quimby-Vance")
    [case] = cases(1, subject=person, kind="erasure", outcome=Outcome.DENIED, denial_reason="insuf_verification",
                   reason="Rosalind asks")  # fmt: skip
    answer = taken(client, "records")
    heading, row = lines_of(answer)
    assert heading == list(made.RECORD)
    assert row[0] == str(case.pk)[:8] and row[1] == "2026-03-10" and row[4] == "2026-03-15"
    assert "GDPR art. 12" in row[6] and row[5].startswith("Denied")
    assert "Rosalind" not in answer.content.decode() and str(person.pk) not in answer.content.decode()


def test_a_workbook_has_a_sheet_a_table(client, manager):
    cases(12)
    answer = taken(client, "figures", "xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert len(book.sheet_names) == 7
    assert book.get_sheet_by_index(0).to_python()[-1][:2] == ["All", 12.0]


def test_what_is_taken_along_is_logged_with_why(client, manager):
    assert "Choose the reason" in taken(client, "figures", reason="").text
    assert not AuditEntry.objects.filter(event=Event.TABLE_EXPORTED).exists()
    taken(client, "figures")
    entry = AuditEntry.objects.get(event=Event.TABLE_EXPORTED)
    assert (entry.actor, entry.data["why"]) == (manager, "report")


def test_the_verb_asks_for_the_permission_and_the_reason_itself(manager):
    with pytest.raises(PermissionDenied):
        made.hand_out(what="figures", year=2026, actor=f.StaffFactory(role="agent"), reason="report")
    with pytest.raises(NotRevealed):
        made.hand_out(what="figures", year=2026, actor=manager, reason="because")


def test_the_years_offered_are_those_in_which_something_came_in():
    assert register.years() == [regimes.today().year]
    cases(1, received_at=datetime(2024, 1, 1, 7, tzinfo=UTC))  # still 2023 where the controller is
    assert register.years() == list(range(regimes.today().year, 2022, -1))
