"""OpenAI: stored responses. Deletes each by its id, in slices, and reads back that it is gone."""

from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from uuid import UUID

import httpx
from django.db.models import QuerySet, Value

from privacy.connectors.api import ApiConnector, Exchange, Trouble
from privacy.connectors.base import Call, Names, register
from privacy.connectors.prompts import days_since_last_prompt, last_prompts_of, logs_kept, prompts_in
from privacy.datamap.scope import Scope
from privacy.jobs.outcomes import Done, Failed, More
from privacy.models import Prompt

SLICE_SECONDS = 15
LOG_DAYS = 30
RESPONSE_DAYS = 30  # developers.openai.com/api/docs/guides/your-data
NOTHING = "nothing was there to erase"
LOGS = (
    "Abuse monitoring: OpenAI keeps logs for up to 30 days and offers no deletion "
    "(developers.openai.com/api/docs/guides/your-data)"
)


@register
class OpenAI(ApiConnector):
    """https://developers.openai.com/api/reference: DELETE /responses/{id}, which needs no idempotency key: the
    second one answers 404. So does that of a response older than 30 days, and every one under the key of another
    project, therefore each follows a read. Deleting a response leaves those before it in a conversation, so every id
    is deleted. The key is a project's, with "Responses: write" and "Models: read".

    A person may have tens of thousands of responses: `next` in the evidence is the place, in order, of the one that
    is asked for next, and is written with every intent: a worker that was stopped repeats one response at most.
    """

    key = "openai"
    name = "OpenAI"
    console = "https://platform.openai.com/logs"
    instructions = (
        "Choose the project from which the prompts were sent, and look up each response id; one of more than 30 days "
        "ago is gone. Delete those that are there, and ask help.openai.com to delete what the page cannot."
    )
    base_url = "https://api.openai.com/v1"
    key_setting = "OPENAI_API_KEY"
    request_id_header = "x-request-id"
    counters = ("responses_deleted", "responses_already_gone", "responses_unknown")

    def names_of(self, accounts: Sequence[UUID]) -> Iterable[Names]:
        return names_from(Prompt.objects.filter(author__in=accounts, provider=Prompt.Provider.OPENAI))

    def names_in(self, scope: Scope) -> Iterable[Names]:
        return names_from(prompts_in(scope, Prompt.Provider.OPENAI))

    def erase_by_api(self, call: Call, exchange: Exchange) -> Done | More | Failed:
        exchange.client.headers["Authorization"] = f"Bearer {self.api_key}"
        ids = call.references.get("response_id", [])
        begun = done = call.result.get("next", 0)
        exchange.facts = {"api_version": "v1", "next": begun}
        if begun == 0:
            exchange.tally["responses_unknown"] = 0  # asked for anew, perhaps under another key
        ends = monotonic() + SLICE_SECONDS
        try:
            if done < len(ids):
                # First, whether the key opens anything.
                exchange.client.get("/models").raise_for_status()
            while done < len(ids):
                exchange.tally[f"responses_{delete(exchange, ids[done])}"] += 1
                exchange.facts["next"] = done = done + 1
                if monotonic() >= ends:
                    break
        except (Trouble, httpx.HTTPError) as error:
            if done == begun:
                raise
            # What is done is recorded first; the next attempt meets the trouble again.
            exchange.end_with(self.heed(error))
        if done < len(ids):
            return More(done, exchange.evidence())
        return self.judge(call, exchange, done)

    def judge(self, call: Call, exchange: Exchange, done: int) -> Done | Failed:
        """What the unknown responses mean. Those of the last 30 days should be there: where none is, the key may be
        that of another project, which knows nothing."""
        unknown, notes = exchange.tally["responses_unknown"], []
        if unknown and days_since_last_prompt(call) > RESPONSE_DAYS:
            exchange.tally["responses_already_gone"] += unknown
            exchange.tally["responses_unknown"] = 0
            notes = [f"{unknown:,} not there any more: OpenAI keeps a response for {RESPONSE_DAYS} days"]
        elif unknown and unknown == done:
            exchange.facts["next"] = 0
            return Failed(
                f"OpenAI knows none of the {done:,} responses on record, though the last is less than "
                f"{RESPONSE_DAYS} days old. Is the key that of another project? With the right one try again; if they "
                "were not kept there, attest that"
            )
        elif unknown:
            notes = [f"{unknown:,} not known there under this key: OpenAI keeps a response for {RESPONSE_DAYS} days"]
        result = exchange.final("erased" if exchange.tally["responses_deleted"] or not unknown else NOTHING, notes)
        return Done(result | {"retained": logs_kept(call, days=LOG_DAYS, because=LOGS)}, units=done)


def names_from(prompts: QuerySet[Prompt]) -> Iterator[Names]:
    """The day of the last of these prompts, and the responses to them all."""
    yield last_prompts_of(prompts)
    stored = prompts.exclude(response_id="").order_by()
    yield stored.values_list("author", Value("response_id"), "response_id").distinct()


def delete(exchange: Exchange, response_id: str) -> str:
    """Deletes one response; returns what came of it (Exchange.delete). Raises Trouble, httpx.HTTPError."""
    client, path = exchange.client, f"/responses/{response_id}"
    return exchange.delete(
        "response",
        response_id,
        is_there=lambda: client.get(path).status_code != httpx.codes.NOT_FOUND,
        act=lambda: client.delete(path).status_code != httpx.codes.NOT_FOUND,
    )
