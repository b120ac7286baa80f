"""Billing as Stripe tells it, to look at. What happens to it is Stripe's word or an erasure's."""

from django.contrib import admin
from unfold.decorators import display

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
from billing.money import money
from billing.person import in_words
from billing.tables import (
    CreditNoteSheet,
    CustomerSheet,
    InvoiceLineSheet,
    InvoiceSheet,
    PaymentMethodSheet,
    PriceSheet,
    ProductSheet,
    RefundSheet,
    SubscriptionSheet,
)
from privacy.admin.base import ReadOnlyAdmin, ReadOnlyInline
from privacy.admin.people.overview import PANELS
from privacy.admin.personal import PersonalAdmin
from privacy.admin.tables.exchange import Exchange

PANELS["Billing"] = in_words


class Amount:
    """A column of money in the row's currency."""

    @display(description="Amount")
    def money(self, row):
        return money(row.amount, row.currency)


class PriceInline(ReadOnlyInline):
    model = Price
    ordering = ("pk",)
    fields = ("stripe_id", "amount_per_unit", "interval", "active")
    readonly_fields = ("amount_per_unit",)

    @display(description="Price")
    def amount_per_unit(self, price):
        return money(price.unit_amount, price.currency)


class LineInline(Amount, ReadOnlyInline):
    model = InvoiceLine
    ordering = ("pk",)
    fields = ("description", "quantity", "money")
    readonly_fields = ("money",)


@admin.register(Product)
class ProductAdmin(Exchange, ReadOnlyAdmin):
    resource_classes = (ProductSheet,)
    list_display = ("name", "stripe_id", "active")
    fields = ("name", "stripe_id", "active")
    inlines = (PriceInline,)


@admin.register(Price)
class PriceAdmin(Exchange, ReadOnlyAdmin):
    resource_classes = (PriceSheet,)
    list_display = ("stripe_id", "product", "per_unit", "interval", "active")
    fields = ("stripe_id", "product", "per_unit", "interval", "active")
    list_select_related = ("product",)

    @display(description="Price")
    def per_unit(self, price):
        return money(price.unit_amount, price.currency)


@admin.register(Customer)
class CustomerAdmin(Exchange, PersonalAdmin):
    resource_classes = (CustomerSheet,)
    list_display = ("__str__", "subject_link", "stripe_id", "created_at")
    fields = ("subject_link", "stripe_id", "name", "email", "created_at")
    newest_first = "-created_at"


@admin.register(Subscription)
class SubscriptionAdmin(Exchange, PersonalAdmin):
    resource_classes = (SubscriptionSheet,)
    list_display = ("__str__", "subject_link", "price", "status", "started_at", "canceled_at")
    fields = ("subject_link", "stripe_id", "customer", "price", "status", "started_at", "canceled_at")
    list_select_related = ("price",)
    newest_first = "-started_at"


@admin.register(PaymentMethod)
class PaymentMethodAdmin(Exchange, PersonalAdmin):
    resource_classes = (PaymentMethodSheet,)
    list_display = ("__str__", "subject_link", "brand", "last_four", "expires")
    fields = ("subject_link", "stripe_id", "customer", "brand", "last_four", "expires")

    @display(description="Expires")
    def expires(self, method):
        return (
            f"{method.expires_month:02}/{method.expires_year}" if method.expires_year and method.expires_month else "–"
        )


@admin.register(Invoice)
class InvoiceAdmin(Exchange, PersonalAdmin):
    resource_classes = (InvoiceSheet,)
    list_display = ("__str__", "subject_link", "number", "status", "total_money", "paid_money", "issued_at")
    fields = (
        "subject_link", "stripe_id", "customer", "subscription", "number", "status", "customer_name",
        "customer_email", "total_money", "paid_money", "issued_at",
    )  # fmt: skip
    inlines = (LineInline,)
    newest_first = "-issued_at"

    @display(description="Total")
    def total_money(self, invoice):
        return money(invoice.total, invoice.currency)

    @display(description="Paid")
    def paid_money(self, invoice):
        return money(invoice.amount_paid, invoice.currency)


@admin.register(InvoiceLine)
class InvoiceLineAdmin(Amount, Exchange, PersonalAdmin):
    resource_classes = (InvoiceLineSheet,)
    list_display = ("__str__", "subject_link", "invoice", "description", "quantity", "money")
    fields = ("subject_link", "stripe_id", "invoice", "price", "description", "quantity", "money")


@admin.register(Refund)
class RefundAdmin(Amount, Exchange, PersonalAdmin):
    resource_classes = (RefundSheet,)
    list_display = ("__str__", "subject_link", "invoice", "money", "status", "refunded_at")
    fields = ("subject_link", "stripe_id", "customer", "invoice", "money", "reason", "status", "refunded_at")
    newest_first = "-refunded_at"


@admin.register(CreditNote)
class CreditNoteAdmin(Amount, Exchange, PersonalAdmin):
    resource_classes = (CreditNoteSheet,)
    list_display = ("__str__", "subject_link", "invoice", "number", "money", "status", "issued_at")
    fields = ("subject_link", "stripe_id", "customer", "invoice", "number", "money", "reason", "status", "issued_at")
    newest_first = "-issued_at"
