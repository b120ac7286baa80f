"""What the AI processors know of a person: the prompts sent there, and how long their logs of them last."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Max

from privacy.connectors.base import Call, retained
from privacy.models import Prompt


def last_prompts_of(provider: str, subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, list[str]]]:
    """{subject: {"last_prompt_on": [day]}}, of those who sent any. From that day the processor's logs run out."""
    prompts = Prompt.objects.filter(author__in=subject_ids, provider=provider)
    last = prompts.order_by().values_list("author").annotate(Max("created_at"))
    return {author: {"last_prompt_on": [moment.date().isoformat()]} for author, moment in last}


def days_since_last_prompt(call: Call) -> int:
    return (date.today() - last_prompt_on(call)).days


def last_prompt_on(call: Call) -> date:
    return max(map(date.fromisoformat, call.references["last_prompt_on"]))


def logs_kept(call: Call, *, days: int, because: str) -> list[dict[str, str]]:
    """What is still in the processor's logs: one item, or none when the last of it has run out."""
    until = last_prompt_on(call) + timedelta(days=days)
    return [retained("logs of prompts and replies", because, until)] if until >= date.today() else []
