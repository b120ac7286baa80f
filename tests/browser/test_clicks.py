"""How many clicks the daily work takes, from the first page of the day: counted by the browser."""

import pytest
from playwright.sync_api import expect

from privacy import roles
from privacy.cases.requests import ask
from privacy.models import Case, State
from tests import factories as f
from tests.manual import REASON, erasures_at_clerk, waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COUNT = """addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true)"""
# Our pages may write to the clipboard, and not read it.
OVERHEAR = """const write = navigator.clipboard.writeText.bind(navigator.clipboard);
navigator.clipboard.writeText = (text) => write((window.copied = text));"""


@pytest.fixture
def approver(let_in):
    page = let_in(roles.APPROVER)
    page.add_init_script(COUNT)
    page.add_init_script(OVERHEAR)
    page.goto("/admin/")
    return page


def clicks(page) -> int:
    return int(page.evaluate("sessionStorage.clicks || 0"))


def test_an_approval_takes_three_clicks_and_a_word_of_the_name(approver):
    person = f.DataSubjectFactory(full_name="Zofia Zielińska")
    [case] = ask(
        "erasure", subject_ids=[person.pk], actor=f.StaffFactory(role=roles.AGENT), reason=REASON,
        verification="signed_in",
    )  # fmt: skip
    approver.reload()
    approver.click(".ko-tile:has-text('Awaiting my decision') a")
    approver.click(f"text={case}")
    approver.wait_for_selector("h1:text-is('Zofia Zielińska')")
    approver.fill("[name=typed]", "zielinska")
    approver.click("button:text-is('Approve and erase')")
    approver.wait_for_selector("text=Approved: 1 request")
    case.refresh_from_db()
    assert case.state == State.FULFILLING and clicks(approver) == 3


def test_a_step_of_twenty_people_takes_four_clicks_and_one_ticket_ids_included(approver):
    cases = erasures_at_clerk(20, agent=f.StaffFactory(role=roles.AGENT), approver=f.StaffFactory(role=roles.MANAGER))
    assert len(waiting(cases)) == 20
    approver.reload()
    approver.click(".ko-tile:has-text('Manual steps') a")
    approver.click("text=Show what Clerk calls them")
    approver.click("text=Copy all")
    expect(approver.locator("[data-copy=all-ids]")).to_have_text("Copied")
    copied = approver.evaluate("window.copied").split()
    approver.fill("[name=evidence]", "SUP-1204")
    approver.click("button:text-is('Attest for the people ticked')")
    approver.wait_for_selector("text=Attested for 20 people")
    assert set(copied) == {f"user_{case.subject_id.hex}" for case in cases}
    assert waiting(cases) == [] and clicks(approver) == 4


def test_what_is_typed_or_shown_for_once_stays_while_the_page_looks_again(approver):
    [case] = erasures_at_clerk(1, agent=f.StaffFactory(role=roles.AGENT), approver=f.StaffFactory(role=roles.MANAGER))
    approver.goto(f"/admin/privacy/rightsrequest/{case.pk}/change/")
    approver.click("text=Show what Clerk calls the person")
    approver.wait_for_selector("[data-keep]")
    approver.fill("[name=evidence]", "SUP-12")
    approver.locator("[name=evidence]").blur()
    Case.objects.filter(pk=case.pk).update(state=State.ANSWERING, outcome="partially_fulfilled")
    approver.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    approver.wait_for_selector("text=To be answered with what is so")
    assert approver.input_value("[name=evidence]") == "SUP-12"
    assert approver.input_value("[data-keep] input") == f"user_{case.subject_id.hex}"
