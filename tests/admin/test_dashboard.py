"""The first page of the day: right figures, links to the lists behind them, few queries, no scan of a big table."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import regimes, roles
from privacy.admin import dashboard as page
from privacy.models import Case, Outcome, State
from privacy.selectors import dashboard, open_work
from tests import factories as f

pytestmark = pytest.mark.django_db
QUERIES = 12  # session, member and permissions are four of them
S = State


def open_request(state=S.RECEIVED, **given) -> Case:
    return f.CaseFactory(state=state, **given)


def figures(client) -> dict:
    context = client.get(reverse("admin:index")).context
    return {f.label: f for f in [*context["pressing"], *context["machinery"]]}


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
    assert (found["To be answered"], found["Mine"], found["Escalated"]) == (1, 1, 2)
    assert found["Second answers owed"] == 1


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
    assert not found["Legal holds in force"].url
    assert "Overdue" not in found and "Awaiting my decision" not in found


@pytest.mark.parametrize("role", roles.ROLES)
def test_escalated_is_for_managers(client, role):
    open_request(due_on=regimes.today() + timedelta(days=3))
    client.force_login(f.StaffFactory(role=role))
    found = figures(client)
    if role == roles.MANAGER:
        assert found["Escalated"].number == 1 and found["Escalated"].url.endswith("?deadline=to_me")
    else:
        assert "Escalated" not in found


def test_open_rights_are_told_by_age_and_our_own_duties_are_not():
    now = datetime.now(UTC)
    for days in (0, 7, 8, 20, 31, 400):
        open_request(received_at=now - timedelta(days=days, minutes=1))
    f.CaseFactory(kind="hold_place", received_at=now)
    f.CaseFactory(closed=True, received_at=now - timedelta(days=4))
    assert [bucket.number for bucket in open_work.of_age(dashboard.open_counts(f.StaffFactory()))] == [2, 1, 1, 1, 1]


def test_what_is_due_stands_on_its_day_for_six_weeks():
    today = regimes.today()
    for days in (-1, 0, 3, 3, 41, 42):
        open_request(due_on=today + timedelta(days=days))
    f.CaseFactory(closed=True, due_on=today)
    due = open_work.due_by_day(dashboard.open_counts(f.StaffFactory()))
    assert len(due) == 42 and {day: number for day, number in due if number} == {
        today: 1, today + timedelta(days=3): 2, today + timedelta(days=41): 1,
    }  # fmt: skip


def test_answers_are_told_by_how_soon_they_came_and_how_many_were_late(settings):
    settings.SMALLEST_FIGURE = 3
    now = datetime.now(UTC)
    for days, due in ((1, 20), (9, 20), (40, 30), (60, 30)):
        received = now - timedelta(days=days, minutes=1)
        due_on = (received + timedelta(days=due)).date()
        f.CaseFactory.create_batch(3, closed=True, closed_at=now, received_at=received, due_on=due_on)
    f.CaseFactory(closed=True, closed_at=now, received_at=now, outcome=Outcome.WITHDRAWN)
    f.CaseFactory(closed=True, closed_at=now - timedelta(weeks=13), received_at=now - timedelta(weeks=14))
    [access] = open_work.answered()
    assert [bucket.number for bucket in access.buckets] == [3, 3, 0, 3, 3]
    assert (access.late.number, access.total.number) == (6, 12)


def test_how_soon_few_were_answered_is_not_told(client, manager):
    now = datetime.now(UTC)
    for days, number in ((1, 30), (9, 1), (20, 12)):
        f.CaseFactory.create_batch(
            number, closed=True, closed_at=now, received_at=now - timedelta(days=days, minutes=1)
        )
    [line] = client.get(reverse("admin:index")).context["answered"]
    assert line["numbers"] == ["30", "fewer than 10", "not shown", "0", "0"] and line["total"] == "43"
    assert [part.text for part in line["parts"]] == ["Up to a week: 30"]


@pytest.mark.parametrize(("number", "top"), [(0, 2), (2, 2), (3, 4), (7, 10), (11, 20), (1554, 2000), (4001, 10000)])
def test_the_axis_ends_at_a_round_even_number(number, top):
    assert page.ceiling(number) == top


def test_the_highest_bar_stays_within_the_picture():
    chart = page.chart([(regimes.today(), 1554)])
    assert all(bar.y >= 0 and bar.y + bar.height <= chart.height for bar in chart.bars)


def test_the_page_takes_few_queries(client, manager):
    for _ in range(3):
        open_request(S.ANSWERING, subject=f.person_with_everything())
    f.ChildFlagFactory()
    client.get(reverse("admin:index"))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:index"))
    assert len(queries) <= QUERIES, "\n".join(q["sql"][:150] for q in queries)


def test_silence_of_the_worker_is_marked(client, manager):
    assert figures(client)["Last sweep"].tone == "stop"
    f.HeartbeatFactory(name="sweep", at=datetime.now(UTC))
    assert figures(client)["Last sweep"].tone == ""
    f.HeartbeatFactory(name="verify_audit", at=datetime.now(UTC) - timedelta(hours=3))
    assert figures(client)["Audit trail verified"].number == "3 hours ago"
