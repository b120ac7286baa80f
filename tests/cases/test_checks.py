"""What would wait for ever stops the start."""

from dataclasses import replace

import pytest

from privacy.cases import checks
from privacy.cases.processors import attest
from privacy.catalogue import NotAllowed, case_kinds
from tests import factories as f


def test_the_project_has_no_fault():
    assert checks.check_steps(None) == checks.check_decisions(None) == []


@pytest.mark.parametrize("act", ["decide", "deny"])
def test_a_decision_of_two_that_nobody_may_take(monkeypatch, act):
    erasure = case_kinds["erasure"]
    monkeypatch.setattr(erasure, "may", replace(erasure.may, **{act: None}))
    [error] = checks.check_decisions(None)
    assert error.id == "cases.E001"
    assert f"none who may {act}" in error.msg


def test_a_step_without_a_handler(monkeypatch):
    monkeypatch.delitem(checks.remote_handlers, "processors.erase")
    assert [error.msg for error in checks.check_steps(None)] == [
        "No handler is registered for the step 'processors.erase' that a plan names."
    ]


@pytest.mark.django_db
def test_work_that_nobody_asked_for_is_attested_by_nobody():
    step = f.StepFactory(
        job=f.JobFactory(case=None, subject=None, kind="imports.run", about="a" * 64), name="processors.erase"
    )
    with pytest.raises(NotAllowed, match="Nobody asked"):
        attest(step_id=step.id, actor=f.StaffFactory(), evidence="TICKET-1")
