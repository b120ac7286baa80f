"""Whoever the data map names as recipient is called, asked by a person, or known to lose the data by a stated day."""

import pytest

from privacy.cases import processors
from privacy.cases.requests import ask, grant
from privacy.connectors.base import connectors
from privacy.connectors.checks import check_recipients
from privacy.datamap import registry
from privacy.models import State
from privacy.selectors import plans
from tests import working
from tests.factories import DataSubjectFactory, SessionFactory, StaffFactory, UsageEventFactory, person_with_everything

NAMED = {key for declaration in registry.declarations.values() for key in declaration.recipients}


def test_recipients_minus_connectors_is_empty():
    assert NAMED - connectors.keys() == set()
    assert {connector.mode for connector in connectors.values()} <= {"API", "manual", "expiry"}
    assert check_recipients(None) == []


def test_a_recipient_that_nobody_tells_stops_the_start(monkeypatch):
    monkeypatch.delitem(connectors, "logging")
    assert {error.id for error in check_recipients(None)} == {"datamap.E016"}


def test_the_hosting_receives_whatever_is_declared():
    assert [d.label() for d in registry.declarations.values() if "hosting" not in d.recipients] == []


@pytest.mark.django_db
def test_a_recipient_knows_whoever_has_a_row_in_what_names_it():
    used, signed_in, nothing = DataSubjectFactory.create_batch(3)
    UsageEventFactory(subject=used)
    SessionFactory(subject=signed_in)
    ids = [used.id, signed_in.id, nothing.id]
    assert set(connectors["analytics"].references_of(ids)) == {used.id}
    assert set(connectors["hosting"].references_of(ids)) == set(ids)


@pytest.mark.django_db
def test_many_people_cost_one_query(django_assert_num_queries):
    ids = [p.id for p in DataSubjectFactory.create_batch(5)]
    for key in ("analytics", "email_delivery", "logging", "hosting"):
        with django_assert_num_queries(1):
            connectors[key].references_of(ids)


@pytest.mark.django_db
def test_plan_steps_and_receipt_name_every_recipient():
    person = person_with_everything()
    planned = plans.erasure_plan([person.id]).processors
    assert {"Analytics", "E-mail delivery", "Logging"} <= planned["manual"].keys()
    assert {"Cloud hosting"} <= planned["expiry"].keys()
    [request] = ask(
        "erasure", subject_ids=[person.id], actor=StaffFactory(), reason="Asked by mail", verification="signed_in"
    )
    approver = StaffFactory()
    grant(request_id=request.id, actor=approver)
    working.run(request.id)
    request.refresh_from_db()
    assert request.state == State.FULFILLING
    for step in request.steps.filter(state="waiting"):
        processors.attest(step_id=step.id, actor=approver, evidence="TICKET-7")
    working.run(request.id)
    request.refresh_from_db()
    told = {item["processor"]: item for item in request.receipt.body["processors"]}
    assert NAMED - told.keys() == set()
    assert {told[key]["outcome"] for key in ("analytics", "email_delivery", "logging")} == {"attested"}
    assert told["hosting"]["retained"][0]["what"] == "backups"
