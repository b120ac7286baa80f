"""The data map of the billing app. Invoices, their lines and refunds stay for tax law, without the person's name."""

from billing import models
from privacy.datamap import Blank, Category, Keep, LawfulBasis, Personal, PersonalData, Retention, Use, exempt, register

# The ledger of who paid what, and got it back, is complete whatever else has become of the person.
FACTS = "A fact that tax law wants kept comes in, without the person (GDPR art. 17(3)(b)); billing.sync judges which"
TAX = "Accounting records are kept for ten years (GDPR art. 17(3)(b); German AO s. 147, HGB s. 257)"


def for_tax(after: str) -> Keep:
    return Keep(because=TAX, until=Retention(TAX, years=10, after=after))


class Billing(PersonalData):
    purpose = Use.PAYMENT
    lawful_basis = LawfulBasis.CONTRACT
    recipients = ("stripe",)
    source = "You and Stripe, when you paid"


@register(models.Customer)
class CustomerData(Billing):
    subject = "subject"
    retention = Retention(TAX, years=10, after="created_at")
    erase = for_tax("created_at")
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "stripe_id": Personal(Category.USER_ID),
        "name": Personal(Category.NAME, erase=Blank()),
        "email": Personal(Category.EMAIL, erase=Blank()),
        "created_at": Personal(Category.PURCHASES),
    }
    not_personal = ("id", "as_of")


@register(models.Subscription)
class SubscriptionData(Billing):
    subject = "customer__subject"
    retention = Retention("The contract and its disputes", years=3, after="started_at")
    fields = {
        "stripe_id": Personal(Category.PURCHASES),
        "price": Personal(Category.PURCHASES),
        "status": Personal(Category.PURCHASES),
        "started_at": Personal(Category.PURCHASES),
        "canceled_at": Personal(Category.PURCHASES),
    }
    not_personal = ("id", "as_of", "customer")


@register(models.PaymentMethod)
class PaymentMethodData(Billing):
    subject = "customer__subject"
    retention = Retention("While the card can be charged", years=5, after="expires_year")
    fields = {
        "stripe_id": Personal(Category.PAYMENT),
        "brand": Personal(Category.PAYMENT),
        "last_four": Personal(Category.PAYMENT),
        "expires_month": Personal(Category.PAYMENT),
        "expires_year": Personal(Category.PAYMENT),
    }
    not_personal = ("id", "as_of", "customer")


@register(models.Invoice)
class InvoiceData(Billing):
    subject = "customer__subject"
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    retention = Retention(TAX, years=10, after="issued_at")
    erase = for_tax("issued_at")
    despite_freeze = FACTS
    fields = {
        "stripe_id": Personal(Category.PURCHASES),
        "number": Personal(Category.PURCHASES),
        "status": Personal(Category.PURCHASES),
        "customer_name": Personal(Category.NAME, erase=Blank()),
        "customer_email": Personal(Category.EMAIL, erase=Blank()),
        "total": Personal(Category.PURCHASES),
        "amount_paid": Personal(Category.PURCHASES),
        "issued_at": Personal(Category.PURCHASES),
    }
    not_personal = ("id", "as_of", "customer", "subscription", "currency")


@register(models.InvoiceLine)
class InvoiceLineData(Billing):
    subject = "invoice__customer__subject"
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    retention = Retention("As long as its invoice: " + TAX, years=10, after="the invoice's issue")
    erase = Blank()
    despite_freeze = FACTS
    fields = {"description": Personal(Category.PURCHASES)}
    not_personal = ("id", "as_of", "stripe_id", "invoice", "price", "quantity", "amount", "currency")


@register(models.Refund)
class RefundData(Billing):
    subject = "customer__subject"
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    retention = Retention(TAX, years=10, after="refunded_at")
    erase = for_tax("refunded_at")
    despite_freeze = FACTS
    fields = {
        "stripe_id": Personal(Category.PURCHASES),
        "amount": Personal(Category.PURCHASES),
        "reason": Personal(Category.PURCHASES, erase=Blank()),
        "status": Personal(Category.PURCHASES),
        "refunded_at": Personal(Category.PURCHASES),
    }
    not_personal = ("id", "as_of", "customer", "invoice", "currency")


exempt(models.Product, because="The price list; it names no person")
exempt(models.Price, because="The price list; it names no person")
