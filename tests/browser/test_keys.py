"""The keyboard in a real browser: what Ctrl+K finds, the rows of a list, what is typed and not sent."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from privacy import roles
from privacy.models import Case
from tests import factories as f
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "Ticket 4711, asked for by e-mail"


def test_ctrl_k_finds_a_person_opens_them_and_asks_by_post_only(let_in):
    person = f.DataSubjectFactory(full_name="Zofia Zielińska")
    page = let_in(roles.AGENT)
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    page.goto("/admin/")
    page.focus("[data-find]")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#find [name=term]:focus")
    page.keyboard.press("Escape")
    expect(page.locator("#find")).not_to_be_visible()
    expect(page.locator("[data-find]")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("zielin")
    expect(page.locator("#found [aria-selected=true]")).to_contain_text("Zofia")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{person.pk}/change/")
    assert "POST" in {method for method, url in asked if url.endswith("/admin/find/")}
    assert [url for _, url in asked if "zielin" in url.lower()] == []


def test_arrows_choose_what_enter_opens(let_in):
    page = let_in(roles.MANAGER)
    page.goto("/admin/")
    page.click("[data-find]")
    page.fill("#find [name=term]", "holds")
    options = page.locator("#found [role=option]")
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/privacy/childflag/")


def test_a_list_is_walked_ticked_and_opened_by_keys(let_in):
    people = f.DataSubjectFactory.create_batch(3)
    page = let_in(roles.AGENT)
    page.goto("/admin/privacy/datasubject/")
    for key in "jjjk":
        page.keyboard.press(key)
    rows = page.locator("#result_list tbody tr")
    expect(page.locator("tr.ko-cursor")).to_have_count(1)
    assert "ko-cursor" in rows.nth(1).get_attribute("class")
    page.keyboard.press("x")
    expect(rows.nth(1).locator("input[type=checkbox]")).to_be_checked()
    expect(page.locator("#result_list input[type=checkbox]:checked")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/")
    assert any(str(one.pk) in page.url for one in people)


def test_letters_typed_into_a_field_move_nothing_and_a_question_mark_lists_the_keys(let_in):
    f.DataSubjectFactory.create_batch(2)
    page = let_in(roles.AGENT)
    page.goto("/admin/privacy/datasubject/")
    page.focus("#searchbar")
    page.keyboard.type("jx?")
    assert page.input_value("#searchbar") == "jx?"
    expect(page.locator("tr.ko-cursor, dialog[open]")).to_have_count(0)
    page.locator("#searchbar").blur()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Opens the row")
    page.keyboard.press("j")
    expect(page.locator("tr.ko-cursor")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).not_to_be_visible()


def kept(page) -> list[str]:
    return page.evaluate(
        "Object.entries(sessionStorage).filter(([key]) => key.startsWith('kept:')).map(([, text]) => text)"
    )


def test_what_was_typed_survives_a_session_that_ends_and_is_forgotten_when_sent(signed_in):
    person, other = f.DataSubjectFactory.create_batch(2)
    page = signed_in(roles.AGENT)
    form = reverse("admin:privacy_datasubject_act_on", args=[person.pk, "access"])
    page.goto(form)
    page.fill("[name=reason]", REASON)
    page.select_option("[name=verification]", "email_round_trip")
    Session.objects.all().delete()
    page.click("button:text-is('Start the export')")
    page.fill("[name=login]", page.staff.username)
    page.fill("[name=password]", PASSWORD)
    page.click("button:text-is('Sign in')")
    page.wait_for_selector("[data-find]")
    assert PASSWORD not in str(kept(page)) and len(kept(page)) == 1
    page.goto(reverse("admin:privacy_datasubject_act_on", args=[other.pk, "access"]))
    assert page.input_value("[name=reason]") == ""
    page.goto(form)
    assert page.input_value("[name=reason]") == REASON
    page.select_option("[name=verification]", "email_round_trip")
    page.click("button:text-is('Start the export')")
    page.wait_for_url("**/rightsrequest/**")
    page.wait_for_selector("[data-find]")
    assert Case.objects.get().reason == REASON
    assert kept(page) == []


def test_who_signs_out_leaves_nothing(signed_in):
    person = f.DataSubjectFactory()
    page = signed_in(roles.AGENT)
    page.goto(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "access"]))
    page.fill("[name=reason]", REASON)
    assert len(kept(page)) == 1
    page.click(f"#nav-sidebar >> text={page.staff.username} >> nth=0")
    page.click("button:has-text('Log out')")
    page.wait_for_load_state()
    assert kept(page) == []
