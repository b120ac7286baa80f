"""To cancel or deny an ordered hold is to release it, and an ordered child flag to clear it."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from privacy import roles
from privacy.cases.requests import ask, grant
from privacy.fulfilment import children, holds, requests
from privacy.models import RequestKind, RequestStatus, RightsRequest
from tests import factories as f
from tests import working

pytestmark = pytest.mark.django_db

ORDERS = {"hold_place": holds.place, "child_flag": children.flag}
UNDOING = {
    "cancel": lambda order, actor: requests.cancel(request_id=order.id, actor=actor),
    "deny": lambda order, actor: requests.deny(request_id=order.id, actor=actor, denial_reason="no_match"),
}
POSTED = {"cancel": {}, "deny": {"denial_reason": "no_match"}}


@pytest.fixture
def agent():
    return f.StaffFactory(role=roles.AGENT)


@pytest.fixture
def approver():
    return f.StaffFactory(role=roles.APPROVER)


def ordered(kind: str, actor, person=None) -> RightsRequest:
    return ORDERS[kind](subject_ids=[(person or f.DataSubjectFactory()).id], actor=actor, reason="A court asks")[0]


def in_a_workers_hands(order) -> None:
    working.claimed(order.id)


def parked(order) -> None:
    order.jobs.update(parked_because="it stopped")


STATES = {"just ordered": lambda order: None, "in a worker's hands": in_a_workers_hands, "parked": parked}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", UNDOING)
@pytest.mark.parametrize("kind", ORDERS)
def test_who_may_order_may_not_undo_the_order_in_any_state_not_even_their_own(kind, act, state, agent):
    order = ordered(kind, agent)
    STATES[state](order)
    with pytest.raises(PermissionDenied):
        UNDOING[act](order, agent)
    order.refresh_from_db()
    assert (order.status, order.job.cancel_requested) == (RequestStatus.IN_PROGRESS, False)


@pytest.mark.parametrize("act", UNDOING)
@pytest.mark.parametrize("kind", ORDERS)
def test_a_post_to_the_page_of_the_act_is_refused(kind, act, agent):
    order = ordered(kind, f.StaffFactory())
    client = Client()
    client.force_login(agent)
    url = reverse(f"admin:privacy_rightsrequest_{act}", args=[order.id])
    assert client.get(url).status_code == 403
    assert client.post(url, POSTED[act]).status_code == 403
    order.refresh_from_db()
    assert order.is_open


@pytest.mark.parametrize("act", UNDOING)
@pytest.mark.parametrize("kind", ORDERS)
def test_who_may_release_or_clear_may_undo_the_order(kind, act, approver):
    order = ordered(kind, f.StaffFactory())
    UNDOING[act](order, approver)
    order.refresh_from_db()
    assert not order.is_open


def test_a_colleagues_approved_erasure_stays_stopped_by_the_hold_that_an_agent_tried_to_cancel(agent, approver):
    person = f.person_with_everything()
    [request] = ask(
        "erasure", subject_ids=[person.id], actor=f.StaffFactory(), reason="Asked by mail", verification="signed_in"
    )
    grant(request_id=request.id, actor=approver)
    hold = ordered("hold_place", agent, person)
    with pytest.raises(PermissionDenied):
        requests.cancel(request_id=hold.id, actor=agent)
    holds.resume_unheld()
    working.run(request.id)
    working.run_all()
    request.refresh_from_db()
    assert request.job.stopped_at
    assert person.identifiers.exists()


@pytest.mark.parametrize("kind", ORDERS)
def test_the_button_tells_an_agent_why_and_is_there_for_an_approver(kind, agent, approver):
    order = ordered(kind, agent)
    page, cancel = (reverse(f"admin:privacy_rightsrequest_{name}", args=[order.id]) for name in ("change", "cancel"))
    client = Client()
    client.force_login(agent)
    seen = client.get(page).content.decode()
    assert cancel not in seen
    assert "So an approver or manager has to cancel it." in seen
    client.force_login(approver)
    assert cancel in client.get(page).content.decode()
    assert "Without this order" in client.get(cancel).content.decode()


@pytest.mark.parametrize(
    ("kind", "order", "permission"),
    [
        ("hold_release", holds.release, "release_legalhold"),
        ("child_clear", children.clear, "clear_child"),
    ],
)
def test_a_release_or_clearance_is_cancelled_and_tried_again_by_those_who_may_order_it(kind, order, permission, agent):
    [request] = order(subject_ids=[f.DataSubjectFactory().id], actor=f.StaffFactory(), reason="The court is done")
    parked(request)
    for act in (requests.cancel, requests.unpark):
        with pytest.raises(PermissionDenied):
            act(request_id=request.id, actor=agent)
    assert set(vars(requests.MAY[kind]).values()) == {f"privacy.{permission}"}


def test_every_kind_states_the_permission_of_each_act_and_each_is_given_to_a_role():
    assert set(requests.MAY) == set(RequestKind)
    named = {permission for may in requests.MAY.values() for permission in vars(may).values()}
    assert named <= set(roles.ACTIONS)
