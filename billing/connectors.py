"""Stripe: payments. Cancels, detaches, deletes the customer, and says what Stripe keeps and until when."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

import httpx
import stripe
from django.db.models import Value

from billing.models import Customer
from billing.personal_data import for_tax
from privacy.connectors.api import ApiConnector, Exchange, Trouble
from privacy.connectors.base import Call, Names, register, retained
from privacy.jobs.outcomes import Done, Failed, Later
from privacy.models import Identifier

ENDED = {"canceled", "incomplete_expired"}
TAX = for_tax("issued_at").until

# The SDK tells each URL, and the sentences of errors, at INFO: they carry the customer's ids.
logging.getLogger("stripe").setLevel(logging.WARNING)


class SharedClient(stripe.HTTPClient):
    """Stripe's SDK over the client of our exchange, which judges the replies."""

    name = "httpx"

    def __init__(self, client: httpx.Client):
        super().__init__()
        self.client = client

    def request(self, method, url, headers, post_data=None):
        reply = self.client.request(method, url, headers=headers, content=post_data)
        return reply.content, reply.status_code, reply.headers

    def close(self):
        """The exchange closes the client."""


@register
class Stripe(ApiConnector):
    """https://docs.stripe.com/api/customers/delete: a deleted customer stays retrievable, as deleted, and so do its
    invoices and charges with the name and e-mail address on them. Redacting those (a preview of Stripe's, 90 days
    after the last payment at the earliest) is not done here. The key is a secret key or, better, a restricted one:
    write for customers, subscriptions and payment methods, read for invoices and charges.

    Stripe ignores idempotency keys on DELETE (docs.stripe.com/api/idempotent_requests), so each of them follows a
    read.
    """

    key = "stripe"
    name = "Stripe"
    console = "https://dashboard.stripe.com/customers"
    instructions = (
        "In live mode look up each customer id, and cancel the subscriptions that are still active. Then choose Delete "
        "customer in the customer’s menu; invoices and charges stay, as the law asks."
    )
    corrections = (
        "Look up each customer id under Customers and edit name, e-mail address and billing details there. Invoices "
        "that are issued stay as they are; where tax law wants one put right, issue a credit note and a new invoice."
    )
    base_url = "https://api.stripe.com"
    key_setting = "STRIPE_SECRET_KEY"
    request_id_header = "request-id"
    sdk_errors = (stripe.StripeError,)
    counters = (
        "customers_deleted",
        "customers_already_deleted",
        "subscriptions_canceled",
        "payment_methods_detached",
    )

    def names_of(self, accounts: Sequence[UUID]) -> Iterable[Names]:
        customer_id = Value("customer_id")
        identifiers = Identifier.objects.filter(subject__in=accounts, kind=Identifier.Kind.STRIPE).order_by()
        yield identifiers.values_list("subject", customer_id, "value")
        yield Customer.objects.filter(subject__in=accounts).order_by().values_list("subject", customer_id, "stripe_id")

    def erase_by_api(self, call: Call, exchange: Exchange) -> Done:
        client = stripe.StripeClient(
            self.api_key,
            http_client=SharedClient(exchange.client),
            base_addresses={"api": self.base_url},
            max_network_retries=0,
        )
        exchange.facts = {"api_version": stripe.api_version}
        erasures = [Erasure(client.v1, customer, call, exchange) for customer in call.references["customer_id"]]
        for erasure in erasures:
            erasure.run()
        kept = kept_by_stripe([e.last_payment for e in erasures if e.last_payment])
        return Done(exchange.final("erased") | {"retained": kept})


