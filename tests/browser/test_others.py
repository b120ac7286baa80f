"""Other people in a package are decided about in a browser, by keys alone."""

import pytest

from privacy import roles
from privacy.models import AccessPackage
from tests import factories as f
from tests import working
from tests.admin.clients import url
from tests.browser.test_axe import found
from tests.fulfilment.exporting import asked, json_rows, unzipped

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_agent_goes_from_today_to_the_places_and_decides_by_keys(let_in):
    f.DataSubjectFactory(full_name="Anna Łukasz")
    person = f.DataSubjectFactory(full_name="Nora Lind")
    conversation = f.SupportConversationFactory(subject=person, topic="Login")
    said = "Anna Łukasz wrote from desk@example.org; dear Ms Petra Holt"
    f.SupportMessageFactory(conversation=conversation, staff=f.StaffFactory(), body=said)
    request = asked(person)
    working.run(request.id)
    agent = let_in(roles.AGENT)
    agent.goto("/admin/")
    agent.click("text=Look through")
    agent.wait_for_selector("h1:text-is('Nora Lind')")
    boxes = agent.locator("[name=redact]")
    assert [boxes.nth(n).is_checked() for n in range(3)] == [True, True, False]
    agent.click("text=Tick none")
    assert agent.locator("[name=redact]:checked").count() == 0
    agent.click("text=Tick all")
    boxes.nth(1).focus()
    agent.keyboard.press("Space")  # the address is the person's own desk
    agent.keyboard.press("Enter")
    agent.wait_for_selector("text=Saved. The package is built now")
    working.run(request.id)
    [message] = json_rows(unzipped(AccessPackage.objects.get(request=request)), "privacy.SupportMessage")
    assert (
        message["body"] == "[redacted: another person] wrote from desk@example.org; dear Ms [redacted: another person]"
    )


def test_axe_finds_nothing_on_the_page_of_the_places(let_in):
    person = f.DataSubjectFactory(full_name="Nora Lind", country="US")
    f.FeedbackFactory(author=person, body="Card 4111 1111 1111 1111, ask desk@example.org, dear Ms Petra Holt")
    request = asked(person)
    working.run(request.id)
    assert found(let_in(roles.AGENT), url("others", request)) == set()
