"""What the columns of each table are in Stripe's objects, today's and those of older versions of its API."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models

from billing.models import (
    CreditNote,
    Customer,
    Invoice,
    InvoiceLine,
    PaymentMethod,
    Price,
    Product,
    Refund,
    Subscription,
)
from billing.objects import Found, cut, id_of, listed, moment, price_ids, subscription_ids, within
from billing.outcomes import EMAIL_EMPTIED, EMAIL_ODD, NEVER_KNOWN, NO_CUSTOMER, Refused
from privacy.fulfilment.importing.reading import why_not_storable
from privacy.models import Identifier
from privacy.models.addresses import MAX_LENGTH

if TYPE_CHECKING:  # sync maps what it writes
    from billing.sync import Writer


@dataclass
class Context:
    """What a mapper may ask about its surroundings."""

    writer: "Writer"
    item: Found
    remarks: list[str] = field(default_factory=list)  # sentences about what comes in otherwise than it stood

    def email(self, value: object) -> str:
        """An e-mail address as Stripe has it: one that is none must not keep the rest out."""
        if value is None or value == "":
            return ""
        if not isinstance(value, str) or len(value) > MAX_LENGTH or why_not_storable(value):
            self.remarks.append(EMAIL_EMPTIED)
            return ""
        if not address_of(value):
            self.remarks.append(EMAIL_ODD)
        return value

    def customer(self) -> Customer:
        """Whose object it is: its own word, or that of the object around it. Raises Refused."""
        for thing in (self.item.thing, self.item.parent, within(self.item.thing, "charge")):
            if stripe_id := id_of(thing.get("customer")):
                return self.writer.customer(stripe_id)
            if thing.get("object") == "customer":
                return self.writer.customer(thing["id"])
        raise Refused(NO_CUSTOMER)

    def product(self, stripe_id: str) -> Product:
        return self.writer.add(Product(stripe_id=stripe_id, name=stripe_id))

    def price(self, thing: Mapping) -> Price | None:
        """The price of a subscription's item or an invoice's line, under any of the names Stripe has had for it."""
        return next((row for stripe_id in price_ids(thing) if (row := self.writer.rows[Price].get(stripe_id))), None)

    def subscription(self, stripe_id: str | None, customer: Customer, started_at: datetime) -> Subscription | None:
        known = self.writer.rows[Subscription].get(stripe_id)
        if known or not stripe_id or self.writer.is_closed(customer):
            return known
        return self.writer.add(
            Subscription(stripe_id=stripe_id, customer=customer, status="unknown", started_at=started_at)
        )

    def invoice(self) -> Invoice | None:
        """The invoice a line or refund belongs to, if it is known."""
        return next((row for i in self.invoice_ids() if (row := self.writer.rows[Invoice].get(i))), None)

    def refunded_invoice(self, customer: Customer, currency: str, refunded_at: datetime) -> Invoice | None:
        """As `invoice`; one that is told of and not here yet gets a row, for there is a customer to have it."""
        stripe_id = next(self.invoice_ids(), None)
        return self.invoice() or (
            stripe_id
            and self.writer.add(
                Invoice(
                    stripe_id=stripe_id, customer=customer, status="unknown", currency=currency, total=0,
                    issued_at=refunded_at,
                )
            )
        )  # fmt: skip

    def invoice_ids(self) -> Iterator[str]:
        around = self.item.parent
        own = around.get("id") if around.get("object") == "invoice" else around.get("invoice")
        for reference in (self.item.thing.get("invoice"), own, within(self.item.thing, "charge").get("invoice")):
            if stripe_id := id_of(reference):
                yield stripe_id


def gone_from_the_list(thing: Mapping, known: Mapping[str, models.Model]) -> dict:
    """Of a product or price that is deleted at Stripe. Raises Refused."""
    if thing["id"] not in known:
        raise Refused(NEVER_KNOWN)
    return {"active": False}


def product(thing: Mapping, context: Context) -> dict:
    if thing.get("deleted"):
        return gone_from_the_list(thing, context.writer.rows[Product])
    return {"name": cut(thing.get("name") or thing["id"], 300), "active": thing.get("active", True)}


def price(thing: Mapping, context: Context) -> dict:
    """A price, or a plan, which is what Stripe called a price before 2020."""
    if thing.get("deleted"):
        return gone_from_the_list(thing, context.writer.rows[Price])
    return {
        "product": context.product(id_of(thing["product"])),
        "unit_amount": thing.get("unit_amount", thing.get("amount")),
        "currency": thing["currency"],
        "interval": within(thing, "recurring").get("interval") or thing.get("interval") or "",
        "active": thing.get("active", True),
    }


def customer(thing: Mapping, context: Context) -> dict:
    known = context.writer.rows[Customer].get(thing["id"])
    if thing.get("deleted"):
        if not known:
            raise Refused(NEVER_KNOWN)
        return {"name": "", "email": ""}
    return {
        "subject": known.subject if known else context.writer.subject(thing["id"], itself=True),
        "name": cut(thing.get("name") or "", 300),
        "email": context.email(thing.get("email")),
        "created_at": moment(thing["created"]),
    }


def subscription(thing: Mapping, context: Context) -> dict:
    items = listed(thing, "items") or [{}]
    return {
        "customer": context.customer(),
        "price": context.price(items[0]) or context.price(thing),
        "status": thing["status"],
        "started_at": moment(thing.get("start_date") or thing["created"]),
        "canceled_at": moment(thing.get("canceled_at")),
    }


def payment_method(thing: Mapping, context: Context) -> dict:
    """Brand, last four and expiry of a payment method, or of a card as Stripe's older objects have it. Of one that is
    taken away nothing: its row goes (`Writer.take`)."""
    if thing.get("deleted"):
        if thing["id"] not in context.writer.rows[PaymentMethod]:
            raise Refused(NEVER_KNOWN)
        return {"brand": "", "last_four": "", "expires_month": None, "expires_year": None}
    kind = thing.get("type") or "card"
    card = thing if thing["object"] == "card" else within(thing, kind)
    last_four = str(card.get("last4") or "")
    return {
        "customer": context.customer(),
        "brand": cut((card.get("brand") or kind).lower(), 30),
        "last_four": last_four if len(last_four) == 4 and last_four.isascii() and last_four.isdigit() else "",
        "expires_month": card.get("exp_month"),
        "expires_year": card.get("exp_year"),
    }


def invoice(thing: Mapping, context: Context) -> dict:
    if thing.get("deleted") and thing["id"] in context.writer.rows[Invoice]:
        return {"status": "deleted"}  # a draft: Stripe deletes no other
    issued_at = moment(within(thing, "status_transitions").get("finalized_at") or thing["created"])
    subscription_id = next(subscription_ids(thing), None)
    payer = context.customer()
    return {
        "customer": payer,
        "subscription": context.subscription(subscription_id, payer, issued_at),
        "number": cut(thing.get("number") or "", 60),
        "status": thing.get("status") or "",
        "customer_name": cut(thing.get("customer_name") or "", 300),
        "customer_email": context.email(thing.get("customer_email")),
        "currency": thing["currency"],
        "total": thing["total"],
        "amount_paid": thing.get("amount_paid") or 0,
        "issued_at": issued_at,
    }


def line_item(thing: Mapping, context: Context) -> dict:
    belongs_to = context.invoice()
    if not belongs_to:
        raise Refused("It names no invoice that is known.")
    return {
        "invoice": belongs_to,
        "price": context.price(thing),
        "description": cut(thing.get("description") or "", 500),
        "quantity": 1 if thing.get("quantity") is None else thing["quantity"],
        "amount": thing["amount"],
        "currency": thing["currency"],
    }


def refund(thing: Mapping, context: Context) -> dict:
    payer, refunded_at = context.customer(), moment(thing["created"])
    return {
        "customer": payer,
        "invoice": context.refunded_invoice(payer, thing["currency"], refunded_at),
        "amount": thing["amount"],
        "currency": thing["currency"],
        "reason": thing.get("reason") or "",
        "status": thing.get("status") or "",
        "refunded_at": refunded_at,
    }


def credit_note(thing: Mapping, context: Context) -> dict:
    payer, issued_at = context.customer(), moment(thing.get("effective_at") or thing["created"])
    return {
        "customer": payer,
        "invoice": context.refunded_invoice(payer, thing["currency"], issued_at),
        "number": cut(thing.get("number") or "", 60),
        "status": thing.get("status") or "",
        "amount": thing["amount"],
        "currency": thing["currency"],
        "reason": thing.get("reason") or "",
        "issued_at": issued_at,
    }


@dataclass(frozen=True)
class Mapped:
    """How Stripe's objects of one type become rows of `model`."""

    model: type[models.Model]
    values: object  # (object, Context) -> {column: value}; raises Refused


TABLES: dict[str, Mapped] = {
    "product": Mapped(Product, product),
    "price": Mapped(Price, price),
    "plan": Mapped(Price, price),
    "customer": Mapped(Customer, customer),
    "subscription": Mapped(Subscription, subscription),
    "payment_method": Mapped(PaymentMethod, payment_method),
    "card": Mapped(PaymentMethod, payment_method),
    "invoice": Mapped(Invoice, invoice),
    "line_item": Mapped(InvoiceLine, line_item),
    "refund": Mapped(Refund, refund),
    "credit_note": Mapped(CreditNote, credit_note),
}


def address_of(text: object) -> str:
    """The stored spelling of an e-mail address; empty for what is none."""
    try:
        return Identifier.normalise(Identifier.Kind.EMAIL, text) if isinstance(text, str) else ""
    except ValidationError:
        return ""
