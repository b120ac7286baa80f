"""The portal in a real browser and with a real mail server: from the first page to the case in the queue and the page
on which the person follows it, in each language, with scripts and without."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from privacy import roles
from privacy.cases import requests
from privacy.cases.refusals import deny
from privacy.cases.requests import ask
from privacy.fulfilment import consents
from privacy.fulfilment.asking import Wish, sealed
from privacy.fulfilment.case_links import token_for
from privacy.fulfilment.unsubscribing import token_for as token_of_choices
from privacy.models import Case, ConsentEvent, Limit
from privacy.portal.asking import is_at_once
from privacy.selectors.asking import offered
from tests import factories as f
from tests.browser.test_axe import RULES
from tests.portal.mailbox import listening

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = ["en", "de", "fr", "es", "it"]
PHONE, SMALL = {"width": 390, "height": 844}, {"width": 320, "height": 640}


@pytest.fixture
def mailbox(settings, live_server):
    """What the mail server gets; links in mails lead to the live server."""
    with listening() as (mailbox, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.SITE_URL = "127.0.0.1", port, live_server.url
        yield mailbox


@pytest.fixture
def ada(transactional_db):
    return f.IdentifierFactory(value="ada@example.com", is_primary=True, subject__full_name="Ada Moreau").subject


def link_in(mail) -> str:
    return re.search(r"https?://\S+", mail.get_body(("plain",)).get_content())[0]


def expect_refusals(page) -> None:
    """Chromium complains of every page that is not found, or says what is missing in a form."""
    page.problems[:] = [
        problem for problem in page.problems if "the server responded with a status of 40" not in problem
    ]


def language_of(page) -> str:
    return page.locator("html").get_attribute("lang")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_first_page_to_the_queue_and_back(open_page, let_in, mailbox, ada, language, scripts):
    page = open_page(locale=language, java_script_enabled=scripts, viewport=PHONE)
    page.goto("/privacy/")
    assert language_of(page) == language
    page.click("a[href*='/request/erasure/']")
    page.fill("[name=address]", "ada@example.com")
    page.fill("[name=reason]", "Grüße, ça va? ¡Adiós!")
    page.click("main button")
    page.wait_for_url("**/sent/**")
    assert not Case.objects.exists()
    mail = mailbox.newest()
    assert mail["To"] == "ada@example.com" and mail["Auto-Submitted"] == "auto-generated"
    page.goto(link_in(mail))
    assert language_of(page) == language and "¡Adiós!" in page.inner_text("blockquote")
    page.click("main button")
    page.wait_for_url("**/privacy/case/**")
    assert language_of(page) == language and page.context.cookies() == []
    case = Case.objects.get()
    assert (case.subject, case.kind, case.state, case.reason) == (ada, "erasure", "deciding", "Grüße, ça va? ¡Adiós!")
    staff = let_in(roles.AGENT)
    staff.goto(reverse("admin:privacy_rightsrequest_changelist"))
    staff.click(f"a[href*='{case.pk}'] >> nth=0")
    assert "Answered from the account’s e-mail" in staff.content() or "Answered from the account" in staff.content()


def test_with_scripts_an_opt_out_is_so_at_once_and_without_by_the_mail(open_page, mailbox, ada):
    for key, scripts in (("opt_out_profiling", True), ("opt_out_marketing", False)):
        page = open_page(java_script_enabled=scripts)
        page.goto(f"/privacy/request/{key}/")
        page.fill("[name=address]", "ada@example.com")
        page.click("main button")
        page.wait_for_url("**/done/**" if scripts else "**/sent/**")
        assert [case.kind for case in Case.objects.all()] == ["opt_out_profiling"]
    assert len(mailbox.mails) == 1
    page.goto(link_in(mailbox.newest()))
    page.click("main button")
    page.wait_for_url("**/done/**")
    assert Case.objects.filter(kind="opt_out_marketing").exists()


def test_a_double_click_sends_one_mail_and_opens_one_case(open_page, mailbox, ada):
    page = open_page()
    page.goto("/privacy/request/question/?lang=en")
    page.fill("[name=address]", "ada@example.com")
    page.fill("[name=reason]", "Where do my scripts lie?")
    page.dblclick("main button")
    page.wait_for_url("**/sent/**")
    page.goto(link_in(mailbox.newest()))
    page.dblclick("main button")
    page.wait_for_url("**/privacy/case/**")
    assert len(mailbox.mails) == 1 and Case.objects.count() == 1


def test_what_is_missing_is_said_and_the_summary_has_the_focus(open_page, mailbox):
    for scripts in (True, False):
        page = open_page(java_script_enabled=scripts, viewport=SMALL)
        page.goto("/privacy/request/child_report/?lang=de")
        page.click("main button")
        page.wait_for_selector("#faults")
        assert page.locator("#faults:focus").count() == 1 and page.title().startswith("Fehler: ")
        page.click("#faults a >> nth=0")
        assert page.locator("[name=address]:focus").count() == 1
        assert page.locator("[name=address]").get_attribute("aria-describedby") == "fault_address help_address"
        assert page.locator("[name=address]").get_attribute("autocomplete") == "email"
    expect_refusals(page)


def test_what_is_held_is_put_right_after_the_click(open_page, mailbox, ada):
    page = open_page(viewport=PHONE)
    page.goto("/privacy/request/rectification/?lang=en")
    page.fill("[name=address]", "ada@example.com")
    page.fill("[name=reason]", "I have married")
    page.click("main button")
    page.wait_for_url("**/sent/**")
    page.goto(link_in(mailbox.newest()))
    page.click("main button")
    page.wait_for_selector("h1:has-text('Have something put right')")
    page.locator("label", has_text="Full name").locator("xpath=following-sibling::input").fill("Ada Lovelace")
    page.click("main button")
    page.wait_for_url("**/privacy/case/**")
    assert Case.objects.get().kind == "rectification"


def test_choices_are_set_and_ended_by_the_mailbox(open_page, mailbox, ada):
    page = open_page(viewport=PHONE)
    page.goto(reverse("preferences", args=[token_of_choices(ada.pk)]))
    page.click("button[name=no][value=opt_out_sale_sharing]")
    page.wait_for_selector("button[name=yes][value=opt_out_sale_sharing]")
    assert Limit.objects.filter(ground="opt_out", lifted_at=None).exists()
    page.click("button[name=yes][value=opt_out_sale_sharing]")
    page.goto(link_in(mailbox.newest()))
    page.click("main button")
    page.wait_for_selector("button[name=no][value=opt_out_sale_sharing]")
    assert not Limit.objects.filter(ground="opt_out", lifted_at=None).exists()


def pages_of(person) -> list[str]:
    """Every page of the portal, once."""
    refused = ask("erasure", subject_ids=[person.pk], actor=None, verification="email_round_trip", reason="All")[0]
    deny(request_id=refused.pk, actor=f.StaffFactory(), denial_reason="no_match")
    requests.answer(request_id=refused.pk, actor=f.StaffFactory(), how="email")
    question = ask("question", subject_ids=[person.pk], actor=None, verification="email_round_trip", reason="Where?")[0]
    requests.answer(request_id=question.pk, actor=f.StaffFactory(), how="email", words="In Frankfurt.")
    running = ask("erasure", subject_ids=[person.pk], actor=None, verification="email_round_trip", reason="All")[0]
    consents.publish(topic="marketing", version="1", text="Yes, news.")
    wording = consents.publish(topic="ai", version="1", text="Yes, AI.")
    consents.give(person.pk, wording=wording, how=ConsentEvent.Method.STUDIO)
    return [
        reverse("privacy"),
        *(reverse("ask", args=[kind.key]) for kind in offered()),
        reverse("ask_sent", args=["access"]),
        *(reverse("ask_done", args=[kind.key]) for kind in offered() if is_at_once(kind)),
        reverse("confirm_request", args=[sealed(Wish("access", "ada@example.com", "en", {"reason": "All of it"}))]),
        reverse("confirm_request", args=["x"]),
        *(reverse("case", args=[token_for(case.pk)]) for case in (refused, question, running)),
        reverse("case_withdraw", args=[token_for(running.pk)]),
        reverse("case_appeal", args=[token_for(refused.pk)]),
        reverse("preferences", args=[token_of_choices(person.pk)]),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, ada, language):
    page, found, wide, small = open_page(), [], [], []
    for path in pages_of(ada):
        page.goto(f"{path}?lang={language}")
        assert language_of(page) == language, path
        for scheme, size in (("light", PHONE), ("dark", SMALL)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size(size)
            violations = Axe().run(page, options=RULES).response["violations"]
            found += [(path, v["id"], v["nodes"][0]["html"]) for v in violations]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((path, size["width"]))
            small += [(path, html) for html in page.evaluate(TOO_SMALL)]
    expect_refusals(page)
    assert (found, wide, small) == ([], [], [])


# Buttons and links that stand alone and are less than 24 px high or wide (WCAG 2.5.8).
TOO_SMALL = """() => [
    ...document.querySelectorAll("button, nav a, .things a, input:not([type=hidden]), select, textarea")
  ].filter(e => e.offsetParent && (e.offsetHeight < 24 || e.offsetWidth < 24)).map(e => e.outerHTML)"""


def test_nothing_moves_while_it_loads(open_page, ada):
    page = open_page(viewport=PHONE)
    for path in pages_of(ada):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        moved = page.evaluate(
            "new Promise(r => new PerformanceObserver(l => r(l.getEntries().reduce((s, e) => s + e.value, 0)))"
            ".observe({type: 'layout-shift', buffered: true}) || setTimeout(r, 200, 0))"
        )
        assert moved == 0, path
    expect_refusals(page)
