"""What the AI processors know of a person: the prompts sent there, and how long their logs of them last."""

from datetime import UTC, date, timedelta

from django.db.models import Max, QuerySet, TextField, Value
from django.db.models.functions import Cast, TruncDate

from privacy.connectors.base import Call, Names, retained
from privacy.datamap import parts, registry
from privacy.datamap.scope import Scope
from privacy.models import Prompt


def last_prompts_of(prompts: QuerySet[Prompt]) -> Names:
    """The day on which the last of these was sent, of each author. From that day the processor's logs run out."""
    day = Cast(Max(TruncDate("created_at", tzinfo=UTC)), TextField())
    last = prompts.order_by().values("author").annotate(kind=Value("last_prompt_on"), day=day)
    return last.values_list("author", "kind", "day")


def prompts_in(scope: Scope, provider: str) -> QuerySet[Prompt]:
    """The prompts among these rows that were sent there."""
    prompts: QuerySet[Prompt] = parts.rows_in(registry.declarations[Prompt], scope)
    return prompts.filter(provider=provider)


def days_since_last_prompt(call: Call) -> int:
    return (date.today() - last_prompt_on(call)).days


def last_prompt_on(call: Call) -> date:
    return max(map(date.fromisoformat, call.references["last_prompt_on"]))


def logs_kept(call: Call, *, days: int, because: str) -> list[dict[str, str]]:
    """What is still in the processor's logs: one item, or none when the last of it has run out."""
    until = last_prompt_on(call) + timedelta(days=days)
    return [retained("logs of prompts and replies", because, until)] if until >= date.today() else []
