"""What somebody pays for and has paid, in sentences."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db.models import CharField, Count, Sum, Value
from django.utils.formats import date_format

from billing.models import CreditNote, Invoice, Refund, Subscription
from billing.money import money

SHOWN = 5  # subscriptions


def in_words(accounts: Collection[UUID]) -> list[str]:
    """In two queries."""
    return [*subscriptions(accounts), *totals(accounts)]


def subscriptions(accounts: Collection[UUID]) -> Iterator[str]:
    rows = Subscription.objects.filter(customer__subject__in=accounts).select_related("price__product")
    for row in rows.order_by("-started_at", "pk")[:SHOWN]:
        what = f"{row.price.product.name}, {rate(row.price)}" if row.price else "A subscription"
        ended = f", cancelled {day(row.canceled_at)}" if row.canceled_at else ""
        yield f"{what}: {row.status.replace('_', ' ')} since {day(row.started_at)}{ended}."


def rate(price) -> str:
    each = f" a {price.interval}" if price.interval else ""
    return f"{money(price.unit_amount, price.currency)}{each}"


def day(moment) -> str:
    return date_format(moment, "j M Y")


def totals(accounts: Collection[UUID]) -> list[str]:
    """A sentence a currency and kind of voucher."""
    kinds = {"invoice": (Invoice, "amount_paid"), "refund": (Refund, "amount"), "credit note": (CreditNote, "amount")}
    first, *others = (
        model.objects.filter(customer__subject__in=accounts)
        .order_by()
        .annotate(what=Value(what, output_field=CharField()))
        .values("what", "currency")
        .annotate(number=Count("pk"), money=Sum(amount))
        .values_list("what", "currency", "number", "money")
        for what, (model, amount) in kinds.items()
    )
    found = sorted(first.union(*others, all=True), key=lambda row: (list(kinds).index(row[0]), row[1]))
    return [
        f"{number:,} {what}{'s' if number > 1 else ''}: {money(minor, currency)}{' paid' if what == 'invoice' else ''}."
        for what, currency, number, minor in found
    ]
