"""What the AI processors know of a person: the prompts sent there, and how long their logs of them last."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from uuid import UUID

from django.db.models import Max, TextField, Value
from django.db.models.functions import Cast, TruncDate

from privacy.connectors.base import Call, Names, retained
from privacy.models import Prompt


def last_prompts_of(provider: str, accounts: Sequence[UUID]) -> Names:
    """The day on which each of them sent the last one. From that day the processor's logs run out."""
    prompts = Prompt.objects.filter(author__in=accounts, provider=provider).order_by().values("author")
    day = Cast(Max(TruncDate("created_at", tzinfo=UTC)), TextField())
    return prompts.annotate(kind=Value("last_prompt_on"), day=day).values_list("author", "kind", "day")


def days_since_last_prompt(call: Call) -> int:
    return (date.today() - last_prompt_on(call)).days


def last_prompt_on(call: Call) -> date:
    return max(map(date.fromisoformat, call.references["last_prompt_on"]))


def logs_kept(call: Call, *, days: int, because: str) -> list[dict[str, str]]:
    """What is still in the processor's logs: one item, or none when the last of it has run out."""
    until = last_prompt_on(call) + timedelta(days=days)
    return [retained("logs of prompts and replies", because, until)] if until >= date.today() else []
