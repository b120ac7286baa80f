"""The page on which a manager lets an erased identifier in again: looked up first, then with a reason."""

import pytest
from django.urls import reverse

from privacy.models import AuditEntry, Identifier
from privacy.selectors import suppression
from tests import factories as f

pytestmark = pytest.mark.django_db
PAGE = "admin:privacy_suppression_readmit"


@pytest.fixture
def entry():
    return f.SuppressionFactory(**suppression.hashes(Identifier(kind="email", value="anna@example.com")))


def test_it_is_looked_up_then_let_in_with_a_reason_and_its_value_is_kept_nowhere(client, manager, entry):
    asked = {"kind": "email", "value": "Anna@Example.com"}
    shown = client.post(reverse(PAGE), asked)
    assert "The ledger bars this" in shown.text
    assert str(entry.request) in shown.text
    entry.refresh_from_db()
    assert entry.lifted_at is None
    answer = client.post(reverse(PAGE), asked | {"because": "own_will"}, follow=True)
    assert "It may come in again" in answer.text
    assert "anna" not in answer.text.lower()
    entry.refresh_from_db()
    assert entry.lifted_by == manager
    assert not suppression.entry_of("email", "anna@example.com")
    assert "anna" not in str(list(AuditEntry.objects.values())).lower()


@pytest.mark.parametrize(
    ("value", "says"),
    [("bert@example.com", "The ledger does not know this"), ("not an address", "not an e-mail address")],
)
def test_what_is_not_barred_is_said(client, manager, entry, value, says):
    assert says in client.post(reverse(PAGE), {"kind": "email", "value": value}).text
    entry.refresh_from_db()
    assert entry.lifted_at is None


def test_who_may_not_is_refused(client, entry):
    client.force_login(f.StaffFactory(role="agent"))
    for answer in (client.get(reverse(PAGE)), client.post(reverse(PAGE), {"kind": "email", "value": "a@example.com"})):
        assert answer.status_code == 403
