"""What somebody pays for and has paid, in sentences."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, F, QuerySet, Sum, Value
from django.db.models.functions import Cast
from django.utils.formats import date_format

from billing.models import CreditNote, Invoice, Refund, Subscription
from billing.money import money

SHOWN = 5  # subscriptions
SUBSCRIPTION = "subscription"
VOUCHERS = {"invoice": (Invoice, "amount_paid"), "refund": (Refund, "amount"), "credit note": (CreditNote, "amount")}
COLUMNS = ("what", "currency", "number", "money", "name", "interval", "state", "since", "until")
NO_WORD, NO_DAY = Value(""), Cast(Value(None), DateTimeField())
NOTHING = {"name": NO_WORD, "interval": NO_WORD, "state": NO_WORD, "since": NO_DAY, "until": NO_DAY}

Rows = QuerySet[Any, Any]


def in_words(accounts: Collection[UUID]) -> list[str]:
    """In one query."""
    first, *others = (_subscriptions(accounts), *(_vouchers(what, accounts) for what in VOUCHERS))
    rows = list(first.union(*others, all=True).order_by("-since", "currency"))
    return [*subscriptions(rows), *totals(rows)]


def _subscriptions(accounts: Collection[UUID]) -> Rows:
    theirs = Subscription.objects.filter(customer__subject__in=accounts)
    newest = theirs.filter(pk__in=theirs.order_by("-started_at", "pk").values("pk")[:SHOWN]).order_by()
    price = {"currency": F("price__currency"), "money": F("price__unit_amount"), "interval": F("price__interval")}
    told = {"what": Value(SUBSCRIPTION), "number": Value(1), "name": F("price__product__name"), "state": F("status")}
    days = {"since": F("started_at"), "until": F("canceled_at")}
    return newest.values(**told, **price, **days).values_list(*COLUMNS, named=True)


def _vouchers(what: str, accounts: Collection[UUID]) -> Rows:
    """One row a currency."""
    model, amount = VOUCHERS[what]
    theirs = model.objects.filter(customer__subject__in=accounts).order_by().annotate(what=Value(what))
    totals = theirs.values("what", "currency").annotate(number=Count("pk"), money=Sum(amount))
    return totals.annotate(**NOTHING).values_list(*COLUMNS, named=True)


def subscriptions(rows: Sequence[Any]) -> Iterator[str]:
    for row in rows:
        if row.what == SUBSCRIPTION:
            what = f"{row.name}, {rate(row)}" if row.name is not None else "A subscription"
            ended = f", cancelled {day(row.until)}" if row.until else ""
            yield f"{what}: {row.state.replace('_', ' ')} since {day(row.since)}{ended}."


def rate(price: Any) -> str:
    each = f" a {price.interval}" if price.interval else ""
    return f"{money(price.money, price.currency)}{each}"


def day(moment) -> str:
    return date_format(moment, "j M Y")


def totals(rows: Sequence[Any]) -> list[str]:
    """A sentence a currency and kind of voucher."""
    return [
        f"{row.number:,} {what}{'s' if row.number > 1 else ''}: {money(row.money, row.currency)}"
        f"{' paid' if what == 'invoice' else ''}."
        for what in VOUCHERS
        for row in rows
        if row.what == what
    ]
