"""How tests walk through the portal without a browser."""

import html
import json
import re

from altcha import Challenge, Payload, solve_challenge
from django.urls import reverse

from privacy.models import Case

SUB_KINDS_NEED = {
    "rectification": {"reason": "My name is wrong"},
    "erasure_of_one": {"reason": "My prompts of May"},
    "restriction": {"reason": "My name is wrong"},
    "objection": {"purpose": "functional.service.improve"},
    "human_review": {"decision": "An upload refused on 3 May"},
    "question": {"reason": "Where do my scripts lie?"},
    "complaint": {"reason": "You did not answer me"},
    "child_report": {"reason": "She says that she is eleven", "reported": "kid@example.com", "relation": "teacher"},
    "access_report": {"reason": "There is a script that I did not write"},
}


def form_of(key: str, language: str = "en") -> str:
    return f"{reverse('ask', args=[key])}?lang={language}"


def post(client, key: str, address: str = "ada@example.com", language: str = "en", **more):
    return client.post(
        form_of(key, language), SUB_KINDS_NEED.get(key, {}) | {"address": address} | more, REMOTE_ADDR="192.0.2.1"
    )


def link_in(mail) -> str:
    """The path that the mail leads to."""
    return re.search(r"https?://[^/]+(/privacy/\S+)", mail.body)[1]


def asked(client, mailbox, key: str, address: str = "ada@example.com", **more) -> str:
    """The link of the mail that came of the form."""
    answer = post(client, key, address, **more)
    assert answer.status_code == 303, answer.content.decode()
    return link_in(mailbox[-1])


def opened(client, mailbox, key: str, address: str = "ada@example.com", **more) -> list[Case]:
    """The cases that came of the form and the confirmation."""
    before = set(Case.objects.values_list("pk", flat=True))
    client.post(asked(client, mailbox, key, address, **more))
    return list(Case.objects.exclude(pk__in=before))


def challenge_in(page: str) -> Challenge:
    return Challenge.from_dict(json.loads(html.unescape(re.search(r'data-challenge="([^"]+)"', page)[1])))


def proof(client, key: str) -> str:
    """What the page's script makes of its challenge."""
    challenge = challenge_in(client.get(form_of(key)).text)
    return Payload(challenge, solve_challenge(challenge)).to_base64()
