"""A wording of consent is read against the present one before it is published, and none is ever edited."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from privacy import roles
from privacy.fulfilment import consents
from privacy.models import ConsentWording
from tests.browser.test_axe import LOOKS, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_manager_reads_the_difference_and_publishes(let_in, tmp_path):
    consents.publish(topic="marketing", version="2026-05", text="Yes, send me news about Kosenai by e-mail.")
    page = let_in(roles.MANAGER)
    page.goto(reverse("admin:privacy_consentwording_changelist"))
    page.click("text=Publish a wording…")
    page.select_option("[name=topic]", "marketing")
    page.fill("[name=version]", "2026-12")
    page.fill("[name=text]", "Yes, send me news and offers of Kosenai by e-mail. I can take this back at any time.")
    page.click("button:text-is('See what changes')")
    expect(page.locator(".ops-diff ins").first).to_contain_text("and offers of")
    expect(page.locator(".ops-diff del").first).to_contain_text("about")
    assert {look: looked_at(page, look) for look in LOOKS} == dict.fromkeys(LOOKS, set())
    assert ConsentWording.objects.filter(topic="marketing").count() == 1
    page.click("button:text-is('Publish it')")
    page.wait_for_selector("text=Published.")
    expect(page.locator("#result_list tbody tr", has_text="2026-12")).to_contain_text("Asked in now")
    assert {look: looked_at(page, look) for look in LOOKS} == dict.fromkeys(LOOKS, set())
