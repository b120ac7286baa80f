"""How many clicks the daily work takes, from the first page of the day: counted by the browser."""

import csv

import pytest
from playwright.sync_api import expect

from privacy import roles
from privacy.cases.requests import ask, ask_as_batch
from privacy.models import Case, ChildFlag, LegalHold, State
from tests import factories as f
from tests import working
from tests.manual import REASON, erasures_at_clerk, waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Enter in a form is told as a click on its button, too: a click of the mouse has a number.
COUNT = """addEventListener("click", (event) => {
  if (event.isTrusted && event.detail) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
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


@pytest.fixture
def agent(let_in):
    page = let_in(roles.AGENT)
    page.add_init_script(COUNT)
    page.goto("/admin/")
    return page


def find(page, words: str) -> None:
    """From the first page to the page of the one person of these words."""
    page.click("nav >> text='People' >> nth=-1")
    page.fill("[name=term]", words)
    page.press("[name=term]", "Enter")


def fill_in(page) -> None:
    page.select_option("[name=verification]", "email_round_trip")
    page.fill("[name=reason]", REASON)


def test_finding_somebody_exporting_and_handing_over_takes_four_clicks(agent):
    person = f.DataSubjectFactory(full_name="Zofia Zielińska")
    find(agent, "zielinska")
    agent.click("text=Export data")
    fill_in(agent)
    agent.click("button:text-is('Start the export')")
    agent.wait_for_selector("text=Saved: 1 request")
    working.run_all()
    agent.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    agent.click("text=Make a link for the person")
    agent.wait_for_selector("text=it is shown this once")
    case = Case.objects.get(subject=person)
    assert case.state == State.CLOSED and case.answered_how == "link" and clicks(agent) <= 4


def test_asking_for_an_erasure_takes_three_clicks(agent):
    person = f.DataSubjectFactory(full_name="Zofia Zielińska")
    find(agent, "zielinska")
    agent.click("text=Erase…")
    fill_in(agent)
    agent.click("button:text-is('Ask for erasure')")
    agent.wait_for_selector("text=Saved: 1 request")
    assert Case.objects.get(subject=person).state == State.DECIDING and clicks(agent) <= 3


def test_handing_over_eighteen_takes_three_clicks(agent, tmp_path):
    people = f.DataSubjectFactory.create_batch(18)
    cases = ask_as_batch(
        "access", subject_ids=[p.pk for p in people], actor=agent.staff, reason=REASON, verification="signed_in"
    )
    working.run_all()
    agent.reload()
    agent.click(f"[aria-label='Hand over: {cases[0].batch}']")
    agent.click("text=Hand over all 18")
    agent.wait_for_selector("h1:text-is('18 links for 18 people')")
    assert clicks(agent) <= 3 and not Case.objects.exclude(state=State.CLOSED).exists()
    shown = [field.input_value() for field in agent.locator("input[id^=link-]").all()]
    with agent.expect_download() as fetched:
        agent.click("text=Download them as CSV")
    fetched.value.save_as(tmp_path / "links.csv")
    with (tmp_path / "links.csv").open(encoding="utf-8-sig") as table:
        assert [line["Link"] for line in csv.DictReader(table)] == shown and len(set(shown)) == 18


def test_deciding_a_flag_takes_three_clicks(approver):
    person = f.DataSubjectFactory(full_name="Zofia Zielińska")
    ask("child_flag", subject_ids=[person.pk], actor=f.StaffFactory(role=roles.AGENT), reason=REASON)
    approver.reload()
    approver.click(".ko-tile:has-text('Child flags undecided') a")
    approver.click("text=It is a child’s…")
    approver.fill("[name=reason]", REASON)
    approver.click("button:text-is('Decide: a child’s')")
    approver.wait_for_selector("text=Saved: 1 request")
    assert ChildFlag.objects.get().state == ChildFlag.State.CHILD and clicks(approver) <= 3


def test_confirming_a_release_takes_three_clicks(approver):
    person, other = f.DataSubjectFactory(full_name="Zofia Zielińska"), f.StaffFactory(role=roles.AGENT)
    for kind in ("hold_place", "hold_release"):
        ask(kind, subject_ids=[person.pk], actor=other, reason=REASON)
    approver.click("nav >> text='Holds and flags'")
    approver.click("text=Confirm the release…")
    approver.fill("[name=typed]", "zielinska")
    approver.click("button:text-is('Release the hold')")
    approver.wait_for_selector("text=Released: 1 request")
    assert LegalHold.objects.get().released_at and clicks(approver) <= 3
