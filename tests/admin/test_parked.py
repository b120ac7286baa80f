"""Whoever opens a case that has stopped reads what to try, whatever stopped it."""

import ast
import errno
import os

import pytest
from django.conf import settings
from django.db import OperationalError, transaction

from privacy.admin.requests.parked import UNKNOWN, known, to_try
from privacy.evidence.keys import MissingKey
from privacy.fulfilment.erasure import not_as_approved
from privacy.jobs.claim import park
from privacy.jobs.record import fault
from tests import factories as f
from tests.admin.clients import page_url, url
from tests.asking import agreed

FOLDERS = ("privacy/connectors", "privacy/fulfilment", "privacy/jobs", "billing")


def said_by_the_code() -> set[str]:
    """The words of every outcome in the code with which a step is tried again or stops, as far as they are constant."""
    files = [file for folder in FOLDERS for file in (settings.BASE_DIR / folder).rglob("*.py")]
    calls = [node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    named = [call for call in calls if getattr(call.func, "id", "") in ("Failed", "Later", "Waiting") and call.args]
    return {text for call in named if (text := constant(call.args[0]))}


def constant(node: ast.expr) -> str:
    parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return " … ".join(part for part in parts if len(part) > 3)


def test_for_all_that_the_code_says_there_is_something_better_than_the_general_word():
    # Of a person who is asked by letter: the step itself says all of what is to be done.
    by_letter = {text for text in said_by_the_code() if "has no call for this" in text}
    said = said_by_the_code() - by_letter
    assert len(said) > 10 and {text for text in said if not known(text)} == set()


@pytest.mark.parametrize(
    ("because", "word"),
    [
        (not_as_approved(["delete billing.Customer"]).because, "Approve again"),
        ("erasure.rows: the worker died or stalled 5 times without finishing it", "ends the workers"),
        (fault(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))).because, "make room"),
        (fault(OperationalError("database is locked")).because, "database was away"),
        (fault(MissingKey("none")).because, "A key of ours"),
        (fault(ZeroDivisionError()).because, "Try again once"),
        ("Clerk answered HTTP 503", "status page"),
        ("Clerk refuses the key in CLERK_SECRET_KEY (HTTP 401)", "put in a new one"),
        ("No API key for Clerk: erase it there, then attest it here", "ask whoever runs this for a key"),
    ],
)
def test_each_trouble_has_its_word(because, word):
    assert word in to_try(f"erasure.rows: {because}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("because", "word"), [("No space left on device", "make room"), ("ZeroDivisionError", UNKNOWN)]
)
def test_it_stands_on_the_case_and_where_it_is_tried_again(approver, because, word):
    [case] = agreed(
        "erasure", subject_ids=[f.DataSubjectFactory().pk], actor=f.StaffFactory(), reason="Ticket 4711, by e-mail",
        verification="signed_in",
    )  # fmt: skip
    assert "What to try" not in approver.get(page_url(case)).text
    with transaction.atomic():
        park(case.job, because)
    for page in (approver.get(page_url(case)), approver.get(url("retry", case))):
        assert word in page.text and because in page.text
