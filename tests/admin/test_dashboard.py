"""The first page of the day: right figures, links to the lists behind them, few queries, no scan of a big table."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import regimes, roles
from privacy.admin import dashboard as page
from privacy.models import Case, DataSubject, Outcome, State
from privacy.selectors import dashboard
from privacy.selectors.dashboard import Week
from tests import factories as f

pytestmark = pytest.mark.django_db
# Session, user and permissions take four; the figures the rest. One more is a decision.
QUERIES = 21
S = State


def open_request(state=S.RECEIVED, **given) -> Case:
    return f.CaseFactory(state=state, **given)


def figures(client) -> dict:
    context = client.get(reverse("admin:index")).context
    return {f.label: f for f in [*context["pressing"], *context["machinery"], *(s for s, _ in context["states"])]}


def test_a_fresh_database_says_what_to_do_first(client, manager):
    answer = client.get(reverse("admin:index"))
    assert "Nothing is here yet" in answer.text
    assert "Bring in the people" in answer.text
    f.DataSubjectFactory()
    assert "Nothing is here yet" not in client.get(reverse("admin:index")).text


def test_the_figures_are_right(client, manager):
    today = regimes.today()
    open_request(due_on=today - timedelta(days=1))
    open_request(due_on=today)
    open_request(due_on=today + timedelta(days=7))
    open_request(due_on=today + timedelta(days=8))
    open_request(S.DECIDING, kind="erasure", requested_by=manager)
    open_request(S.DECIDING, kind="erasure")
    f.JobFactory(case=open_request(S.FULFILLING), parked_because="Five claims without progress")
    open_request(S.ANSWERING, owner=manager)
    f.CaseFactory(closed=True, due_on=today - timedelta(days=3), owner=manager)
    f.JobFactory(case=f.CaseFactory(closed=True, outcome=Outcome.PARTLY))
    f.JobFactory(case=f.CaseFactory(closed=True, outcome=Outcome.WITHDRAWN))
    f.LegalHoldFactory()
    f.LegalHoldFactory(released=True)
    f.ChildFlagFactory()
    f.ChildFlagFactory(cleared=True)
    found = {label: figure.number for label, figure in figures(client).items()}
    assert found["Overdue"] == 1
    assert found["Due in 7 days"] == 2
    assert found["Awaiting my decision"] == 1
    assert found["Parked"] == 1
    assert found["Child flags undecided"] == 1
    assert found["Legal holds in force"] == "1"
    assert found["Processors to review"] == 8
    assert (found["Received"], found["Awaiting decision"], found["In progress"]) == (4, 2, 1)
    assert (found["To be answered"], found["Mine"], found["Escalated"]) == (1, 1, 2)
    assert found["Second answers owed"] == 1
    assert found["People"] == str(DataSubject.objects.count())


def test_each_figure_links_to_as_many_rows_as_it_says(client, manager):
    test_the_figures_are_right(client, manager)
    wrong = {}
    for label, figure in figures(client).items():
        if figure.url and isinstance(figure.number, int):
            page = client.get(figure.url).context
            listed = page["cl"].result_count if "cl" in page else sum(tab["number"] for tab in page["tabs"])
            if listed != figure.number:
                wrong[label] = (figure.number, listed)
    assert wrong == {}


def test_a_developer_sees_numbers_and_no_link_to_a_person(client):
    f.person_with_everything()
    client.force_login(f.StaffFactory(role="developer"))
    found = figures(client)
    assert found["People"].number and not found["People"].url
    assert not found["Legal holds in force"].url
    assert found["Overdue"].url


@pytest.mark.parametrize("role", roles.ROLES)
def test_escalated_is_for_managers(client, role):
    open_request(due_on=regimes.today() + timedelta(days=3))
    client.force_login(f.StaffFactory(role=role))
    found = figures(client)
    if role == roles.MANAGER:
        assert found["Escalated"].number == 1 and found["Escalated"].url.endswith("?deadline=escalated")
    else:
        assert "Escalated" not in found


def test_weeks_count_rights_and_not_our_own_duties():
    now = datetime.now(UTC)
    f.CaseFactory(received_at=now - timedelta(weeks=3))
    f.CaseFactory(received_at=now - timedelta(weeks=13))
    f.CaseFactory(kind="hold_place", received_at=now)
    f.CaseFactory(closed=True, received_at=now - timedelta(days=4))
    weeks, closed = dashboard.weekly()
    assert len(weeks) == 12
    assert all(week.monday.weekday() == 0 for week in weeks)
    assert sum(week.received for week in weeks) == 2
    assert (sum(week.closed for week in weeks), closed) == (1, 1)
    assert weeks[-1].closed == 1


def test_the_median_is_the_middle_one():
    now = datetime.now(UTC)
    for days in (1, 2, 9):
        f.CaseFactory(closed=True, closed_at=now, received_at=now - timedelta(days=days))
    assert dashboard.median_days(3) == pytest.approx(2, abs=0.01)
    assert dashboard.median_days(0) is None


@pytest.mark.parametrize(("number", "top"), [(0, 2), (2, 2), (3, 4), (7, 10), (11, 20), (1554, 2000), (4001, 10000)])
def test_the_axis_ends_at_a_round_even_number(number, top):
    assert page.ceiling(number) == top


def test_the_highest_bar_stays_within_the_picture():
    chart = page.chart([Week(regimes.today(), 1554, 0)])
    assert all(bar.y >= 0 and bar.y + bar.height <= chart.height for bar in chart.bars)


def test_the_page_takes_few_queries_and_scans_no_big_table(client, manager):
    for _ in range(3):
        f.person_with_everything()
    client.get(reverse("admin:index"))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:index"))
    assert len(queries) <= QUERIES, [q["sql"][:150] for q in queries]
    big = [q["sql"] for q in queries if "privacy_datasubject" in q["sql"] or "privacy_usageevent" in q["sql"]]
    assert big
    assert all("LIMIT 10000" in sql or "pg_class" in sql for sql in big)


def test_beyond_the_cap_a_count_is_told_as_what_it_is(monkeypatch):
    monkeypatch.setattr(dashboard, "COUNT_CAP", 3)
    for _ in range(4):
        f.DataSubjectFactory()
    estimate = dashboard.estimate(DataSubject)
    assert estimate.rows >= 3
    assert estimate.word in ("about", "more than")


def test_silence_of_the_worker_is_marked(client, manager):
    assert figures(client)["Last sweep"].tone == "stop"
    f.HeartbeatFactory(name="sweep", at=datetime.now(UTC))
    assert figures(client)["Last sweep"].tone == ""
    f.HeartbeatFactory(name="verify_audit", at=datetime.now(UTC) - timedelta(hours=3))
    assert figures(client)["Audit trail verified"].number == "3 hours ago"
