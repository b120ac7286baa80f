from datetime import UTC, datetime

import factory

from billing import models
from tests.factories.subjects import DataSubjectFactory


def stripe_id(prefix: str) -> factory.Sequence:
    return factory.Sequence(lambda n: f"{prefix}_{n:014d}")


def lately() -> factory.LazyFunction:
    return factory.LazyFunction(lambda: datetime.now(UTC))


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Customer

    subject = factory.SubFactory(DataSubjectFactory)
    stripe_id = stripe_id("cus")
    name = factory.Faker("name")
    email = factory.Sequence(lambda n: f"payer-{n}@example.com")


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Product

    stripe_id = stripe_id("prod")
    name = "Studio"


class PriceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Price

    stripe_id = stripe_id("price")
    product = factory.SubFactory(ProductFactory)
    unit_amount = 2000
    currency = "eur"
    interval = "month"


class SubscriptionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Subscription

    stripe_id = stripe_id("sub")
    customer = factory.SubFactory(CustomerFactory)
    price = factory.SubFactory(PriceFactory)
    status = "active"
    started_at = lately()


class PaymentMethodFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.PaymentMethod

    stripe_id = stripe_id("pm")
    customer = factory.SubFactory(CustomerFactory)
    brand = "visa"
    last_four = "4242"
    expires_month = 12
    expires_year = 2030


class InvoiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Invoice

    stripe_id = stripe_id("in")
    customer = factory.SubFactory(CustomerFactory)
    number = factory.Sequence(lambda n: f"K-{n:06d}")
    status = "paid"
    customer_name = factory.Faker("name")
    customer_email = factory.Sequence(lambda n: f"payer-{n}@example.com")
    currency = "eur"
    total = 2000
    amount_paid = 2000
    issued_at = lately()


class InvoiceLineFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.InvoiceLine

    stripe_id = stripe_id("il")
    invoice = factory.SubFactory(InvoiceFactory)
    price = factory.SubFactory(PriceFactory)
    description = "Studio, one month"
    amount = 2000
    currency = "eur"


class RefundFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Refund

    stripe_id = stripe_id("re")
    customer = factory.SubFactory(CustomerFactory)
    invoice = factory.SubFactory(InvoiceFactory)
    amount = 500
    currency = "eur"
    reason = "requested_by_customer"
    status = "succeeded"
    refunded_at = lately()


class CreditNoteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.CreditNote

    stripe_id = stripe_id("cn")
    customer = factory.SubFactory(CustomerFactory)
    invoice = factory.SubFactory(InvoiceFactory)
    number = factory.Sequence(lambda n: f"K-{n:06d}-CN-01")
    amount = 500
    currency = "eur"
    reason = "order_change"
    status = "issued"
    issued_at = lately()
