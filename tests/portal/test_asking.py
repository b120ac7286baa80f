"""What people ask for by themselves: nothing is stored before the mailbox is theirs, and nobody learns who has an
account."""

import re

import pytest
from altcha import Challenge, Payload, solve_challenge
from django.test import Client
from django.urls import reverse

from privacy.models import Case
from tests import factories as f

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "de", "fr", "es", "it"]


@pytest.fixture
def stranger():
    """A browser without cookies and without the token of a form."""
    return Client(enforce_csrf_checks=True)


def form_of(key: str) -> str:
    return reverse("ask", args=[key])


def link_in(mail) -> str:
    return re.search(r"https?://[^/]+(/privacy/\S+)", mail.body)[1]


def proof_for(client, key: str) -> str:
    """What the page's script makes of the challenge in it."""
    import html
    import json

    challenge = Challenge.from_dict(json.loads(html.unescape(
        re.search(r'data-challenge="([^"]+)"', client.get(form_of(key)).text)[1]
    )))  # fmt: skip
    return Payload(challenge, solve_challenge(challenge)).to_base64()


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_form_to_the_case_and_its_page(stranger, mailoutbox, language):
    person = f.IdentifierFactory(value="ada@example.com").subject
    sent = stranger.post(f"{form_of('erasure')}?lang={language}", {"address": "ada@example.com"})
    assert sent.status_code == 303 and not Case.objects.exists()
    assert stranger.get(sent.url).status_code == 200
    link = link_in(mailoutbox[0])
    assert stranger.get(link).status_code == 200 and not Case.objects.exists()
    done = stranger.post(link)
    case = Case.objects.get()
    assert (case.subject, case.verification, case.state) == (person, "email_round_trip", "deciding")
    page = stranger.get(done.url)
    assert page.status_code == 200, page.url
