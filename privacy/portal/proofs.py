"""The proof of work that a browser does for a form (altcha, version 2): half a second of a machine for one mail.

It stands in for nothing that somebody has to be: without scripts, or without the proof in time, the answer takes the
way through the mailbox instead.
"""

import json
import secrets
import time

from altcha import Payload, create_challenge, verify_solution
from django.core.cache import caches
from django.utils.crypto import salted_hmac

LIFE = 60 * 60  # seconds for which a form may lie open
ALGORITHM, COST = "PBKDF2/SHA-256", 2_000
# How many keys a browser derives: 1,000 of these take 0.6 s on a laptop of 2024 and 3 s on a cheap phone.
FEWEST, MOST = 200, 800
LONGEST = 4_000  # characters


def _secret(use: str) -> str:
    return salted_hmac("privacy.portal.proofs", use).hexdigest()


def challenge(kind: str) -> str:
    """What the page's script solves, as JSON. It is good for the form of this kind alone."""
    made = create_challenge(
        ALGORITHM, COST, counter=FEWEST + secrets.randbelow(MOST - FEWEST), expires_at=int(time.time()) + LIFE,
        data={"for": kind}, hmac_secret=_secret("challenge"), hmac_key_secret=_secret("key"),
    )  # fmt: skip
    return json.dumps(made.to_dict())


def is_proved(kind: str, solution: str) -> bool:
    """Whether the work was done for this form; each proof counts once."""
    if not solution or len(solution) > LONGEST:
        return False
    if not verify_solution(solution, _secret("challenge"), hmac_key_secret=_secret("key")).verified:
        return False
    solved = Payload.from_base64(solution).challenge  # ours, so it can be read
    return (solved.parameters.data or {}).get("for") == kind and _is_first(str(solved.signature))


def _is_first(signature: str) -> bool:
    return bool(caches["portal"].add(f"proof:{signature}", 1, LIFE))
