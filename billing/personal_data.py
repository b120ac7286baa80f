"""The data map of the billing app. Invoices, their lines, refunds and credit notes stay for tax law, without the
person's name."""

from billing import models
from privacy.datamap import (
    Blank,
    Category,
    Keep,
    KeptFor,
    LawfulBasis,
    Personal,
    PersonalData,
    Retention,
    Use,
    exempt,
    register,
)
from privacy.datamap.retention import while_account_open

# The ledger of who paid what, and got it back, is complete whatever else has become of the person.
FACTS = "A fact that tax law wants kept comes in, without the person (GDPR art. 17(3)(b)); billing.sync judges which"
REPORTED = "Stripe's word on what has become of it; that it was, for whom and by what name stays"
# Invoices, their lines, refunds and credit notes are vouchers (Buchungsbelege). Since 1 January 2025 these stay eight
# years and no longer the ten of books and accounts (AO s. 147(1) no. 4 and (3), HGB s. 257(1) no. 4 and (4), both as
# amended by the Viertes Bürokratieentlastungsgesetz; UStG s. 14b(1)), counted from the end of the calendar year in
# which they came to be (AO s. 147(4), HGB s. 257(5)). Read on 2026-11-25 in secondary sources that quote AO s. 147, not
# in the Federal Law Gazette: the text says so wherever it is shown.
TAX = (
    "Accounting records of this kind, vouchers, are kept for eight years from the end of their year (GDPR art. "
    "17(3)(b); German AO s. 147(3) and (4), HGB s. 257(4) and (5); unverified: read in secondary sources)"
)
KEY_OF_VOUCHERS = f"Holds invoices and refunds together, without a name, and goes with the last of them. {TAX}"


def for_tax(after: str, because: str = TAX) -> Keep:
    return Keep(because=because, until=voucher(after, because), ground=KeptFor.LEGAL_OBLIGATION)


def voucher(after: str, because: str = TAX) -> Retention:
    return Retention(because, years=8, after=after, from_year_end=True)


class Billing(PersonalData):
    purpose = Use.PAYMENT
    lawful_basis = LawfulBasis.CONTRACT
    recipients = ("stripe",)
    source = "You and Stripe, when you paid"
    given = False  # Stripe's word; what the person gave is the name and address at Customer


@register(models.Customer)
class CustomerData(Billing):
    subject = "subject"
    given = True
    retention = voucher("created_at", KEY_OF_VOUCHERS)
    erase = for_tax("created_at", KEY_OF_VOUCHERS)
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
        "price": Personal(Category.PURCHASES, despite_hold=REPORTED),
        "status": Personal(Category.PURCHASES, despite_hold=REPORTED),
        "started_at": Personal(Category.PURCHASES),
        "canceled_at": Personal(Category.PURCHASES, despite_hold=REPORTED),
    }
    not_personal = ("id", "as_of", "customer")


@register(models.PaymentMethod)
class PaymentMethodData(Billing):
    subject = "customer__subject"
    further = {Use.FRAUD: LawfulBasis.LEGITIMATE_INTERESTS}  # policy section 3; GDPR recital 47
    retention = while_account_open("While the card can be charged; a card that is taken away goes at once")
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
    retention = voucher("issued_at")
    erase = for_tax("issued_at")
    despite_freeze = FACTS
    fields = {
        "stripe_id": Personal(Category.PURCHASES),
        "number": Personal(Category.PURCHASES, despite_hold=REPORTED),
        "status": Personal(Category.PURCHASES, despite_hold=REPORTED),
        "customer_name": Personal(Category.NAME, erase=Blank()),
        "customer_email": Personal(Category.EMAIL, erase=Blank()),
        "total": Personal(Category.PURCHASES, despite_hold=REPORTED),
        "amount_paid": Personal(Category.PURCHASES, despite_hold=REPORTED),
        "issued_at": Personal(Category.PURCHASES, despite_hold=REPORTED),
    }
    not_personal = ("id", "as_of", "customer", "subscription", "currency")


@register(models.InvoiceLine)
class InvoiceLineData(Billing):
    subject = "invoice__customer__subject"
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    retention = voucher("invoice__issued_at", f"As long as its invoice. {TAX}")
    erase = Blank()
    despite_freeze = FACTS
    fields = {"description": Personal(Category.PURCHASES)}
    not_personal = ("id", "as_of", "stripe_id", "invoice", "price", "quantity", "amount", "currency")


@register(models.Refund)
class RefundData(Billing):
    subject = "customer__subject"
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    retention = voucher("refunded_at")
    erase = for_tax("refunded_at")
    despite_freeze = FACTS
    fields = {
        "stripe_id": Personal(Category.PURCHASES),
        "amount": Personal(Category.PURCHASES),
        "reason": Personal(Category.PURCHASES, erase=Blank()),
        "status": Personal(Category.PURCHASES, despite_hold=REPORTED),
        "refunded_at": Personal(Category.PURCHASES),
    }
    not_personal = ("id", "as_of", "customer", "invoice", "currency")


@register(models.CreditNote)
class CreditNoteData(Billing):
    subject = "customer__subject"
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    retention = voucher("issued_at")
    erase = for_tax("issued_at")
    despite_freeze = FACTS
    fields = {
        "stripe_id": Personal(Category.PURCHASES),
        "number": Personal(Category.PURCHASES),
        "amount": Personal(Category.PURCHASES),
        "reason": Personal(Category.PURCHASES, erase=Blank()),
        "status": Personal(Category.PURCHASES, despite_hold=REPORTED),
        "issued_at": Personal(Category.PURCHASES),
    }
    not_personal = ("id", "as_of", "customer", "invoice", "currency")


exempt(models.Product, because="The price list; it names no person")
exempt(models.Price, because="The price list; it names no person")