class Erasure:
    """The erasure of one customer."""

    def __init__(self, api, customer_id: str, call: Call, exchange: Exchange):
        self.api, self.customer_id, self.call, self.exchange = api, customer_id, call, exchange
        self.last_payment: date | None = None

    def run(self) -> None:
        """Does what of it has not been done yet. Raises Trouble."""
        self.call.renew()
        is_deleted = self.is_deleted()
        self.last_payment = self.read_last_payment()
        if is_deleted:
            self.find_deleted()
            return
        self.cancel_subscriptions()
        self.detach_payment_methods()
        self.delete()

    def find_deleted(self) -> None:
        """Counts a customer who is deleted already, once in all attempts: as ours if we had asked for it."""
        key = self.exchange.key("customer", self.customer_id)
        if key not in self.exchange.settled:
            was_ours = self.exchange.was_ours(key)
            self.exchange.tally["customers_deleted" if was_ours else "customers_already_deleted"] += 1
            self.exchange.settled.append(key)

    def delete(self) -> None:
        self.exchange.intend("customer", self.customer_id)
        deleted = was_there(lambda: self.api.customers.delete(self.customer_id))
        if not self.is_deleted():
            raise Trouble(Later("Stripe still knows a customer that it was told to delete"))
        self.exchange.answered("customer", self.customer_id)
        self.exchange.tally["customers_deleted" if deleted else "customers_already_deleted"] += 1
        self.exchange.settled.append(self.exchange.key("customer", self.customer_id))

    def is_deleted(self) -> bool:
        """Whether Stripe has the customer as deleted. It forgets none, so one that it does not know belongs to
        another account, or to test mode, or the key does: a person must look. Raises Trouble."""
        try:
            customer = self.api.customers.retrieve(self.customer_id)
        except stripe.InvalidRequestError as error:
            because = "Stripe does not know a customer on record: is the key that of another account or mode?"
            raise Trouble(Failed(because)) from error
        return customer.to_dict().get("deleted", False)

    def read_last_payment(self) -> date | None:
        """The day of the newest invoice or charge, both of which Stripe lists newest first."""
        newest = [
            *self.api.invoices.list({"customer": self.customer_id, "limit": 1}).data,
            *self.api.charges.list({"customer": self.customer_id, "limit": 1}).data,
        ]
        return max((datetime.fromtimestamp(item.created, UTC).date() for item in newest), default=None)

    def cancel_subscriptions(self) -> None:
        subscriptions = self.api.subscriptions.list({"customer": self.customer_id, "status": "all", "limit": 100})
        for subscription in list(subscriptions.auto_paging_iter()):
            if subscription.status not in ENDED:
                self.exchange.intend("subscription", subscription.id)
                canceled = was_there(lambda s=subscription: self.api.subscriptions.cancel(s.id))
                self.exchange.answered("subscription", subscription.id)
            else:
                canceled = self.exchange.was_ours(self.exchange.key("subscription", subscription.id))
            self.exchange.tally["subscriptions_canceled"] += canceled

    def detach_payment_methods(self) -> None:
        methods = self.api.customers.payment_methods.list(self.customer_id, {"limit": 100})
        attached = list(methods.auto_paging_iter())
        kept = {self.exchange.key("payment method", method.id) for method in attached}
        gone = [key for key in self.exchange.asked if key.startswith("payment method") and key not in kept]
        self.exchange.tally["payment_methods_detached"] += sum(map(self.exchange.was_ours, gone))
        for method in attached:
            self.exchange.intend("payment method", method.id)
            options = {"idempotency_key": str(uuid5(self.call.idempotency_key, method.id))}
            detached = was_there(lambda m=method, o=options: self.api.payment_methods.detach(m.id, options=o))
            self.exchange.answered("payment method", method.id)
            self.exchange.tally["payment_methods_detached"] += detached


def was_there(act: Callable[[], object]) -> bool:
    """False if it was gone meanwhile (404, the one error that an exchange lets through)."""
    try:
        act()
    except stripe.InvalidRequestError:
        return False
    return True


def kept_by_stripe(last_payments: Sequence[date]) -> list[dict[str, str]]:
    if not last_payments:
        return []
    return [retained("invoices and charges with name and e-mail address", TAX.because, TAX.ends_on(max(last_payments)))]
