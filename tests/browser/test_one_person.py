"""The main job in a real browser with a real worker: exported, handed over, erased by two people, answered."""

import signal
import zipfile

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from privacy import roles
from privacy.models import Case, Identifier, Outcome, State, Step, StepState
from tests import factories as f

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "Ticket 4711, asked for by e-mail"
NAME = "Ottilie Verrault"


@pytest.fixture
def person(transactional_db):
    """Somebody with an account at one processor, a script and a file."""
    person = f.DataSubjectFactory(full_name=NAME, country="DE")
    f.IdentifierFactory(subject=person, value="ottilie@example.com", is_primary=True)
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_ottilie")
    f.NoteFactory(author=person, script=f.ScriptFactory(owner=person))
    f.UploadFactory(owner=person)
    f.UsageEventFactory.create_batch(20, subject=person)
    return person


def test_a_person_is_exported_and_erased_by_two_people(signed_in, open_page, worker, person, tmp_path):
    agent = signed_in(roles.AGENT)
    find(agent, "OTTILIE@example.com")
    export(agent, worker)
    assert_holds_the_person(download(agent, tmp_path), person)
    hand_over_by_link(agent, open_page(), tmp_path)
    ask_for_erasure(agent, person)
    approver = signed_in(roles.APPROVER)
    approve(approver)
    attest(approver)
    assert_receipt(approver)
    answer(agent)
    assert_tombstone(agent, person)


def find(page, term: str) -> None:
    """Searches from the list; the one person found opens, and the term stands in no address."""
    page.goto("/admin/privacy/datasubject/")
    page.fill("[name=term]", term)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"text={NAME}")
    assert "example.com" not in page.url


def export(page, worker) -> None:
    """Starts the export and waits until the open page, never reloaded, shows the package. The worker rests until the
    page is open: what is done before needs no telling."""
    worker.send_signal(signal.SIGSTOP)
    page.click(".ops-actions >> text=Export data")
    page.fill("[name=reason]", REASON)
    page.select_option("[name=verification]", "email_round_trip")
    page.click("button:text-is('Start the export')")
    page.wait_for_selector("[data-live]")
    page.evaluate("window.stillTheSamePage = true")
    worker.send_signal(signal.SIGCONT)
    page.wait_for_selector("h2:text-is('Package')")
    assert page.evaluate("window.stillTheSamePage")
    expect(page.locator("[data-say]")).to_have_text("Done; the person is still to be answered")
    assert page.get_attribute("[data-bar=all]", "value") == page.get_attribute("[data-bar=all]", "max")


def download(page, folder):
    with page.expect_download() as started:
        page.click("text=Download it myself")
    file = folder / "package.zip"
    started.value.save_as(file)
    return file


def assert_holds_the_person(file, person) -> None:
    with zipfile.ZipFile(file) as package:
        contents = {name: package.read(name) for name in package.namelist()}
    assert NAME in next(text for name, text in contents.items() if name.endswith("index.html")).decode()
    with person.uploads.get().file.open() as upload:
        assert upload.read() in contents.values()


def hand_over_by_link(page, stranger, folder) -> None:
    """The link works in a browser that is signed in nowhere, and answers the request."""
    page.click("text=Make a link for the person")
    link = page.input_value("#link")
    page.click("text=Done")
    page.wait_for_selector("text=by the link to the package")
    assert link not in page.content()
    stranger.goto(link)
    with stranger.expect_download() as started:
        stranger.click("text=Download once")
    assert zipfile.is_zipfile(started.value.path())


def ask_for_erasure(page, person) -> None:
    page.goto(reverse("admin:privacy_datasubject_change", args=[person.pk]))
    page.click(".ops-actions >> text=Erase")
    assert "Usage events" in page.text_content(".ops-confirm")
    page.fill("[name=reason]", REASON)
    page.select_option("[name=verification]", "email_round_trip")
    page.click("button:text-is('Ask for erasure')")
    page.wait_for_selector("text=Waits for an approver or manager")
    assert page.locator("text=Approve…").count() == 0


def approve(page) -> None:
    """Sees who it is, why and the plan, types a word of the name, approves: on the page of the case."""
    request = Case.objects.get(kind="erasure")
    page.goto("/admin/privacy/rightsrequest/?queue=approval")
    page.click(f"text={request}")
    page.wait_for_selector(f"h1:text-is('{NAME}')")
    assert REASON in page.text_content("[data-live]") and "Usage events" in page.text_content("[data-live]")
    page.fill("[name=typed]", "verrault")
    page.click("button:text-is('Approve and erase')")
    page.wait_for_selector("text=Approved: 1 request")


def attest(page) -> None:
    """Where no API can be called somebody asks and attests, once for each, in its row; the worker does the rest."""
    page.wait_for_selector("text=Awaiting processors")
    waiting = Step.objects.filter(job__case__kind="erasure", state=StepState.WAITING).count()
    rows = page.locator("button:text-is('Attest')")
    expect(rows).to_have_count(waiting)  # the sentence moves first, then the steps
    for left in range(waiting, 0, -1):
        expect(rows).to_have_count(left)
        page.locator("[name=evidence]").first.fill("TICKET-815")
        rows.first.click()
        page.wait_for_selector("text=Attested; it stands in the receipt.")
    page.wait_for_selector("h2:text-is('Receipt')")


def assert_receipt(page) -> None:
    page.click("text=Open the receipt")
    text = page.text_content("main")
    for words in ("Receipt: erasure", "Usage events", "Clerk", "TICKET-815"):
        assert words in text
    assert NAME not in text


def answer(page) -> None:
    """Says how the person was told that it is done, which closes it."""
    request = Case.objects.get(kind="erasure")
    assert (request.state, request.outcome) == (State.ANSWERING, Outcome.FULFILLED)
    page.goto("/admin/privacy/rightsrequest/?queue=answering")
    page.click(f"text={request}")
    page.click("text=Say how it was answered…")
    page.select_option("[name=how]", "email")
    page.click("button:text-is('It was answered')")
    page.wait_for_selector("text=Answered, and closed.")


def assert_tombstone(page, person) -> None:
    request = Case.objects.get(kind="erasure")
    assert (request.state, request.outcome) == (State.CLOSED, Outcome.FULFILLED)
    page.goto("/admin/privacy/datasubject/")
    row = page.text_content(f"tr:has-text('{str(person.pk)[:8]}')")
    assert "Erased" in row and NAME not in row
