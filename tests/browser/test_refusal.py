"""A refusal for how somebody asks: two people, both sides of a dossier, and the queue that shows where it stands."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from privacy import regimes, roles
from privacy.models import Case, Outcome, State
from tests import factories as f

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = reverse("admin:privacy_rightsrequest_changelist")


def test_a_refusal_rests_on_a_dossier_of_both_sides_and_two_people(let_in):
    agent, approver = let_in(roles.AGENT), let_in(roles.APPROVER)
    case = f.CaseFactory(
        kind="erasure",
        state=State.DECIDING,
        deciders=2,
        requested_by=agent.staff,
        due_on=regimes.today(),
        regime="gdpr",
    )
    page = reverse("admin:privacy_rightsrequest_change", args=[case.pk])
    approver.goto(QUEUE)
    row = approver.locator("#result_list tbody tr", has_text=str(case))
    for words in ("a second person", "cannot be undone", "today"):
        expect(row).to_contain_text(words)
    approver.goto(reverse("admin:privacy_rightsrequest_deny", args=[case.pk]))
    offered = approver.locator("[name=denial_reason] option")
    assert not [text for text in offered.all_inner_texts() if "abusive" in text]

    agent.goto(page)
    agent.click("text=Dossier…")
    for side, text in (("for", "The fourth request in six weeks"), ("against", "One answer left the uploads out")):
        agent.select_option("[name=side]", side)
        agent.fill("[name=text]", text)
        agent.click("button:text-is('Note it')")
        expect(agent.locator(".ops-sides")).to_contain_text(text)
    expect(agent.locator("button:text-is('Confirm the dossier')")).to_have_count(0)

    approver.goto(reverse("admin:privacy_rightsrequest_dossier", args=[case.pk]))
    approver.click("button:text-is('Confirm the dossier')")
    approver.wait_for_selector("text=A refusal may rest on it now")
    approver.goto(reverse("admin:privacy_rightsrequest_deny", args=[case.pk]))
    approver.select_option("[name=denial_reason]", "abusive_intention")
    approver.click("button:text-is('Deny the request')")
    approver.wait_for_selector("text=Asked with an abusive intention (GDPR art. 12(5)(b); CJEU C-526/24)")
    case.refresh_from_db()
    assert (case.state, case.outcome) == (State.ANSWERING, Outcome.DENIED)
    assert Case.objects.get().denial_reason == "abusive_intention"
