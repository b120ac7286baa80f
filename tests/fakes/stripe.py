"""Stripe's API, as far as an erasure goes, with its objects in the shapes of Stripe's own fixtures."""

import json
from urllib.parse import parse_qs

from tests.fakes.contract import SHARED
from tests.fakes.server import Asked, FakeProcessor, Reply

FIXTURES = SHARED / "stripe-fixtures" / "fixtures3.json"


class FakeStripe(FakeProcessor):
    """Customers as {id: {"subscriptions": [...], "payment_methods": [...], "invoices": [...], "charges": [...]}}.
    It keeps deleted customers, and answers an idempotency key that it knows with what it said the first time."""

    host = "https://api.stripe.com"

    def __init__(self):
        super().__init__()
        self.shapes = json.loads(FIXTURES.read_text())["resources"]
        self.customers: dict[str, dict[str, list[dict]]] = {}
        self.deleted: set[str] = set()
        self.said: dict[str, Reply] = {}

    def add_customer(self, customer_id: str, *, subscriptions=(), payment_methods=(), invoices=(), charges=()):
        self.customers[customer_id] = {
            "subscriptions": [self.shapes["subscription"] | {"id": i, "status": s} for i, s in subscriptions],
            "payment_methods": [
                self.shapes["payment_method"] | {"id": i, "customer": customer_id} for i in payment_methods
            ],
            "invoices": [self.shapes["invoice"] | {"id": f"in_{at}", "created": at} for at in invoices],
            "charges": [self.shapes["charge"] | {"id": f"ch_{at}", "created": at} for at in charges],
        }

    def answer(self, asked: Asked) -> Reply:
        if not self.is_authorised(asked):
            return refusal(401, "api_key_invalid")
        key = asked.headers.get("idempotency-key")
        if asked.method == "POST" and key in self.said:
            return self.said[key]
        reply = self.act(asked)
        if asked.method == "POST" and key:
            self.said[key] = reply
        return reply

    def act(self, asked: Asked) -> Reply:
        match asked.method, asked.path.split("/")[2:]:
            case "GET", ["customers", customer_id]:
                return self.customer(customer_id)
            case "DELETE", ["customers", customer_id]:
                return self.delete(customer_id)
            case "GET", ["customers", customer_id, "payment_methods" as kind]:
                return self.listed(customer_id, kind, asked)
            case "GET", ["invoices" | "charges" | "subscriptions" as kind]:
                return self.listed(asked.query["customer"][0], kind, asked)
            case "DELETE", ["subscriptions", subscription_id]:
                return self.cancel(subscription_id)
            case "POST", ["payment_methods", method_id, "detach"] if not parse_qs(asked.body.decode()):
                return self.detach(method_id)
        return refusal(404, "resource_missing")

    def customer(self, customer_id: str) -> Reply:
        if customer_id in self.deleted:
            return answered(self.shapes["deleted_customer"] | {"id": customer_id})
        if customer_id not in self.customers:
            return refusal(404, "resource_missing")
        return answered(self.shapes["customer"] | {"id": customer_id})

    def delete(self, customer_id: str) -> Reply:
        if customer_id not in self.customers or customer_id in self.deleted:
            return refusal(404, "resource_missing")
        self.effects[customer_id] += 1
        self.deleted.add(customer_id)
        return self.customer(customer_id)

    def listed(self, customer_id: str, kind: str, asked: Asked) -> Reply:
        """A page, newest first, as Stripe lists."""
        found = [o for o in self.customers[customer_id][kind] if kind != "payment_methods" or o.get("customer")]
        after = asked.query.get("starting_after")
        start = next(n for n, o in enumerate(found, 1) if o["id"] == after[0]) if after else 0
        limit = int(asked.query["limit"][0])
        page = found[start : start + limit]
        return answered({
            "object": "list", "url": asked.path, "has_more": len(found) > start + limit, "data": page,
        })  # fmt: skip

    def cancel(self, subscription_id: str) -> Reply:
        return self.change(
            "subscriptions", subscription_id, {"status": "canceled"}, lambda s: s["status"] != "canceled"
        )

    def detach(self, method_id: str) -> Reply:
        return self.change("payment_methods", method_id, {"customer": None}, lambda m: m.get("customer"))

    def change(self, kind: str, object_id: str, new: dict, is_open) -> Reply:
        for owned in self.customers.values():
            for item in owned[kind]:
                if item["id"] == object_id and is_open(item):
                    self.effects[object_id] += 1
                    item.update(new)
                    return answered(item)
        return refusal(404, "resource_missing")


def answered(body: dict) -> Reply:
    return Reply(200, body, {"request-id": "req_1"})


def refusal(status: int, code: str) -> Reply:
    error = {"type": "invalid_request_error", "code": code, "message": "No such object: 'cus_of_someone'"}
    return Reply(status, {"error": error}, {"request-id": "req_1"})
