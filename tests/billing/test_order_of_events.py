"""Stripe's event types are heeded, and so is the order of what happened within one second."""

from itertools import permutations

import pytest

from billing.models import Customer, Invoice, PaymentMethod, Product
from billing.outcomes import NEVER_KNOWN
from billing.sync import sync
from privacy.fulfilment.importing.arrivals import Outcome
from privacy.models import Identifier
from tests import factories as f
from tests.billing.test_sync import CARD, CUSTOMER, INVOICE, PRICE, ada  # noqa: F401

pytestmark = pytest.mark.django_db
AT = 2_000_000_000


def event(kind: str, thing: dict, at: int = AT) -> dict:
    return {"object": "event", "id": f"evt_{kind}", "type": kind, "created": at, "data": {"object": thing}}


def tell(*events: dict) -> list[str]:
    return [s.outcome for e in events for s in sync(objects=[e])]


def test_a_customer_that_is_deleted_is_so_by_the_type_though_it_comes_whole(ada):  # noqa: F811
    whole = CUSTOMER | {"sources": {"object": "list", "data": [CARD]}}
    tell(event("customer.created", CUSTOMER, AT - 9), event("payment_method.attached", CARD, AT - 8))
    tell(event("customer.deleted", whole))
    assert Customer.objects.values_list("name", "email").get() == ("", "")
    assert not PaymentMethod.objects.exists()
    assert tell(event("customer.updated", CUSTOMER | {"name": "Late"}, AT - 1))[0] == Outcome.UNCHANGED


@pytest.mark.parametrize("kind", ["payment_method.detached", "customer.source.deleted"])
def test_a_card_that_is_taken_away_goes(ada, kind):  # noqa: F811
    tell(event("customer.created", CUSTOMER), event("payment_method.attached", CARD))
    tell(event(kind, CARD | {"customer": None}, AT + 1))
    assert not PaymentMethod.objects.exists()
    assert tell(event(kind, CARD | {"customer": None}, AT + 1)) == [Outcome.SKIPPED]


def test_a_draft_that_is_deleted_and_a_product_that_is_are_so(ada):  # noqa: F811
    tell(event("invoice.created", INVOICE | {"status": "draft"}), event("price.created", PRICE))
    tell(event("invoice.deleted", INVOICE | {"status": "draft"}, AT + 1))
    tell(event("product.deleted", {"object": "product", "id": "prod_1", "name": "Studio", "active": True}, AT + 1))
    assert Invoice.objects.get().status == "deleted"
    assert Product.objects.get().active is False


@pytest.mark.parametrize("thing", [PRICE, {"object": "product", "id": "prod_1", "name": "Studio"}])
def test_what_is_deleted_and_was_never_known_is_told_and_stops_nothing(ada, thing):  # noqa: F811
    gone = event(f"{thing['object']}.deleted", thing)
    told = {
        s.stripe_id: s for s in sync(objects=[gone, CUSTOMER, {"object": thing["object"], "id": "x", "deleted": True}])
    }
    assert {told[i].reason for i in (thing["id"], "x")} == {NEVER_KNOWN}
    assert told["cus_1"].outcome == Outcome.CREATED


def test_of_one_second_the_later_type_wins(ada):  # noqa: F811
    events = [
        event("customer.updated", CUSTOMER | {"name": "New"}),
        event("customer.created", CUSTOMER | {"name": "Old"}),
    ]
    tell(*events)
    assert Customer.objects.get().name == "New"


@pytest.mark.parametrize("in_one_batch", [False, True], ids=["one by one", "together"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_invoice_that_is_made_finalised_and_paid_within_a_second_is_paid(ada, order, in_one_batch):  # noqa: F811
    events = [
        event("invoice.created", INVOICE | {"status": "draft"}),
        event("invoice.finalized", INVOICE | {"status": "open"}),
        event("invoice.paid", INVOICE | {"status": "paid", "amount_paid": 2000}),
    ]
    told = [events[n] for n in order]
    sync(objects=told) if in_one_batch else tell(*told)
    assert Invoice.objects.values_list("status", "amount_paid").get() == ("paid", 2000)


@pytest.mark.parametrize("created", ["yesterday", None, {}, 10**30])
def test_an_event_of_a_moment_that_is_none_is_survived(ada, created):  # noqa: F811
    assert tell(event("customer.created", CUSTOMER) | {"created": created}) == [Outcome.CREATED]


def test_a_batch_with_an_older_version_after_a_newer_keeps_the_newer():
    f.IdentifierFactory(kind=Identifier.Kind.STRIPE, value="cus_1")
    sync(objects=[
        event("customer.updated", CUSTOMER | {"name": "Old"}, AT), event("customer.updated", CUSTOMER, AT + 5),
    ])  # fmt: skip
    assert Customer.objects.get().name == CUSTOMER["name"]
