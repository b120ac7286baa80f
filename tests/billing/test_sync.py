"""Stripe tells things twice, late and out of order; the rows are right in the end, and erased people stay erased."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import facts, outcomes, sync
from billing.models import Customer, Invoice, InvoiceLine, PaymentMethod, Price, Product, Refund, Subscription
from privacy.fulfilment.importing.arrivals import ERASED, FROZEN, Outcome
from privacy.models import DataSubject, Identifier
from privacy.selectors.suppression import digest
from tests import factories as f

CREATED = 1_700_000_000
MODELS = (Product, Price, Customer, Subscription, PaymentMethod, Invoice, InvoiceLine, Refund)
PRICE = {
    "object": "price", "id": "price_1", "product": "prod_1", "unit_amount": 2000, "currency": "eur",
    "recurring": {"interval": "month"}, "active": True,
}  # fmt: skip
CUSTOMER = {"object": "customer", "id": "cus_1", "name": "Ada", "email": "ada@example.com", "created": CREATED}
CARD = {
    "object": "payment_method", "id": "pm_1", "type": "card", "customer": "cus_1",
    "billing_details": {"name": "Ada Lovelace", "address": {"line1": "1 Secret Street"}},
    "card": {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030, "fingerprint": "AOB934RVNwzk6xtn"},
}  # fmt: skip
SUBSCRIPTION = {
    "object": "subscription", "id": "sub_1", "customer": "cus_1", "status": "active", "created": CREATED,
    "items": {"data": [{"object": "subscription_item", "id": "si_1", "price": PRICE}]},
}  # fmt: skip
LINE = {
    "object": "line_item", "id": "il_1", "amount": 2000, "currency": "eur", "description": "Studio, one month",
    "quantity": 1, "price": PRICE,
}  # fmt: skip
INVOICE = {
    "object": "invoice", "id": "in_1", "customer": "cus_1", "subscription": "sub_1", "number": "K-1", "status": "open",
    "customer_name": "Ada", "customer_email": "ada@example.com", "currency": "eur", "total": 2000, "amount_paid": 0,
    "created": CREATED, "lines": {"object": "list", "data": [LINE]},
}  # fmt: skip
REFUND = {
    "object": "refund", "id": "re_1", "amount": 500, "currency": "eur", "created": CREATED, "status": "succeeded",
    "charge": {"object": "charge", "id": "ch_1", "customer": "cus_1", "invoice": "in_1"},
}  # fmt: skip
ALL = (PRICE, CUSTOMER, CARD, SUBSCRIPTION, INVOICE, REFUND)


@pytest.fixture
def ada(db) -> DataSubject:
    subject = f.DataSubjectFactory()
    f.IdentifierFactory(subject=subject, value="ada@example.com", is_primary=True)
    f.IdentifierFactory(subject=subject, kind=Identifier.Kind.STRIPE, value="cus_1", is_primary=True)
    return subject


def store(*objects, as_of=None) -> dict[str, outcomes.Synced]:
    return {s.stripe_id: s for s in sync.sync(objects=objects, as_of=as_of)}


def contents() -> dict[str, list[dict]]:
    """Every billing row without random keys, foreign keys by Stripe id, and without when it was said."""
    found = {}
    for model in MODELS:
        rows = []
        for row in model.objects.order_by("stripe_id"):
            values = {}
            for field in model._meta.concrete_fields:
                value = getattr(row, field.name)
                if field.name not in ("id", "as_of", "subject"):
                    values[field.name] = getattr(value, "stripe_id", value)
            rows.append(values)
        found[model.__name__] = rows
    return found


def test_everything_at_once_becomes_rows_and_twice_changes_nothing(ada):
    first = store(*ALL)
    assert {s.outcome for s in first.values()} == {Outcome.CREATED}
    before = contents()
    assert {s.outcome for s in store(*ALL).values()} == {Outcome.UNCHANGED}
    assert contents() == before
    line, refund = InvoiceLine.objects.get(), Refund.objects.get()
    assert (line.invoice.stripe_id, line.price.stripe_id, line.invoice.subscription.stripe_id) == (
        "in_1", "price_1", "sub_1",
    )  # fmt: skip
    assert (refund.customer.subject, refund.invoice.number) == (ada, "K-1")


def test_of_a_card_only_the_summary_is_stored(ada):
    store(CUSTOMER, CARD)
    card = PaymentMethod.objects.values().get()
    assert {k: card[k] for k in ("brand", "last_four", "expires_month", "expires_year")} == {
        "brand": "visa", "last_four": "4242", "expires_month": 8, "expires_year": 2030,
    }  # fmt: skip
    assert not any(secret in str(card) for secret in ("AOB934", "Secret Street", "Lovelace"))


def test_the_whole_card_number_in_the_wrong_place_is_not_stored(ada):
    store(CUSTOMER, CARD | {"card": CARD["card"] | {"last4": "4242424242424242"}})
    assert PaymentMethod.objects.get().last_four == ""


@pytest.mark.django_db
@pytest.mark.parametrize("often", [10, pytest.param(60, marks=pytest.mark.attack)])
def test_events_in_any_order_and_any_number_of_times_end_in_the_same_rows(often):
    orders = given(order=st.permutations(range(9)), repeats=st.lists(st.integers(0, 8), max_size=6))
    settings(max_examples=often, deadline=None)(orders(end_in_the_same_rows))()


def end_in_the_same_rows(order, repeats) -> None:
    history = [
        PRICE, CUSTOMER, SUBSCRIPTION, INVOICE, CARD, REFUND, CUSTOMER | {"name": "Ada King"},
        SUBSCRIPTION | {"status": "canceled", "canceled_at": CREATED + 50},
        INVOICE | {"status": "paid", "amount_paid": 2000},
    ]  # fmt: skip
    events = [
        {"object": "event", "id": f"evt_{n}", "created": CREATED + n, "data": {"object": thing}}
        for n, thing in enumerate(history)
    ]
    results = []
    for sequence in (list(range(9)), [*order, *repeats]):
        for model in reversed(MODELS):
            model.objects.all().delete()
        DataSubject.objects.all().delete()
        f.IdentifierFactory(kind=Identifier.Kind.STRIPE, value="cus_1")
        for n in sequence:
            sync.sync(objects=[events[n]])
        results.append(contents())
    assert results[0] == results[1]
    assert Invoice.objects.get().status == "paid"


def test_an_older_version_overwrites_nothing(ada):
    now = datetime.now(UTC)
    store(CUSTOMER | {"name": "New"}, as_of=now)
    assert store(CUSTOMER | {"name": "Old"}, as_of=now - timedelta(hours=1))["cus_1"].reason == outcomes.OLDER
    assert store(CUSTOMER | {"name": "Of a file"})["cus_1"].outcome == Outcome.UNCHANGED
    assert Customer.objects.get().name == "New"


def test_what_is_referred_to_gets_a_row_that_the_object_fills_in_later(ada):
    store(INVOICE)
    assert (Customer.objects.get().name, Subscription.objects.get().status) == ("", "unknown")
    done = store(CUSTOMER, SUBSCRIPTION)
    assert {s.outcome for i, s in done.items() if i in ("cus_1", "sub_1")} == {Outcome.UPDATED}
    assert (Customer.objects.get().name, Subscription.objects.get().status) == ("Ada", "active")


def test_a_customer_of_whom_the_studio_has_said_the_clerk_id_gives_its_id_to_that_person(db):
    subject = f.IdentifierFactory(kind=Identifier.Kind.CLERK, value="user_1").subject
    assert store(CUSTOMER | {"metadata": {"clerk": "user_1"}})["cus_1"].outcome == Outcome.CREATED
    assert subject.identifiers.filter(kind=Identifier.Kind.STRIPE, value="cus_1").exists()


def test_a_customer_of_nobody_is_left_out_in_words(db):
    done = store(CUSTOMER, CARD, INVOICE)
    assert {s.reason for i, s in done.items() if i in ("cus_1", "pm_1", "in_1")} == {outcomes.NOBODY}
    assert not Customer.objects.exists()


@pytest.mark.parametrize(("kind", "value"), [("stripe_id", "cus_1"), ("email", "Ada@Example.com")])
def test_an_erased_customer_does_not_come_back(db, kind, value):
    f.SuppressionFactory(kind=kind, digest=digest(kind, value))
    done = store(*ALL)
    assert done["cus_1"].reason == ERASED and done["cus_1"].outcome == Outcome.SKIPPED
    assert not any(model.objects.exists() for model in MODELS if model not in (Product, Price))


def test_rows_kept_for_tax_do_not_get_their_names_back(ada):
    store(*ALL)
    Invoice.objects.update(customer_name="", customer_email="")
    Customer.objects.update(name="", email="")
    ada.identifiers.all().delete()
    DataSubject.objects.filter(pk=ada.pk).update(full_name="", country="", erased_at=datetime.now(UTC))
    done = store(INVOICE | {"status": "paid"}, CUSTOMER, INVOICE | {"id": "in_2", "lines": {}})
    assert done["cus_1"].reason == ERASED
    assert {done[i].reason for i in ("in_1", "in_2")} == {facts.WITHOUT}
    assert set(Invoice.objects.values_list("customer_name", "customer_email")) == {("", "")}
    assert set(Customer.objects.values_list("name", "email")) == {("", "")}


def test_a_frozen_account_gets_no_new_rows_but_its_subscription_may_end(ada):
    store(CUSTOMER, SUBSCRIPTION)
    f.LimitFactory(subject=ada)
    done = store(SUBSCRIPTION | {"status": "canceled"}, CARD)
    assert (done["sub_1"].outcome, done["pm_1"].reason) == (Outcome.UPDATED, FROZEN)


def test_a_customer_deleted_at_stripe_keeps_its_invoices_and_loses_name_and_cards(ada):
    store(*ALL)
    store({"object": "customer", "id": "cus_1", "deleted": True})
    customer = Customer.objects.get()
    assert (customer.name, customer.email, customer.invoices.count()) == ("", "", 1)
    assert not PaymentMethod.objects.exists()


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        ({k: v for k, v in INVOICE.items() if k != "currency"}, "it has no 'currency'"),
        (INVOICE | {"currency": "EURO"}, "Currency: 4 characters; 3 is the most."),
        (INVOICE | {"currency": "EUR"}, "The currency is three small letters (eur)."),
        (INVOICE | {"total": "lots"}, "Total: “lots” value must be an integer."),
        (INVOICE | {"total": 10**30}, "Total: "),
        (INVOICE | {"created": 10**20}, "It is not shaped like Stripe's “invoice”."),
        (INVOICE | {"number": "K\x001"}, "Number: a NUL character cannot be stored."),
        (REFUND | {"amount": 0}, "A refund is more than nothing."),
        (CARD | {"customer": None}, "It names no customer."),
        (CARD | {"customer": 7}, ""),
    ],
)
def test_a_malformed_object_is_refused_in_words_and_the_others_come_in(ada, thing, words):
    done = store(thing, CUSTOMER)
    assert done[thing["id"]].outcome in (Outcome.REFUSED, Outcome.SKIPPED)
    assert words in done[thing["id"]].reason
    assert done["cus_1"].outcome == Outcome.CREATED


def test_anything_at_all_is_survived(ada):
    rng = random.Random(7)
    rubbish = [None, 1, "x", [], {}, {"id": 5}, True, {"data": None}, {"data": [None, 3]}]
    for _ in range(300):
        thing = dict(rng.choice(ALL))
        for name in rng.sample(sorted(thing), 2):
            thing[name] = rng.choice(rubbish)
        sync.sync(objects=[thing])
    sync.sync(objects=[*rubbish])


def test_other_objects_are_passed_over(ada):
    assert store({"object": "mandate", "id": "mandate_1", "customer": "cus_1"}) == {}
