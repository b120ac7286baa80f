"""What the AI processors know of a person: the prompts sent there, and how long their logs of them last."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Max, QuerySet

from privacy.connectors.base import Call, retained
from privacy.datamap import parts, registry
from privacy.datamap.scope import Scope
from privacy.models import Prompt


def last_prompts_of(provider: str, subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, list[str]]]:
    """{subject: {"last_prompt_on": [day]}}, of those who sent any. From that day the processor's logs run out."""
    prompts = Prompt.objects.filter(author__in=subject_ids, provider=provider)
    last = prompts.order_by().values_list("author").annotate(Max("created_at"))
    return {author: {"last_prompt_on": [moment.date().isoformat()]} for author, moment in last}


def prompts_in(provider: str, scope: Scope) -> QuerySet[Prompt]:
    """The prompts among these rows that were sent there."""
    prompts: QuerySet[Prompt] = parts.rows_in(registry.declarations[Prompt], scope)
    return prompts.filter(provider=provider)


def last_prompt_in(prompts: QuerySet[Prompt]) -> dict[str, list[str]]:
    """`last_prompts_of` of these."""
    last = prompts.order_by("-created_at").first()
    return {"last_prompt_on": [last.created_at.date().isoformat()]} if last else {}


def days_since_last_prompt(call: Call) -> int:
    return (date.today() - last_prompt_on(call)).days


def last_prompt_on(call: Call) -> date:
    return max(map(date.fromisoformat, call.references["last_prompt_on"]))


def logs_kept(call: Call, *, days: int, because: str) -> list[dict[str, str]]:
    """What is still in the processor's logs: one item, or none when the last of it has run out."""
    until = last_prompt_on(call) + timedelta(days=days)
    return [retained("logs of prompts and replies", because, until)] if until >= date.today() else []
