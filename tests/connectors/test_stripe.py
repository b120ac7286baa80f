import logging
from datetime import UTC, datetime

import pytest

from billing.personal_data import TAX
from privacy.connectors.base import connectors
from privacy.jobs.outcomes import Failed, Later, Waiting
from privacy.models import Identifier
from tests.factories import CustomerFactory, DataSubjectFactory, IdentifierFactory
from tests.fakes.server import html, instead, late_reply, lost_reply


def seconds(year, month, day):
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


@pytest.fixture
def payer(stripe):
    stripe.add_customer(
        "cus_1",
        subscriptions=[("sub_1", "active"), ("sub_2", "canceled"), ("sub_3", "past_due")],
        payment_methods=["pm_1", "pm_2"],
        invoices=[seconds(2026, 11, 1), seconds(2026, 10, 1)],
        charges=[seconds(2026, 11, 2)],
    )
    return stripe


@pytest.fixture
def erase(stripe, call):
    return lambda **more: connectors["stripe"].erase(call(customer_id=["cus_1"], **more))


EFFECTS = {"sub_1": 1, "sub_3": 1, "pm_1": 1, "pm_2": 1, "cus_1": 1}


def test_subscriptions_end_cards_go_the_customer_is_deleted_and_what_stays_is_named(payer, erase):
    result = erase().result
    assert result.pop("retained") == [{
        "what": "invoices and charges with name and e-mail address",
        "because": TAX,
        "until": "2034-12-31",
    }]  # fmt: skip
    assert result.pop("requests") == ["req_1"] * 11
    assert result == {
        "outcome": "erased",
        "customers_deleted": 1,
        "customers_already_deleted": 0,
        "subscriptions_canceled": 2,
        "payment_methods_detached": 2,
        "api_version": "2026-10-28.endive",
        "calls": {"GET 200": 6, "DELETE 200": 3, "POST 200": 2},
    }
    assert payer.effects == EFFECTS


def test_the_api_version_is_pinned_by_the_sdk(payer, erase):
    erase()
    assert {asked.headers["stripe-version"] for asked in payer.asked} == {"2026-10-28.endive"}


def test_a_customer_without_payments_leaves_nothing(stripe, erase):
    stripe.add_customer("cus_1")
    assert erase().result["retained"] == []


def test_a_second_run_finds_the_customer_deleted_and_changes_nothing(payer, erase):
    erase()
    again = erase().result
    assert (again["customers_deleted"], again["customers_already_deleted"]) == (0, 1)
    assert again["retained"][0]["until"] == "2034-12-31"
    assert payer.effects == EFFECTS


def test_more_than_a_page_of_subscriptions_and_cards_is_found(stripe, erase):
    stripe.add_customer(
        "cus_1",
        subscriptions=[(f"sub_{n}", "active") for n in range(150)],
        payment_methods=[f"pm_{n}" for n in range(101)],
    )
    result = erase().result
    assert (result["subscriptions_canceled"], result["payment_methods_detached"]) == (150, 101)
    assert len(result["requests"]) == 20


def test_a_customer_whom_stripe_never_knew_is_for_a_person_to_look_at(stripe, erase):
    """Stripe forgets no customer: a 404 means another account or another mode, and is no success."""
    assert erase() == Failed("Stripe does not know a customer on record: is the key that of another account or mode?")
    assert stripe.methods() == "GET"


def test_a_wrong_key_waits(payer, erase, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_another"
    assert isinstance(erase(), Waiting)
    assert payer.effects == {}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("mishap", [lost_reply, late_reply(2), html(200), instead(500, {}), instead(409, {})])
def test_whatever_happens_on_the_way_each_thing_is_done_once(payer, erase, impatient, method, mishap):
    payer.mishaps.append((method, mishap))
    with impatient():
        assert isinstance(erase(), Later)
    erase()
    assert payer.effects == EFFECTS
    assert payer.deleted == {"cus_1"}


def test_the_sdk_repeats_nothing_by_itself(payer, erase):
    payer.mishaps.append(("GET", instead(500, {}, stripe_should_retry="true")))
    assert isinstance(erase(), Later)
    assert len(payer.asked) == 1


def test_a_detachment_carries_the_same_key_on_every_attempt_and_another_for_each_card(payer, erase):
    payer.mishaps.append(("POST", lost_reply))
    erase()
    erase()
    keys = [asked.headers["idempotency-key"] for asked in payer.asked if asked.method == "POST"]
    assert len(keys) == 2 and len(set(keys)) == 2
    payer.customers["cus_1"]["payment_methods"][0]["customer"] = "cus_1"  # as if the first had not been seen
    payer.deleted.clear()
    erase()
    keys += [asked.headers["idempotency-key"] for asked in payer.asked if asked.method == "POST"][2:]
    assert keys[2] == keys[0]
    assert payer.effects["pm_1"] == 1


def test_what_vanishes_between_reading_and_acting_is_no_failure(payer, erase):
    payer.mishaps += [
        ("DELETE", instead(404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}}))
    ]
    assert erase().result["subscriptions_canceled"] == 1


def test_a_customer_that_is_still_there_is_not_done(stripe, erase):
    stripe.add_customer("cus_1")
    stripe.mishaps.append(("DELETE", instead(200, {"object": "customer", "id": "cus_1", "deleted": True})))
    assert erase() == Later("Stripe still knows a customer that it was told to delete")


def test_what_the_sdk_cannot_read_is_tried_later(payer, erase):
    payer.mishaps.append(("DELETE", instead(404, {})))
    outcome = erase()
    assert outcome == Later("Stripe answered what its SDK does not understand (APIError)")


def test_no_log_line_names_the_customer(payer, erase, caplog):
    caplog.set_level(logging.INFO)
    payer.mishaps.append(("DELETE", instead(404, {"error": {"type": "x", "message": "No such subscription: sub_1"}})))
    erase()
    assert not [name for name in ("cus_1", "sub_", "pm_") if name in caplog.text]


@pytest.mark.django_db
def test_references_come_from_identifiers_and_from_billing():
    anna, ben, _ = DataSubjectFactory.create_batch(3)
    IdentifierFactory(subject=anna, kind=Identifier.Kind.STRIPE, value="cus_a")
    CustomerFactory(subject=anna, stripe_id="cus_a")
    CustomerFactory(subject=anna, stripe_id="cus_c")
    CustomerFactory(subject=ben, stripe_id="cus_b")
    assert connectors["stripe"].references_of([anna.id, ben.id, _.id]) == {
        anna.id: {"customer_id": ["cus_a", "cus_c"]},
        ben.id: {"customer_id": ["cus_b"]},
    }
