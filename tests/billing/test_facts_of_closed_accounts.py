"""What tax law wants kept comes in for frozen and erased people, and brings nothing of the person back."""

from datetime import UTC, datetime

import pytest

from billing import facts
from billing.models import CreditNote, Customer, Invoice, InvoiceLine, PaymentMethod, Refund, Subscription
from billing.rows import judge, store
from privacy.cases.requests import ask
from privacy.datamap import Use, registry
from privacy.fulfilment.importing.arrivals import ERASED, FROZEN, Outcome
from tests import factories as f
from tests.billing.test_sync import ALL, CARD, CREATED, CUSTOMER, INVOICE, LINE, REFUND, SUBSCRIPTION, ada  # noqa: F401
from tests.billing.test_sync import store as synced
from tests.faults.erasing import approved, run

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Ada", "ada@example.com"
CREDIT_NOTE = {
    "object": "credit_note", "id": "cn_1", "customer": "cus_1", "invoice": "in_1", "number": "K-1-CN-01",
    "status": "issued", "amount": 500, "currency": "eur", "reason": "order_change", "created": CREATED,
    "memo": "For Ada", "lines": {"object": "list", "data": [{"object": "credit_note_line_item", "id": "cnli_1"}]},
    "refunds": [{"amount_refunded": 500, "refund": "re_1"}],
}  # fmt: skip
NEW = (
    INVOICE | {"id": "in_2", "subscription": "sub_2", "lines": {"object": "list", "data": [LINE | {"id": "il_2"}]}},
    REFUND, CREDIT_NOTE,
)  # fmt: skip


def freeze(person) -> None:
    ask("child_flag", subject_ids=[person.id], actor=f.StaffFactory(), reason="A parent wrote to us")


def erase(person) -> None:
    run(approved(person))


@pytest.fixture(params=[freeze, erase], ids=["frozen", "erased"])
def closed(request, ada):  # noqa: F811
    """Ada, who has paid, and whose account is frozen or erased since."""
    synced(CUSTOMER, CARD, SUBSCRIPTION, INVOICE)
    request.param(ada)
    return ada


def told() -> str:
    models = (CreditNote, Invoice, InvoiceLine, Refund)
    return str([list(model.objects.exclude(stripe_id__in=["in_1", "il_1"]).values_list()) for model in models])


def test_a_credit_note_comes_in_once_and_its_changes(ada):  # noqa: F811
    assert synced(*ALL, CREDIT_NOTE)["cn_1"].outcome == Outcome.CREATED
    assert synced(CREDIT_NOTE)["cn_1"].outcome == Outcome.UNCHANGED
    assert synced(CREDIT_NOTE | {"status": "void"})["cn_1"].outcome == Outcome.UPDATED
    note = CreditNote.objects.get()
    assert (note.invoice.stripe_id, note.customer.subject, note.status, note.amount) == ("in_1", ada, "void", 500)
    assert "For Ada" not in str(CreditNote.objects.values_list())


def test_a_credit_note_of_an_invoice_that_is_not_here_yet_makes_room_for_it(ada):  # noqa: F811
    synced(CREDIT_NOTE)
    assert CreditNote.objects.get().invoice.status == "unknown"
    assert synced(INVOICE)["in_1"].outcome == Outcome.UPDATED


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"amount": -1}, "A credit note is not negative."), ({"currency": "EUR"}, "three small letters")],
)
def test_a_wrong_credit_note_is_refused_in_words(ada, wrong, words):  # noqa: F811
    synced(CUSTOMER, INVOICE)
    assert words in synced(CREDIT_NOTE | wrong)["cn_1"].reason


def test_refunds_credit_notes_and_invoices_come_in_without_the_person(closed):
    done = synced(*NEW)
    for stripe_id in ("in_2", "il_2", "re_1", "cn_1"):
        assert (done[stripe_id].outcome, done[stripe_id].reason) == (Outcome.CREATED, facts.WITHOUT)
    assert NAME not in told() and ADDRESS not in told()
    invoice, refund = Invoice.objects.get(stripe_id="in_2"), Refund.objects.get()
    assert (invoice.total, invoice.customer_name, invoice.customer_email) == (2000, "", "")
    assert (refund.amount, refund.customer.subject_id, refund.reason) == (500, closed.pk, "")
    assert CreditNote.objects.get().invoice.stripe_id == "in_1"
    assert not Subscription.objects.filter(stripe_id="sub_2").exists()
    assert {s.outcome for s in synced(*NEW).values() if s.stripe_id != "price_1"} == {Outcome.UNCHANGED}


def test_a_line_that_comes_by_itself_brings_no_words_either(closed):
    """It names its invoice alone, and whose that is stands here."""
    done = synced(LINE | {"id": "il_9", "invoice": "in_1", "description": "For Ada"})
    assert (done["il_9"].outcome, done["il_9"].reason) == (Outcome.CREATED, facts.WITHOUT)
    assert "For Ada" not in told()


def test_what_becomes_of_an_invoice_is_told_and_its_name_is_left_as_it_is(closed):
    before = Invoice.objects.values_list("customer_name", "customer_email").get()
    done = synced(INVOICE | {"status": "void", "customer_name": "Countess", "customer_email": "new@example.com"})
    assert (done["in_1"].outcome, done["in_1"].reason) == (Outcome.UPDATED, facts.WITHOUT)
    invoice = Invoice.objects.get()
    assert (invoice.status, (invoice.customer_name, invoice.customer_email)) == ("void", before)


def test_nothing_else_comes_in(closed):
    done = synced(CARD | {"id": "pm_2"}, SUBSCRIPTION | {"id": "sub_2"}, CUSTOMER | {"name": "Countess"})
    assert {done[i].outcome for i in ("pm_2", "sub_2")} == {Outcome.SKIPPED}
    assert {done[i].reason for i in ("pm_2", "sub_2")} <= {ERASED, FROZEN}
    assert not PaymentMethod.objects.filter(stripe_id="pm_2").exists()
    assert Customer.objects.get().name in ("", "Countess")  # a frozen person's name is put right, an erased one's gone


def test_the_table_s_door_judges_alike(closed):
    customer = Customer.objects.get()
    facts_of = {"customer": customer, "currency": "eur", "customer_name": NAME, "customer_email": ADDRESS}
    row = Invoice(stripe_id="in_9", total=7, issued_at=datetime.now(UTC), **facts_of)
    assert [(s.outcome, s.reason) for s in judge(rows=[row])] == [(Outcome.CREATED, facts.WITHOUT)]
    store(rows=[row], actor=None)
    assert Invoice.objects.values_list("customer_name", "customer_email").get(stripe_id="in_9") == ("", "")


def test_billing_is_for_one_purpose():
    """A limit on payments closes all of it: its rows are judged by one look at the people."""
    assert {use for m, d in registry.declarations.items() if facts.is_fact(m) for use in d.purposes()} == {Use.PAYMENT}
