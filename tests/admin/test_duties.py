"""Holds and flags are decided from their own list and page: who may see the button has it, and nobody else."""

import pytest
from django.urls import reverse

from privacy import roles
from privacy.cases.requests import ask
from privacy.models import ChildFlag, LegalHold, State
from tests import factories as f
from tests import working
from tests.admin.clients import REASON, signed_in

pytestmark = pytest.mark.django_db
NAME = "Zofia Zielińska"


@pytest.fixture
def person():
    return f.DataSubjectFactory(full_name=NAME)


def asked(kind: str, person, staff):
    [case] = ask(kind, subject_ids=[person.pk], actor=staff, reason=REASON)
    working.run_all()
    return case


def list_of(model: str, query: str = "") -> str:
    return reverse(f"admin:privacy_{model}_changelist") + query


def page_of(row) -> str:
    return reverse(f"admin:privacy_{row._meta.model_name}_change", args=[row.pk])


def offered(client, row) -> dict[str, str]:
    """{kind or place of the decision: label} of the buttons of this row, on its list and its page alike."""
    [listed] = client.get(list_of(row._meta.model_name, "?state=all")).context["cl"].result_list
    page = client.get(page_of(row))
    assert page.context["buttons"] == listed.buttons and NAME in page.text
    live = [button for button in listed.buttons if not button.not_because]
    assert all(f'href="{button.url}"' in page.text or page.context.get("decision") for button in live)
    return {button.url: button.label for button in live}


def act_on(person, kind: str) -> str:
    return reverse("admin:privacy_datasubject_act_on", args=[person.pk, kind])


def test_a_hold_offers_its_release_to_those_who_may_ask(agent, person):
    asked("hold_place", person, agent.staff)
    hold = LegalHold.objects.get()
    assert offered(agent, hold) == {act_on(person, "hold_release"): "Release hold…"}
    assert offered(signed_in(roles.AUDITOR), hold) == {}
    assert agent.get(act_on(person, "hold_release")).status_code == 200


def test_a_release_somebody_asked_for_is_confirmed_on_the_hold_s_page(agent, approver, person):
    asked("hold_place", person, agent.staff)
    case, hold = asked("hold_release", person, agent.staff), LegalHold.objects.get()
    assert offered(approver, hold) == {f"{page_of(hold)}#decide": "Confirm the release…"}
    page = approver.get(page_of(hold))
    assert REASON in page.text and str(agent.staff) in page.text and 'id="decide"' in page.text
    answer = approver.post(page.context["decision_url"], {"typed": "zielinska"})
    case.refresh_from_db()
    hold.refresh_from_db()
    assert answer.status_code == 302 and case.approved_by == approver.staff and hold.released_at
    assert offered(approver, hold) == {} and 'id="decide"' not in approver.get(page_of(hold)).text


def test_who_asked_and_who_does_not_decide_read_whom_it_waits_for(agent, approver, person):
    asked("hold_place", person, agent.staff)
    asked("hold_release", person, approver.staff)
    hold = LegalHold.objects.get()
    for client, words in ((approver, "You asked for it yourself"), (agent, "Waits for another person’s confirmation")):
        assert offered(client, hold) == {}
        for page in (client.get(list_of("legalhold")), client.get(page_of(hold))):
            assert words in page.text and 'id="decide"' not in page.text


def test_a_flag_is_decided_from_its_row(agent, approver, person):
    asked("child_flag", person, agent.staff)
    flag = ChildFlag.objects.get()
    child, cleared = act_on(person, "child_confirm"), act_on(person, "child_clear")
    assert offered(agent, flag) == {cleared: "Not a child’s…"}
    assert offered(approver, flag) == {child: "It is a child’s…", cleared: "Not a child’s…"}
    asked("child_confirm", person, approver.staff)
    flag.refresh_from_db()
    assert flag.state == ChildFlag.State.CHILD and offered(approver, flag) == {cleared: "Not a child’s…"}
    case = asked("child_clear", person, agent.staff)
    assert offered(approver, flag) == {f"{page_of(flag)}#decide": "Confirm: not a child’s…"}
    approver.post(approver.get(page_of(flag)).context["decision_url"], {"typed": str(person.pk)[:8]})
    case.refresh_from_db()
    flag.refresh_from_db()
    assert case.state == State.FULFILLING and flag.state == ChildFlag.State.CLEARED and offered(approver, flag) == {}
