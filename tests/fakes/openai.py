"""OpenAI's API, as far as an erasure goes."""

import json

from tests.fakes.contract import OPENAI, contract, described
from tests.fakes.server import Asked, FakeProcessor, Reply


class FakeOpenAI(FakeProcessor):
    host = "https://api.openai.com"

    def __init__(self, *response_ids: str):
        super().__init__()
        self.responses = set(response_ids)
        self.contract = contract(OPENAI, self.host, ("/responses/{response_id}", "/models"))
        example = described(OPENAI)["paths"]["/responses/{response_id}"]["get"]["x-oaiMeta"]["examples"]["response"]
        # The vendor's example breaks the vendor's description in `user`, and openapi-core loses its way in `output`.
        self.example = json.loads(example) | {"output": [], "user": "a-hash"}

    def answer(self, asked: Asked) -> Reply:
        if not self.is_authorised(asked):
            return refusal(401, "invalid_api_key")
        if asked.path == "/v1/models":
            return Reply(200, {"object": "list", "data": []})
        response_id = asked.path.removeprefix("/v1/responses/")
        if response_id not in self.responses:
            return refusal(404, None)
        if asked.method == "DELETE":
            self.responses.remove(response_id)
            self.effects[response_id] += 1
            return Reply(200, headers={"x-request-id": f"req_{len(self.asked)}"})
        return Reply(200, self.example | {"id": response_id})


def refusal(status: int, code: str | None) -> Reply:
    """The API wraps its error; the description of a 404 forgets the wrapping, so both stand here."""
    error = {"message": "No", "type": "invalid_request_error", "param": None, "code": code}
    return Reply(status, error | {"error": error})
