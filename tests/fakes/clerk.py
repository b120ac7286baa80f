"""Clerk's Backend API, as far as an erasure goes."""

import json

from tests.fakes.contract import CLERK, SHARED, contract
from tests.fakes.server import Asked, FakeProcessor, Reply

EXAMPLES = SHARED / "clerk-webhooks" / "examples.json"


class FakeClerk(FakeProcessor):
    host = "https://api.clerk.com"

    def __init__(self, *user_ids: str):
        super().__init__()
        self.users = set(user_ids)
        self.contract = contract(CLERK, self.host, ("/users/{user_id}", "/instance"))
        self.example = json.loads(EXAMPLES.read_text())["user.created"]["data"]

    def answer(self, asked: Asked) -> Reply:
        if not self.is_authorised(asked):
            return refusal(401, "authentication_invalid")
        if asked.path == "/v1/instance":
            return Reply(200, {
                "object": "instance", "id": "ins_1", "environment_type": "production", "allowed_origins": None,
                "workspace_id": None,
            })  # fmt: skip
        user_id = asked.path.removeprefix("/v1/users/")
        if user_id not in self.users:
            return refusal(404, "resource_not_found")
        if asked.method == "DELETE":
            self.users.remove(user_id)
            self.effects[user_id] += 1
            return Reply(200, {"object": "user", "id": user_id, "deleted": True}, {"x-clerk-trace-id": "trace-1"})
        return Reply(200, self.example | {"id": user_id})


def refusal(status: int, code: str) -> Reply:
    return Reply(status, {"errors": [{"message": "No", "long_message": "No, a sentence", "code": code}]})
