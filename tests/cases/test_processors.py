"""What staff attest for processors, of one person and of many."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from privacy import roles
from privacy.cases.processors import attest, attest_all
from privacy.catalogue import NotAllowed
from privacy.models import AuditEntry, Job, State, Step, StepState
from tests import factories as f
from tests import working
from tests.manual import erasures_at_clerk, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return f.StaffFactory(role=roles.AGENT)


@pytest.fixture
def approver():
    return f.StaffFactory(role=roles.APPROVER)


def test_one_ticket_attests_many_and_each_trail_and_receipt_names_it(agent, approver):
    cases = erasures_at_clerk(3, agent=agent, approver=approver)
    attested = attest_all(step_ids=[s.id for s in waiting(cases)], actor=approver, evidence="CASE-2026-114")
    assert {c.pk for c in attested} == {c.pk for c in cases} and waiting(cases) == []
    working.run_all()
    for case in cases:
        case.refresh_from_db()
        [told] = AuditEntry.objects.filter(chain=case.pk, event="step.done", actor=approver)
        assert told.data["result"]["evidence"] == "CASE-2026-114" and case.state == State.ANSWERING
        assert "CASE-2026-114" in str(case.receipt.body)


def test_many_take_the_queries_of_one(agent, approver):
    numbers = []
    for people in (1, 12):
        steps = waiting(erasures_at_clerk(people, agent=agent, approver=approver))
        with CaptureQueriesContext(connection) as captured:
            attest_all(step_ids=[s.id for s in steps], actor=approver, evidence="SUP-1")
        numbers.append(len(captured))
    assert numbers[1] - numbers[0] <= 1, numbers  # steps that are alike are written together, and one alone is not


@pytest.mark.parametrize("spoiled_by", ["attested already", "own", "stopped", "nobody", "unknown"])
def test_none_of_many_is_attested_when_one_may_not_be(agent, approver, spoiled_by):
    cases = erasures_at_clerk(3, agent=agent, approver=approver)
    ids = [s.id for s in waiting(cases)]
    match spoiled_by:
        case "attested already":
            attest(step_id=ids[0], actor=approver, evidence="SUP-1")
        case "own":
            own = erasures_at_clerk(1, agent=approver, approver=f.StaffFactory(role=roles.MANAGER))
            ids += [s.id for s in waiting(own)]
        case "stopped":
            Job.objects.filter(case=cases[0]).update(stopped_at=Now())
        case "nobody":
            ids = []
        case "unknown":
            ids = [cases[0].pk]
    before = set(Step.objects.filter(state=StepState.DONE).values_list("pk", flat=True))
    with pytest.raises(NotAllowed):
        attest_all(step_ids=ids, actor=approver, evidence="SUP-1")
    assert set(Step.objects.filter(state=StepState.DONE).values_list("pk", flat=True)) == before


def test_an_agent_attests_nothing(agent, approver):
    cases = erasures_at_clerk(2, agent=f.StaffFactory(role=roles.AGENT), approver=approver)
    with pytest.raises(PermissionDenied):
        attest_all(step_ids=[s.id for s in waiting(cases)], actor=agent, evidence="SUP-1")
    assert len(waiting(cases)) == 2
