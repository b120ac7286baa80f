"""Billing as tables. Stripe's id tells which row a line is; the rows are judged and written by billing.rows."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from import_export.fields import Field

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
from billing.rows import judge, store
from privacy.admin.tables.cells import Flag, Moment, Text, Whole, linked
from privacy.admin.tables.sheet import OfAPerson, Sheet, text_of

# How to get from a row to its person without a query a row.
PERSON = {Customer: ("subject",), InvoiceLine: ("invoice__customer__subject",), Product: (), Price: ("product",)}


def text(column: str) -> Field:
    return Field(column, column, Text())


def whole(column: str) -> Field:
    return Field(column, column, Whole())


def moment(column: str) -> Field:
    return Field(column, column, Moment())


def flag(column: str) -> Field:
    return Field(column, column, Flag())


def stripe(column: str) -> Field:
    return linked(column, "stripe_id")


class BillingSheet(Sheet):
    """A model known by its Stripe id. `needed` are the columns a new row cannot do without."""

    key = "stripe_id"
    stripe_id = text("stripe_id")
    needed: tuple[str, ...] = ()

    def must_be_known(self, row):
        """Any Stripe id may be new; none may be missing, or stand in two rows."""
        stripe_id = text_of(row, "stripe_id")
        if not stripe_id:
            raise ValidationError({"stripe_id": "Every row needs Stripe's id."})
        if stripe_id in self.seen:
            raise ValidationError({"stripe_id": "Another row above has the same."})
        self.seen.add(stripe_id)

    def prepare(self, rows):
        super().prepare(rows)
        self.seen: set[str] = set()

    def look_at(self, row, number):
        super().look_at(row, number)
        if text_of(row, "stripe_id") not in self.known:
            missing = [column for column in self.needed if row.get(column) in (None, "")]
            if missing:
                raise ValidationError(dict.fromkeys(missing, "A new row needs this."))

    def import_field(self, field, instance, row, is_m2m=False, **kwargs):
        """An empty number, or an empty link that a row needs, says nothing instead of breaking the row."""
        if field.column_name in self.needed and row.get(field.column_name) in (None, ""):
            return
        super().import_field(field, instance, row, is_m2m, **kwargs)

    def with_person(self, model, rows):
        return rows.select_related(*PERSON.get(model, ("customer__subject",)))

    def judge(self, rows: Sequence):
        return judge(rows=[instance for instance, _ in rows])

    def write(self, rows: Sequence):
        return store(rows=[instance for instance, _ in rows], actor=self.actor)


class CustomerSheet(OfAPerson, BillingSheet):
    stripe_id = text("stripe_id")
    subject = linked("subject")
    name = text("name")
    email = text("email")
    person_column = "subject"

    class Meta:
        model = Customer
        name = "Customers"
        fields = ("stripe_id", "subject", "name", "email")

    def look_at(self, row, number):
        if text_of(row, "stripe_id") in self.known and not text_of(row, "subject"):
            row.pop("subject", None)
            return
        super().look_at(row, number)


class ProductSheet(BillingSheet):
    stripe_id = text("stripe_id")
    name = text("name")
    active = flag("active")
    needed = ("name",)

    class Meta:
        model = Product
        name = "Products"
        fields = ("stripe_id", "name", "active")


class PriceSheet(BillingSheet):
    stripe_id = text("stripe_id")
    product = stripe("product")
    unit_amount = whole("unit_amount")
    currency = text("currency")
    interval = text("interval")
    active = flag("active")
    links = {"product": (Product, "stripe_id")}
    needed = ("product", "currency")

    class Meta:
        model = Price
        name = "Prices"
        fields = ("stripe_id", "product", "unit_amount", "currency", "interval", "active")


class SubscriptionSheet(BillingSheet):
    stripe_id = text("stripe_id")
    customer = stripe("customer")
    price = stripe("price")
    status = text("status")
    started_at = moment("started_at")
    canceled_at = moment("canceled_at")
    links = {"customer": (Customer, "stripe_id"), "price": (Price, "stripe_id")}
    needed = ("customer", "status", "started_at")

    class Meta:
        model = Subscription
        name = "Subscriptions"
        fields = ("stripe_id", "customer", "price", "status", "started_at", "canceled_at")


class PaymentMethodSheet(BillingSheet):
    stripe_id = text("stripe_id")
    customer = stripe("customer")
    brand = text("brand")
    last_four = text("last_four")
    expires_month = whole("expires_month")
    expires_year = whole("expires_year")
    links = {"customer": (Customer, "stripe_id")}
    needed = ("customer",)

    class Meta:
        model = PaymentMethod
        name = "Payment methods"
        fields = ("stripe_id", "customer", "brand", "last_four", "expires_month", "expires_year")


class InvoiceSheet(BillingSheet):
    stripe_id = text("stripe_id")
    customer = stripe("customer")
    subscription = stripe("subscription")
    number = text("number")
    status = text("status")
    customer_name = text("customer_name")
    customer_email = text("customer_email")
    currency = text("currency")
    total = whole("total")
    amount_paid = whole("amount_paid")
    issued_at = moment("issued_at")
    links = {"customer": (Customer, "stripe_id"), "subscription": (Subscription, "stripe_id")}
    needed = ("customer", "currency", "total", "amount_paid", "issued_at")

    class Meta:
        model = Invoice
        name = "Invoices"
        fields = (
            "stripe_id", "customer", "subscription", "number", "status", "customer_name", "customer_email", "currency",
            "total", "amount_paid", "issued_at",
        )  # fmt: skip


class InvoiceLineSheet(BillingSheet):
    stripe_id = text("stripe_id")
    invoice = stripe("invoice")
    price = stripe("price")
    description = text("description")
    quantity = whole("quantity")
    amount = whole("amount")
    currency = text("currency")
    links = {"invoice": (Invoice, "stripe_id"), "price": (Price, "stripe_id")}
    needed = ("invoice", "quantity", "amount", "currency")

    class Meta:
        model = InvoiceLine
        name = "Invoice lines"
        fields = ("stripe_id", "invoice", "price", "description", "quantity", "amount", "currency")


class RefundSheet(BillingSheet):
    stripe_id = text("stripe_id")
    customer = stripe("customer")
    invoice = stripe("invoice")
    amount = whole("amount")
    currency = text("currency")
    reason = text("reason")
    status = text("status")
    refunded_at = moment("refunded_at")
    links = {"customer": (Customer, "stripe_id"), "invoice": (Invoice, "stripe_id")}
    needed = ("customer", "amount", "currency", "refunded_at")

    class Meta:
        model = Refund
        name = "Refunds"
        fields = ("stripe_id", "customer", "invoice", "amount", "currency", "reason", "status", "refunded_at")


class CreditNoteSheet(BillingSheet):
    stripe_id = text("stripe_id")
    customer = stripe("customer")
    invoice = stripe("invoice")
    number = text("number")
    amount = whole("amount")
    currency = text("currency")
    reason = text("reason")
    status = text("status")
    issued_at = moment("issued_at")
    links = {"customer": (Customer, "stripe_id"), "invoice": (Invoice, "stripe_id")}
    needed = ("customer", "amount", "currency", "issued_at")

    class Meta:
        model = CreditNote
        name = "Credit notes"
        fields = (
            "stripe_id", "customer", "invoice", "number", "amount", "currency", "reason", "status", "issued_at",
        )  # fmt: skip
