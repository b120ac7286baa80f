"""One thing of a person: which rows it is, what hangs on them, and what forgetting it would do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from privacy.datamap import PersonalData, parts, registry
from privacy.datamap.scope import Scope, Sql
from privacy.models import Case
from privacy.models.accounts import accounts_of, scope_of
from privacy.selectors import plans
from privacy.selectors.cases import sealed_of
from privacy.selectors.plans import Plan, name_of

MOST_IDS = 100
Answers = Mapping[str, Any]


def areas(subject_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """What can be forgotten by days: (model label, words)."""
    return [(declared.label(), name_of(declared)) for declared in parts.things()]


def scope_for(subject_id: UUID, answers: Answers) -> Scope:
    """What the answers mean of this person's rows, with what hangs on it."""
    return replace(scope_of([subject_id]), only=parts.with_what_hangs_on(chosen(subject_id, answers)))


def of_case(case: Case) -> Scope:
    return scope_for(case.subject_id, sealed_of(case))


def chosen(subject_id: UUID, answers: Answers) -> dict[str, Sql]:
    """{model label: condition} of what is named, or else of what is dated."""
    if ids := str(answers.get("what") or "").split():
        return {d.label(): parts.named(d, keys) for d, keys in rows_named(subject_id, ids).items()}
    if not answers.get("area"):  # what was sealed is emptied when nothing is owed
        return {}
    declared = registry.named(answers["area"])
    since, until = (day_of(answers.get(name)) for name in ("since", "until"))
    return {declared.label(): parts.dated(declared, since, until and until + timedelta(days=1))}


def day_of(answer: Any) -> datetime | None:
    """The beginning of the day in UTC, as it is stored."""
    return datetime.combine(date.fromisoformat(str(answer)), time.min, UTC) if answer else None


def rows_named(subject_id: UUID, ids: Iterable[str]) -> dict[type[PersonalData], list[Any]]:
    """{declaration: keys of the rows among these that are the person's own, under whichever of their accounts}."""
    accounts, found = list(accounts_of([subject_id])), {}
    for declared in parts.things():
        keys = [key for text in ids if (key := key_in(declared.model, text)) is not None]
        rows = declared.model._default_manager.filter(**{"pk__in": keys, f"{declared.subject}__in": accounts})
        if there := list(rows.values_list("pk", flat=True)) if keys else []:
            found[declared] = there
    return found


def key_in(model: type[models.Model], text: str) -> Any:
    """What the text is as a key of the model; None where it can be none."""
    try:
        return model._meta.pk.to_python(text)
    except ValidationError:
        return None


def plan_of(case: Case) -> Plan:
    """The dry run of forgetting what the case names."""
    found = plans.find([case.subject_id], of_case(case))
    return Plan(
        title="What is forgotten",
        erases=True,
        subjects=1,
        lines=plans.model_lines(found),
        files=sum(found.there.files.values()),
        processors=plans.processor_counts(found.there.known),
    )
