"""What processors call people, shown to whoever asks there by hand."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now

from privacy import roles
from privacy.cases.processors import attest
from privacy.cases.requests import ask
from privacy.evidence.events import Event
from privacy.fulfilment.reveal import NotRevealed, reveal_names
from privacy.models import AuditEntry, Job, Step
from tests import factories as f
from tests.manual import REASON, erasures_at_clerk, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return f.StaffFactory(role=roles.AGENT)


@pytest.fixture
def approver():
    return f.StaffFactory(role=roles.APPROVER)


@pytest.fixture
def cases(agent, approver):
    return erasures_at_clerk(2, agent=agent, approver=approver)


def looked() -> list[tuple]:
    return list(AuditEntry.objects.filter(event=Event.STEP_REVEALED).values_list("chain", "actor", "data__step"))


def test_each_case_s_trail_tells_who_looked_at_what_and_no_name(cases, agent):
    steps = waiting(cases)
    names = reveal_names(step_ids=[s.id for s in steps], actor=agent)
    assert names == {s.id: {"user_id": [f"user_{s.job.subject_id.hex}"]} for s in steps}
    assert sorted(looked()) == sorted((c.pk, agent.pk, "processors.erase clerk") for c in cases)
    assert "user_" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("spoiled_by", ["finished", "held", "stopped", "unknown", "key"])
def test_where_nothing_is_to_be_asked_nothing_is_shown_nor_told(cases, agent, approver, monkeypatch, spoiled_by):
    steps = waiting(cases)
    ids = [s.id for s in steps]
    match spoiled_by:
        case "finished":
            attest(step_id=ids[0], actor=approver, evidence="SUP-1")
        case "held":
            ask("hold_place", subject_ids=[steps[0].job.subject_id], actor=agent, reason=REASON)
        case "stopped":
            Job.objects.filter(pk=steps[0].job_id).update(stopped_at=Now())
        case "unknown":
            ids.append(cases[0].pk)
        case "key":
            Step.objects.filter(pk=ids[0]).update(sealed=f"lost:{steps[0].sealed}")
    with pytest.raises(NotRevealed):
        reveal_names(step_ids=ids, actor=agent)
    assert looked() == []


@pytest.mark.parametrize("role", [roles.AUDITOR, roles.DEVELOPER])
def test_who_may_reveal_nothing_is_refused(cases, role):
    with pytest.raises(PermissionDenied):
        reveal_names(step_ids=[waiting(cases)[0].id], actor=f.StaffFactory(role=role))
    assert looked() == []
