"""Each opt-out asked for on the page of the person, without a proof; and the link of a letter, without staff."""

import pytest
from django.urls import reverse

from privacy import roles
from privacy.datamap import Use
from privacy.fulfilment import consents
from privacy.fulfilment.unsubscribing import token_for
from privacy.models import Case, ConsentEvent, DataSubject, MarketingPreference
from tests import factories as f

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# {button: (the form's button, what is not processed any more)}
OPT_OUTS = {
    "No more news": ("Opt out of marketing", Use.MARKETING),
    "Do not sell or share": ("Opt out of it", Use.SALE),
    "No targeted ads": ("Opt out of targeted ads", Use.ADVERTISING),
    "No profiling": ("Opt out of profiling", Use.PROFILING),
    "Limit sensitive data": ("Limit it", Use.PERFORMANCE),
    "Withdraw consent": ("Withdraw it", Use.AI),
}


@pytest.fixture
def person(transactional_db):
    person = f.MarketingPreferenceFactory(subject__full_name="Zofia Zielińska").subject
    for topic, channel in (("marketing", "email"), ("ai", "")):
        wording = consents.publish(topic=topic, version="2026-11", text=f"Yes to {topic}.")
        consents.give(person.pk, wording=wording, how=ConsentEvent.Method.STUDIO, channel=channel)
    return person


def is_free(person, use: Use) -> bool:
    return DataSubject.objects.free_for(use).filter(pk=person.pk).exists()


def test_each_is_asked_for_on_the_page_of_the_person_and_is_so_at_once(let_in, person):
    page, address = let_in(roles.AGENT), reverse("admin:privacy_datasubject_change", args=[person.pk])
    for button, (submit, use) in OPT_OUTS.items():
        page.goto(address)
        page.click("summary:has-text('Ask for')")
        page.click(f".ops-menu >> text={button}")
        assert page.locator("[name=verification]").count() == 0
        page.fill("[name=reason]", "Ticket 4711, asked for by e-mail")
        if button == "Withdraw consent":
            page.select_option("[name=consent]", "ai")
        page.click(f"button:text-is('{submit}')")
        page.wait_for_selector("text=Saved: 1 request")
        assert not is_free(person, use), button
    page.goto(address)
    said = page.locator("section[aria-labelledby=consents]").inner_text()
    assert "Stopped on" in said and "Get answers from AI providers" in said
    assert "Limited: opted out" in page.content() and "Limited: consent withdrawn" in page.content()
    with page.expect_download() as fetched:
        page.click("text=Receipt as JSON")
    assert fetched.value.suggested_filename.startswith("consents-")
    page.click("section[aria-labelledby=consents] >> text=2026-11 >> nth=0")
    page.wait_for_selector("text=Yes to ai.")


def test_the_link_of_a_letter_asks_and_one_click_does_it_without_signing_in(open_page, person):
    page = open_page(viewport={"width": 390, "height": 844})
    page.goto(reverse("unsubscribe", args=[token_for(person.pk)]))
    assert MarketingPreference.objects.filter(subject=person, opted_in=True).exists()
    page.click("text=Send me no more news")
    page.wait_for_selector("h1:text-is('No more news')")
    assert not MarketingPreference.objects.filter(subject=person, opted_in=True).exists()
    assert Case.objects.get().requested_by is None and page.context.cookies() == []
