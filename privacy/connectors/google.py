"""Google (Gemini API): nothing of ours is stored there but logs, which nobody can delete and which run out."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from privacy.connectors.base import Call, Connector, Names, expires, register
from privacy.connectors.prompts import last_prompts_of, logs_kept, prompts_in
from privacy.datamap.scope import Scope
from privacy.jobs.outcomes import Done
from privacy.models import Prompt

LOG_DAYS = 55
LOGS = (
    "Abuse monitoring: Google keeps prompts, context and output of the Gemini API for 55 days and offers no deletion "
    "(ai.google.dev/gemini-api/docs/usage-policies)"
)


@register
class Google(Connector):
    """A reply's id is no handle: the Gemini API has no call that deletes by it, provided that prompts are sent
    with store=false (ai.google.dev/gemini-api/docs/zdr). So there is nothing to call, no key to hold and no id to
    seal; the step ends with the day on which the last log has run out."""

    key = "google"
    name = "Google Gemini"

    @property
    def mode(self) -> str:
        return "expiry"

    def names_of(self, accounts: Sequence[UUID]) -> Iterable[Names]:
        yield last_prompts_of(Prompt.objects.filter(author__in=accounts, provider=Prompt.Provider.GOOGLE))

    def names_in(self, scope: Scope) -> Iterable[Names]:
        yield last_prompts_of(prompts_in(scope, Prompt.Provider.GOOGLE))

    def erase(self, call: Call) -> Done:
        kept = logs_kept(call, days=LOG_DAYS, because=LOGS)
        return expires(kept)
