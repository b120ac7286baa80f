"""A database that commit 68f802a filled, with requests in every situation there is, comes to today's code.

It migrates, every request comes to its end, and the audit trail is still the one of which that commit wrote the root.
"""

import json
from pathlib import Path
from subprocess import CompletedProcess

from django.db import connection

from tests.kosenai_ops import production
from tests.upgrade import old_database
from tests.upgrade.old_database import ERASED_ADDRESSES, SITUATIONS, OldDatabase

# With a developer's keys, people would be erased at real processors.
NO_PROCESSORS = {"CLERK_SECRET_KEY": "", "STRIPE_SECRET_KEY": "", "OPENAI_API_KEY": ""}
# What staff had ended or stopped; all else is carried out.
ENDS_OTHERWISE = {"denied": "denied", "withdrawn": "withdrawn", "cancelled while leased": "withdrawn"}
OPEN_IN = (
    f"{old_database.REQUESTS} r.closed_at IS NULL AND r.subject_id IN"
    " (SELECT id FROM privacy_datasubject WHERE country = '{country}')"
)
FROZEN = "SELECT id FROM privacy_datasubject WHERE frozen_at IS NOT NULL"
LIMITED = "SELECT subject_id FROM privacy_limit WHERE lifted_at IS NULL AND purpose = '' AND ground = 'child'"
NAMED = (
    "SELECT id FROM privacy_datasubject WHERE full_name <> '' UNION "
    "SELECT subject_id FROM privacy_profilepreference WHERE display_name <> '' UNION "
    "SELECT subject_id FROM billing_customer WHERE name <> ''"
)
# All had been switched on, and a flag's step had switched some off.
CHOICES_OF_THE_LIMITED = (
    f"SELECT CASE WHEN opted_in THEN 1 ELSE 0 END FROM privacy_marketingpreference WHERE subject_id IN ({LIMITED})"
)
# Of both, four were gone when the work stopped.
HALF_WAY = ["half erased by a killed worker", "held half-way"]
EVENTS = 13
# What that commit put under the GDPR, and no longer is.
REGIMES = {"BR": {"lgpd"}, "JP": {"none_verified"}}


def test_a_database_of_then_comes_to_the_code_of_today(tmp_path):
    with old_database.loaded(connection.vendor, tmp_path) as old:
        before = {situation: old.column(sql) for situation, (_, sql) in SITUATIONS.items()}
        assert {name: len(ids) for name, ids in before.items()} == {name: n for name, (n, _) in SITUATIONS.items()}
        frozen = set(old.column(FROZEN))
        abroad = {country: old.column(OPEN_IN.format(country=country)) for country in REGIMES}
        run_on(old, tmp_path, "manage.py", "migrate", "--no-input", "-v0")
        assert frozen and frozen <= set(old.column(LIMITED))
        assert set(old.column(CHOICES_OF_THE_LIMITED)) == {"1"}
        named, found = set(old.column(NAMED)), set(old.column("SELECT subject_id FROM privacy_nametoken"))
        assert named and named == found
        after = json.loads(run_on(old, tmp_path, "-m", "tests.upgrade.finish").stdout)
        assert_requests_ended(before, after)
        verified = run_on(old, tmp_path, "manage.py", "verify_audit", "--root", str(old.root))
    assert_people_are_erased(after)
    assert {events_deleted(after, pk) for situation in HALF_WAY for pk in before[situation]} == {EVENTS}
    assert {country: {after["regimes"][pk] for pk in ids} for country, ids in abroad.items()} == REGIMES
    assert "The audit trail is intact." in verified.stdout


def assert_requests_ended(before: dict[str, list[str]], after: dict) -> None:
    assert after["open"] == {}
    for situation, ids in before.items():
        expected = ENDS_OTHERWISE.get(situation, "fulfilled")
        assert {after["outcomes"][pk] for pk in ids} == {expected}, situation


def assert_people_are_erased(after: dict) -> None:
    """Nothing of them is left, and what is kept to prove it or to know them again is there."""
    assert (after["not erased"], after["without receipt"], after["sealed"], after["packages"]) == ([], [], [], [])
    assert after["suppressed"] == ERASED_ADDRESSES


def events_deleted(after: dict, request_id: str) -> int:
    """How many of the person's usage events the receipt says were deleted, then and now."""
    return after["deleted"][request_id]["privacy.UsageEvent"]


def run_on(old: OldDatabase, folder: Path, *command: str) -> CompletedProcess:
    """`python COMMAND` on the old database, under its keys."""
    environment = production.environment(folder, DATABASE_URL=old.url, **old_database.KEYS, **NO_PROCESSORS)
    outcome = production.run(*command, env=environment, timeout=120)
    assert outcome.returncode == 0, (outcome.stderr + outcome.stdout)[-4_000:]
    return outcome
