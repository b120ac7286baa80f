"""What to do next: for whom, in which order, and whether the one click leads to where it can be done."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import regimes
from privacy.models import Case, Processor, State, StepState
from privacy.selectors.todo import MOST, Verb, Whose, next_for
from tests import factories as f

pytestmark = pytest.mark.django_db


def case(state: str, days: int = 5, **given) -> Case:
    return f.CaseFactory(state=state, due_on=regimes.today() + timedelta(days=days), **given)


def waiting_at_a_processor(**given) -> Case:
    found = case(State.FULFILLING, kind="erasure", approved_by=f.StaffFactory(), approved_at=datetime.now(UTC), **given)
    f.StepFactory(
        job=f.JobFactory(case=found, kind="erasure"), name="processors.erase", target="google", state=StepState.WAITING
    )
    return found


def waiting_for_a_word_about_others(**given) -> Case:
    found = case(State.FULFILLING, kind="access", **given)
    f.StepFactory(job=f.JobFactory(case=found, kind="access"), name="access.others", state=StepState.WAITING)
    f.RedactionFactory(case=found, decision="", decided_by=None, decided_at=None)
    return found


@pytest.fixture
def everything() -> dict[Verb, Case]:
    """One of each, in the order of their dates."""
    return {
        Verb.LOOK: f.JobFactory(case=case(State.FULFILLING, 1), parked_because="Five claims without progress").case,
        Verb.DECIDE: case(State.DECIDING, 2, kind="erasure"),
        Verb.VERIFY: case(State.VERIFYING, 3, verification=""),
        Verb.ATTEST: waiting_at_a_processor(),
        Verb.CONFIRM: waiting_for_a_word_about_others(days=5),
        Verb.HAND_OVER: f.AccessPackageFactory(request=case(State.ANSWERING, 6, outcome="fulfilled")).request,
        Verb.ANSWER: case(State.ANSWERING, 7),
    }


def verbs(member, whose=Whose.ALL) -> dict[Verb, Case | None]:
    return {task.verb: task.case for task in next_for(member, whose)}


def test_each_thing_stands_under_its_verb_the_most_urgent_first(everything):
    Processor.objects.all().delete()
    found = next_for(f.StaffFactory(role="manager"), Whose.ALL)
    assert [(task.verb, task.case) for task in found] == list(everything.items())


@pytest.mark.parametrize(
    ("role", "can"),
    [
        ("agent", {Verb.LOOK, Verb.VERIFY, Verb.CONFIRM, Verb.HAND_OVER, Verb.ANSWER}),
        ("approver", {Verb.LOOK, Verb.DECIDE, Verb.VERIFY, Verb.ATTEST, Verb.CONFIRM, Verb.HAND_OVER, Verb.ANSWER}),
        ("auditor", set()),
        ("developer", set()),
    ],
)
def test_nobody_is_told_to_do_what_their_role_may_not(everything, role, can):
    assert set(verbs(f.StaffFactory(role=role))) == can


def test_nobody_decides_or_attests_what_they_asked_for():
    member = f.StaffFactory(role="manager")
    case(State.DECIDING, kind="erasure", requested_by=member)
    waiting_at_a_processor(requested_by=member)
    assert not {Verb.DECIDE, Verb.ATTEST} & set(verbs(member))


def test_mine_and_unassigned_are_what_they_say(everything):
    member = f.StaffFactory(role="manager")
    Case.objects.filter(pk=everything[Verb.ANSWER].pk).update(owner=member)
    Case.objects.filter(pk=everything[Verb.VERIFY].pk).update(owner=None)
    assert list(verbs(member, Whose.MINE)) == [Verb.ANSWER]
    assert Verb.ANSWER not in verbs(member, Whose.UNASSIGNED) and Verb.VERIFY in verbs(member, Whose.UNASSIGNED)


def test_flags_and_reviews_wait_for_those_who_decide_them():
    flag = f.ChildFlagFactory()
    found = next_for(f.StaffFactory(role="manager"), Whose.ALL)
    assert [task.subject_id for task in found if task.verb is Verb.FLAG] == [flag.subject_id]
    assert any(task.verb is Verb.REVIEW for task in found)
    assert not any(task.verb in (Verb.FLAG, Verb.REVIEW) for task in next_for(f.StaffFactory(role="agent"), Whose.ALL))


def test_there_are_at_most_ten_and_their_number_costs_no_query(client, manager):
    client.get(reverse("admin:index"))
    with CaptureQueriesContext(connection) as none:
        client.get(reverse("admin:index"))
    for days in range(MOST + 3):
        case(State.ANSWERING, days)
    with CaptureQueriesContext(connection) as many:
        answer = client.get(reverse("admin:index"))
    assert len(answer.context["todo"]) == MOST
    assert len(many) <= len(none) + 1  # of whom they are


def test_the_click_leads_to_where_it_can_be_done_and_the_page_says_who(client, manager, everything):
    answer = client.get(reverse("admin:index"), {"next": "all"})
    for row in answer.context["todo"]:
        ask = client.post if row.is_done_by_click else client.get
        assert ask(row.url).status_code == 200, row.url
    assert everything[Verb.DECIDE].subject.full_name in answer.text
    assert client.get(reverse("admin:index"), {"next": "nonsense"}).status_code == 200
