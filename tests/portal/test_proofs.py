"""The proof of work: what a browser does for a form, and what is none."""

import base64
import json
from datetime import timedelta

import pytest
import time_machine
from altcha import Challenge, Payload, Solution, create_challenge, solve_challenge
from django.utils import timezone

from privacy.portal import proofs


def made(kind="access") -> Challenge:
    return Challenge.from_dict(json.loads(proofs.challenge(kind)))


def solved(challenge: Challenge) -> str:
    return Payload(challenge, solve_challenge(challenge)).to_base64()


def test_it_counts_once_and_for_its_form():
    proof = solved(made())
    assert not proofs.is_proved("erasure", proof)
    assert proofs.is_proved("access", proof) and not proofs.is_proved("access", proof)


def test_it_is_good_for_an_hour():
    proof = solved(made())
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert not proofs.is_proved("access", proof)


def forged() -> list[str]:
    easy, own = made(), create_challenge("PBKDF2/SHA-256", 1, counter=1, hmac_secret="mine")
    easy.parameters.cost, easy.parameters.key_prefix = 1, ""
    unsolved = Payload(made(), Solution(1, "00" * 32)).to_base64()
    nested = "[" * 100_000
    return [
        "", "x", "A" * 100, base64.b64encode(b"{}").decode(), base64.b64encode(b"[]").decode(), unsolved,
        Payload(easy, Solution(0, "00" * 32)).to_base64(), solved(own), base64.b64encode(nested.encode()).decode(),
        base64.b64encode(json.dumps({"challenge": {"parameters": 1}, "solution": None}).encode()).decode(), "ä€",
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(len(forged())))
def test_what_is_none_is_none_and_no_error(number):
    assert proofs.is_proved("access", forged()[number]) is False
