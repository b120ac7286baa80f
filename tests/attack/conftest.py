"""What the attacks share: a count of what was tried, told at the end, and staff of every role."""

from collections import Counter

import pytest
from django.test import Client

from tests import factories as f


@pytest.fixture
def tally(request):
    """Counts what is tried, by name; the closing line adds up all of them."""
    tried = Counter()
    yield tried
    request.node.user_properties.append(("attack", dict(tried)))


def pytest_terminal_summary(terminalreporter):
    reports = [report for some in terminalreporter.stats.values() for report in some]
    told = [p for r in reports if getattr(r, "when", "") == "teardown" for p in r.user_properties]
    total = sum((Counter(tried) for name, tried in told if name == "attack"), Counter())
    if total:
        terminalreporter.write_line("attack: " + ", ".join(f"{n:,} {what}" for what, n in sorted(total.items())))


@pytest.fixture
def signed_in(db):
    """Call it with a role, "superuser", or "" for staff without one: a browser of theirs that never raises."""

    def as_(role: str) -> Client:
        client = Client(raise_request_exception=False)
        is_superuser = role == "superuser"
        client.force_login(f.StaffFactory(role="" if is_superuser else role, is_superuser=is_superuser))
        return client

    return as_
