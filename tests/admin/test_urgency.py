"""The queue's order is the order of what is at stake, says why, and stands on an index."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from privacy import regimes
from privacy.models import Case, State
from privacy.selectors import cases, urgency
from tests import factories as f

pytestmark = pytest.mark.django_db
LIST = reverse("admin:privacy_rightsrequest_changelist")


def due_in(days: int, **given) -> Case:
    given = {"kind": "access", "state": State.DECIDING, "owner": f.StaffFactory()} | given
    return f.CaseFactory(due_on=None if days is None else regimes.today() + timedelta(days=days), **given)


def in_order() -> list[Case]:
    return list(urgency.ranked(cases.with_work(Case.objects.filter(cases.OPEN))).order_by(*urgency.order()))


def test_the_date_comes_first_and_then_what_is_at_stake_the_gravest_first():
    last, plain, late = due_in(None), due_in(3), due_in(-2)
    nobodys, unruled = due_in(3, owner=None), due_in(3, regime=regimes.NONE_VERIFIED)
    parked, child, final = due_in(3), due_in(3), due_in(3, kind="erasure")
    f.JobFactory(case=parked, parked_because="The disk is full")
    f.ChildFlagFactory(subject=child.subject)
    assert in_order() == [late, final, child, unruled, parked, nobodys, plain, last]


def test_a_place_is_explained_in_words():
    grave = due_in(-1, kind="erasure", owner=None)
    f.ChildFlagFactory(subject=grave.subject)
    due_in(9)
    first, second = in_order()
    assert urgency.why_here(first) == ["cannot be undone", "may be a child’s", "nobody’s"]
    assert urgency.why_here(second) == []


def test_the_list_says_whom_it_waits_for_and_why_it_stands_where_it_stands(client, manager):
    due_in(-1, kind="erasure", owner=None)
    due_in(5, state=State.ANSWERING)
    f.JobFactory(case=due_in(6, kind="erasure", state=State.FULFILLING), stopped_at=datetime.now(UTC))
    f.JobFactory(case=due_in(7, state=State.FULFILLING), parked_because="The disk is full")
    rows = client.get(LIST).context["cl"].result_list
    waits = ["a second person", "our answer", "a legal hold", "somebody to look"]
    assert [cases.waits_for(row) for row in rows] == waits
    text = client.get(LIST).text
    assert ">cannot be undone, nobody’s<" in text and "1 day overdue" in text


def test_what_is_nobodys_has_a_tab(client, manager):
    nobodys, _ = due_in(3, owner=None), due_in(3)
    page = client.get(LIST, {"queue": "unassigned"})
    assert [row.pk for row in page.context["cl"].result_list] == [nobodys.pk]


def test_the_first_page_is_found_by_the_index_of_dates():
    due_in(3)
    rows = urgency.ranked(Case.objects.filter(cases.OPEN)).order_by(*urgency.order())[:100]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert "case_open_by_due" in plan or connection.vendor == "sqlite"
