"""Billing as Stripe tells it: money in integer minor units of `currency`, Stripe's ids as unique handles."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models import DataSubject

CURRENCY = Q(currency__regex=r"^[a-z]{3}$")


def stripe_id():
    return models.CharField(max_length=255, unique=True)


def as_of():
    """The moment of Stripe's version that the row was written from: an older version never overwrites a newer."""
    return models.DateTimeField(null=True, blank=True, editable=False)


def email():
    """As Stripe has it, and no EmailField: Stripe takes what is none."""
    return models.CharField(max_length=254, blank=True)


class Customer(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.PROTECT, related_name="customers")
    stripe_id = stripe_id()
    as_of = as_of()
    name = models.CharField(max_length=300, blank=True)
    email = email()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self):
        return f"Customer {str(self.id)[:8]}"


class Product(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = stripe_id()
    as_of = as_of()
    name = models.CharField(max_length=300)
    active = models.BooleanField(default=True)

    def __str__(self):
        return self.name


class Price(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = stripe_id()
    as_of = as_of()
    product = models.ForeignKey(Product, models.PROTECT, related_name="prices")
    unit_amount = models.BigIntegerField(null=True, blank=True, help_text="Minor units.")
    currency = models.CharField(max_length=3)
    interval = models.CharField(max_length=10, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=CURRENCY, name="price_currency"),
            models.CheckConstraint(
                condition=Q(unit_amount__isnull=True) | Q(unit_amount__gte=0), name="price_not_negative"
            ),
        ]

    def __str__(self):
        return self.stripe_id


class Subscription(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = stripe_id()
    as_of = as_of()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="subscriptions")
    price = models.ForeignKey(Price, models.PROTECT, null=True, blank=True, related_name="subscriptions")
    status = models.CharField(max_length=30)
    started_at = models.DateTimeField()
    canceled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"Subscription {str(self.id)[:8]}"


class PaymentMethod(models.Model):
    """A card's summary: never more than brand, last four digits and expiry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = stripe_id()
    as_of = as_of()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="payment_methods")
    brand = models.CharField(max_length=30, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    expires_month = models.PositiveSmallIntegerField(null=True, blank=True)
    expires_year = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_four="") | Q(last_four__regex=r"^[0-9]{4}$"), name="payment_method_four_digits"
            ),
            models.CheckConstraint(
                condition=Q(expires_month__isnull=True) | Q(expires_month__range=(1, 12)), name="payment_method_month"
            ),
        ]

    def __str__(self):
        return f"Payment method {str(self.id)[:8]}"


class Invoice(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = stripe_id()
    as_of = as_of()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="invoices")
    subscription = models.ForeignKey(Subscription, models.SET_NULL, null=True, blank=True, related_name="invoices")
    number = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=30, blank=True)
    customer_name = models.CharField(max_length=300, blank=True)
    customer_email = email()
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(help_text="Minor units.")
    amount_paid = models.BigIntegerField(default=0, help_text="Minor units.")
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=CURRENCY, name="invoice_currency")]

    def __str__(self):
        return f"Invoice {str(self.id)[:8]}"


class InvoiceLine(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = stripe_id()
    as_of = as_of()
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    price = models.ForeignKey(Price, models.PROTECT, null=True, blank=True, related_name="+")
    description = models.CharField(max_length=500, blank=True)
    quantity = models.PositiveIntegerField(default=1)
    amount = models.BigIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.CheckConstraint(condition=CURRENCY, name="invoice_line_currency")]

    def __str__(self):
        return f"Invoice line {str(self.id)[:8]}"


class Refund(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = stripe_id()
    as_of = as_of()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="refunds")
    invoice = models.ForeignKey(Invoice, models.SET_NULL, null=True, blank=True, related_name="refunds")
    amount = models.BigIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=30, blank=True)
    refunded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=CURRENCY, name="refund_currency"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
        ]

    def __str__(self):
        return f"Refund {str(self.id)[:8]}"


class CreditNote(models.Model):
    """What is taken back of an invoice: a voucher of its own, with a number of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = stripe_id()
    as_of = as_of()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="credit_notes")
    invoice = models.ForeignKey(Invoice, models.SET_NULL, null=True, blank=True, related_name="credit_notes")
    number = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=30, blank=True)
    amount = models.BigIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=500, blank=True)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=CURRENCY, name="credit_note_currency"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="credit_note_is_not_negative"),
        ]

    def __str__(self):
        return f"Credit note {str(self.id)[:8]}"
