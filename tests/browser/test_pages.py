"""What only a browser shows: keys, double clicks, narrow screens, and pages without JavaScript."""

import re

import pytest
from django.urls import reverse

from privacy import roles
from privacy.cases.requests import ask
from privacy.models import Case, State
from tests import factories as f

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "Ticket 4711, asked for by e-mail"


CASE_PAGES = ("change", "prove", "approve", "deny", "set_aside", "answer", "reopen", "assign", "cancel")


def on(person, name: str) -> str:
    return reverse("admin:privacy_datasubject_act_on", args=[person.pk, name])


@pytest.fixture
def agent(let_in):
    return let_in(roles.AGENT)


def test_escape_leaves_a_confirmation_unless_something_is_typed(agent):
    person = f.DataSubjectFactory()
    agent.goto(on(person, "hold_place"))
    agent.fill("[name=reason]", REASON)
    agent.keyboard.press("Escape")
    assert agent.url.endswith(on(person, "hold_place"))
    agent.fill("[name=reason]", "")
    agent.keyboard.press("Escape")
    agent.wait_for_url(f"**{reverse('admin:privacy_datasubject_change', args=[person.pk])}")


def test_the_keyboard_reaches_reason_submit_and_cancel_in_this_order(agent):
    agent.goto(on(f.DataSubjectFactory(), "hold_place"))
    agent.focus("[name=reason]")
    reached = []
    for _ in range(3):
        agent.keyboard.press("Tab")
        reached.append(agent.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
    assert reached == ["silent", "Place the hold", "Cancel"]


def test_an_error_takes_the_focus(agent):
    agent.goto(on(f.DataSubjectFactory(), "hold_place"))
    agent.click("button:text-is('Place the hold')")
    agent.wait_for_selector("[role=alert]")
    assert "Nothing was done" in agent.evaluate("document.activeElement.textContent")


def test_a_double_click_opens_one_request(agent):
    agent.goto(on(f.DataSubjectFactory(), "hold_place"))
    agent.fill("[name=reason]", REASON)
    agent.dblclick("button:text-is('Place the hold')")
    agent.wait_for_url("**/rightsrequest/**")
    assert Case.objects.count() == 1


def test_many_are_chosen_in_the_list(agent):
    f.DataSubjectFactory.create_batch(3)
    agent.goto("/admin/privacy/datasubject/")
    agent.check("#action-toggle")
    agent.select_option("select[name=action]", "hold_place")
    agent.click("button:text-is('Run')")
    agent.fill("[name=reason]", REASON)
    agent.click("button:text-is('Place the hold')")
    agent.wait_for_url(re.compile("/batch/"))
    assert "0 of 3 requests closed" in agent.text_content("[data-sentence]")


def test_a_worker_that_is_away_is_said(agent):
    request = ask("hold_place", subject_ids=[f.DataSubjectFactory().pk], actor=agent.staff, reason=REASON)[0]
    agent.goto(reverse("admin:privacy_rightsrequest_change", args=[request.pk]))
    assert "is saved and starts by itself" in agent.text_content("[data-live]")


def test_without_javascript_there_is_a_link_to_look_again(let_in, open_page, browser, live_server):
    agent = let_in(roles.AGENT)
    request = ask(
        "access", subject_ids=[f.DataSubjectFactory().pk], actor=agent.staff, reason=REASON, verification="signed_in"
    )[0]
    plain = open_page(java_script_enabled=False)
    plain.context.add_cookies(agent.context.cookies())
    plain.goto(reverse("admin:privacy_rightsrequest_change", args=[request.pk]))
    plain.click("text=Refresh")
    assert "0 of 1 steps done" in plain.text_content("[data-live]")


def test_nothing_is_cut_off_on_a_phone(let_in):
    manager = let_in(roles.MANAGER, viewport={"width": 390, "height": 844})
    person = f.person_with_everything()
    request = f.CaseFactory(subject=f.DataSubjectFactory(), state=State.DECIDING)
    for path in (
        "/admin/privacy/datasubject/",
        "/admin/privacy/rightsrequest/",
        "/admin/privacy/legalhold/",
        reverse("admin:privacy_datasubject_change", args=[person.pk]),
        on(person, "erasure"),
        on(person, "access"),
        *(reverse(f"admin:privacy_rightsrequest_{name}", args=[request.pk]) for name in CASE_PAGES),
    ):
        manager.goto(path)
        assert manager.evaluate("document.documentElement.scrollWidth") <= 390, path
