"""A person proves who they are in a browser without scripts, and staff see it: wide, dark and on a phone."""

import os
from pathlib import Path

import pytest

from privacy import roles
from privacy.cases import proofs, verification
from privacy.cases.requests import ask
from privacy.fulfilment import case_links
from privacy.fulfilment import verification as codes
from privacy.models import IdentityCheck, State
from tests import factories as f
from tests.browser.test_axe import LOOKS, looked_at
from tests.factories.verification import PDF

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES")  # a folder for pictures of every page and look


@pytest.fixture
def case():
    person = f.IdentifierFactory(is_primary=True, value="ada@example.com").subject
    [case] = ask("erasure", subject_ids=[person.pk], actor=f.StaffFactory(role="agent"), reason="Wrote to support")
    return case


def wrong_on(page, name: str) -> set:
    found = set()
    for look in LOOKS:
        found |= {(name, look, *what) for what in looked_at(page, look)}
        if PICTURES:
            page.screenshot(path=Path(PICTURES, f"{name}-{look}.png"), full_page=True)
    return found


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it"])
def test_a_person_enters_the_code_without_scripts(open_page, case, language):
    plain = open_page(java_script_enabled=False, locale=language)
    address = f"/privacy/case/{case_links.token_for(case.pk)}/verify/"
    plain.goto(address)
    assert plain.locator("html").get_attribute("lang") == language
    plain.locator("form button").first.click()
    plain.locator("#code").fill("00000000")
    plain.locator("form button").click()
    assert plain.locator("[role=alert]").count() == 1
    plain.locator("#code").fill(codes.code_of(IdentityCheck.objects.get()))
    plain.locator("form button").click()
    assert "/verify/" not in plain.url
    case.refresh_from_db()
    assert (case.state, case.verification) == (State.DECIDING, "email_code")


def test_the_person_s_pages_have_nothing_that_axe_finds(open_page, case, tmp_path):
    page = open_page()
    address = f"/privacy/case/{case_links.token_for(case.pk)}/verify/"
    found = set()
    for name, path in (
        ("choose", ""), ("choose-again", "?again=1"), ("received", "?received=1"), ("code", "code/"),
        ("code-again", "code/?again=1"), ("document", "document/"), ("agent", "agent/"), ("guardian", "guardian/"),
    ):  # fmt: skip
        page.goto(address + path)
        found |= wrong_on(page, name)
    wrong = tmp_path / "virus.exe"
    wrong.write_bytes(b"MZ\x90")
    page.goto(address + "document/")
    page.set_input_files("#file", wrong)
    page.locator("form button").click()
    assert "This is no PDF" in page.locator("[role=alert]").inner_text()
    found |= wrong_on(page, "refused")
    page.locator("#file").set_input_files({"name": "passport.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.locator("form button").click()
    page.locator("[role=status]").wait_for()
    assert found == set()


def test_staff_see_who_asks_and_decide_on_the_document(let_in, case):
    verification.send_code(request_id=case.pk, actor=case.requested_by)
    proofs.hand_in(request_id=case.pk, way="document", file=file_of(PDF), actor=case.requested_by)
    page = let_in(roles.APPROVER)
    page.goto(f"/admin/privacy/rightsrequest/{case.pk}/change/")
    found = wrong_on(page, "case")
    with page.expect_download() as download:
        page.get_by_role("button", name="Look at document 1").click()
    assert Path(download.value.path()).read_bytes() == PDF
    page.reload()
    page.locator("#who").get_by_role("link", name="Decide…").click()
    found |= wrong_on(page, "decide")
    page.get_by_label("Does it prove who asks?").select_option("yes")
    page.get_by_label("What kind of document was it?").select_option("passport")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("The document is gone.").wait_for()
    found |= wrong_on(page, "decided")
    case.refresh_from_db()
    assert (case.verification, found) == ("document", set())


def file_of(data: bytes):
    from django.core.files.base import ContentFile

    return ContentFile(data, name="a.pdf")
