"""OpenAI: stored responses. Deletes each by its id, in slices, and reads back that it is gone."""

from collections.abc import Sequence
from time import monotonic
from uuid import UUID

import httpx

from privacy.connectors.api import ApiConnector, Exchange, Trouble
from privacy.connectors.base import Call, Done, Later, More, register
from privacy.connectors.prompts import last_prompts_of, logs_kept
from privacy.models import Prompt

SLICE_SECONDS = 15
LOG_DAYS = 30
LOGS = (
    "Abuse monitoring: OpenAI keeps logs for up to 30 days and offers no deletion "
    "(developers.openai.com/api/docs/guides/your-data)"
)


@register
class OpenAI(ApiConnector):
    """https://developers.openai.com/api/reference: DELETE /responses/{id}, which needs no idempotency key: the
    second one answers 404. Deleting a response leaves those before it in a conversation, so every id is deleted.
    The key is a project's, with "Responses: write" and "Models: read".

    A person may have tens of thousands of responses: `units_done` of the step says up to which id, in order, they
    have been deleted, and a worker that was stopped repeats one slice at most.
    """

    key = "openai"
    name = "OpenAI"
    base_url = "https://api.openai.com/v1"
    key_setting = "OPENAI_API_KEY"
    request_id_header = "x-request-id"

    def references_of(self, subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, list[str]]]:
        known = last_prompts_of(Prompt.Provider.OPENAI, subject_ids)
        stored = Prompt.objects.filter(author__in=known, provider=Prompt.Provider.OPENAI).exclude(response_id="")
        for names in known.values():
            names["response_id"] = []
        for author, response_id in stored.order_by("response_id").values_list("author", "response_id").distinct():
            known[author]["response_id"].append(response_id)
        return known

    def erase_by_api(self, call: Call, exchange: Exchange) -> Done | More:
        exchange.client.headers["Authorization"] = f"Bearer {self.api_key}"
        ids = call.references["response_id"]
        result = {"outcome": "erased", "responses_deleted": 0, "responses_already_gone": 0, **call.result}
        done, ends = call.units_done, monotonic() + SLICE_SECONDS
        try:
            if done < len(ids):
                # First, whether the key opens anything: with a wrong one everything would count as gone.
                exchange.client.get("/models").raise_for_status()
            while done < len(ids):
                call.renew()
                result["responses_already_gone" if delete(exchange, ids[done]) else "responses_deleted"] += 1
                done += 1
                if monotonic() >= ends:
                    break
        except (Trouble, httpx.HTTPError) as error:
            if done == call.units_done:
                raise
            self.heed(error)  # what is done is recorded first; the next attempt meets the trouble again
        result |= {"api_version": "v1", **exchange.evidence()}
        if done < len(ids):
            return More(done, result)
        return Done(result | {"retained": logs_kept(call, days=LOG_DAYS, because=LOGS)}, units=done)


def delete(exchange: Exchange, response_id: str) -> bool:
    """Deletes one response and reads back; True if there was none any more. Raises Trouble, httpx.HTTPError."""
    if exchange.client.delete(f"/responses/{response_id}").status_code == httpx.codes.NOT_FOUND:
        return True
    if exchange.client.get(f"/responses/{response_id}").status_code != httpx.codes.NOT_FOUND:
        raise Trouble(Later("OpenAI still knows a response that it was told to delete"))
    return False
