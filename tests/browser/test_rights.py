"""Each right in a real browser, from the person's page to its effect."""

import pytest
from django.urls import reverse

from privacy.datamap import Use
from privacy.models import Case, Limit, Note, Outcome, State
from tests import factories as f
from tests import working

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REASON = "Ticket 4711, asked for by e-mail"


@pytest.fixture
def person(transactional_db):
    person = f.DataSubjectFactory(full_name="Ottilie Verault", country="DE")
    f.IdentifierFactory(subject=person, value="ottilie@example.com", is_primary=True)
    f.MarketingPreferenceFactory(subject=person, opted_in=True)
    f.NoteFactory(author=person, script=None, body="To be forgotten")
    f.NoteFactory(author=person, script=None, body="To be kept")
    return person


@pytest.fixture
def agent(let_in):
    return let_in("agent")


@pytest.fixture
def approver(let_in):
    return let_in("approver")


def start(page, person, button: str) -> None:
    """From the buttons on the person's page, or else from the menu beside them."""
    page.goto(reverse("admin:privacy_datasubject_change", args=[person.pk]))
    common = page.locator(f".ops-actions a:has-text('{button}')")
    if not common.count():
        page.click("summary:has-text('Ask for')")
        common = page.locator(f".ops-menu a:has-text('{button}')")
    common.first.click()
    page.fill("[name=reason]", REASON)
    if page.locator("[name=verification]").count():
        page.select_option("[name=verification]", index=1)


def submit(page) -> Case:
    page.click(".ops-form button[type=submit]")
    page.wait_for_selector("text=Saved: 1 request")
    working.run_all()
    return Case.objects.order_by("-received_at").first()


def decide(page, case: Case, person) -> None:
    page.goto(reverse("admin:privacy_rightsrequest_change", args=[case.pk]))
    page.fill("[name=typed]", "verault")
    page.click(".ops-decide button[type=submit]")
    page.wait_for_selector("text=1 request")
    working.run_all()


def test_restriction_and_its_lifting_by_another(agent, approver, person):
    start(agent, person, "Restrict")
    submit(agent)
    assert Limit.objects.get().purpose == ""
    agent.goto(reverse("admin:privacy_datasubject_change", args=[person.pk]))
    assert "Frozen: restriction asked for" in agent.text_content("main")
    start(agent, person, "Lift a limit")
    agent.select_option("[name=limit]", index=1)
    agent.select_option("[name=because]", "settled")
    agent.fill("[name=told_on]", "2026-01-05")
    agent.select_option("[name=told_how]", "email")
    decide(approver, submit(agent), person)
    assert Limit.objects.get().lifted_at


def test_objection_to_marketing(agent, person):
    start(agent, person, "Object")
    agent.select_option("[name=purpose]", Use.MARKETING)
    submit(agent)
    agent.goto(reverse("admin:privacy_datasubject_change", args=[person.pk]))
    assert "they are not acted upon" in agent.text_content("main")


def test_rectification_is_read_before_and_after_by_who_decides(agent, approver, person):
    start(agent, person, "Put right")
    agent.get_by_label("Full name").fill("Ottilie Verrault")
    case = submit(agent)
    approver.goto(reverse("admin:privacy_rightsrequest_change", args=[case.pk]))
    assert "Ottilie Verault → Ottilie Verrault" in approver.text_content("main")
    decide(approver, case, person)
    person.refresh_from_db()
    assert person.full_name == "Ottilie Verrault"


def test_portability(agent, person):
    start(agent, person, "Portable copy")
    case = submit(agent)
    agent.goto(reverse("admin:privacy_rightsrequest_change", args=[case.pk]))
    agent.wait_for_selector("h2:text-is('Package')")


def test_erasure_of_one_note(agent, approver, person):
    start(agent, person, "Forget this")
    agent.fill("[name=what]", str(Note.objects.get(body="To be forgotten").pk))
    case = submit(agent)
    approver.goto(reverse("admin:privacy_rightsrequest_change", args=[case.pk]))
    assert "What is forgotten" in approver.text_content("main")
    decide(approver, case, person)
    assert list(Note.objects.values_list("body", flat=True)) == ["To be kept"]


def test_a_question_is_answered_and_its_complaint_and_appeal_decided(agent, approver, let_in, person):
    start(agent, person, "Question")
    case = submit(agent)
    answer(agent, case, "In Frankfurt.")
    assert "In Frankfurt." in agent.text_content("main")
    agent.click("a:has-text('Appeal…')")
    agent.fill("[name=reason]", REASON)
    appeal = submit(agent)
    assert appeal.parent == case
    decide(approver, appeal, person)
    start(agent, person, "Complaint")
    decide(approver, submit(agent), person)
    assert Case.objects.filter(state=State.ANSWERING, outcome=Outcome.FULFILLED).count() == 2


def answer(page, case: Case, words: str) -> None:
    page.goto(reverse("admin:privacy_rightsrequest_change", args=[case.pk]))
    page.click("text=Say how it was answered…")
    page.select_option("[name=how]", "email")
    page.fill("[name=words]", words)
    page.click("button:text-is('It was answered')")
    page.wait_for_selector("text=Answered, and closed.")


def test_human_review(agent, approver, person):
    start(agent, person, "Human review")
    agent.fill("[name=decision]", "An upload refused on 3 May")
    case = submit(agent)
    decide(approver, case, person)
    answer(agent, case, "It was a prop.")


def test_parental_review_with_a_refusal(agent, person):
    start(agent, person, "Parental review")
    agent.check("[name=no_further_use]")
    submit(agent)
    assert Limit.objects.get().ground == "parent"


def test_the_menu_works_by_keyboard_and_on_a_phone(let_in, person):
    for size in ({"width": 1360, "height": 900}, {"width": 390, "height": 844}):
        page = let_in("manager", viewport=size)
        page.goto(reverse("admin:privacy_datasubject_change", args=[person.pk]))
        page.focus(".ops-menu summary")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.classList.contains('ops-menu-entry')")
        box = page.locator(".ops-menu-groups").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
        page.keyboard.press("Escape")
        assert not page.locator(".ops-menu-groups").is_visible()
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
