"""One thing of a person: which rows it is, what hangs on them, and what forgetting it would do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast

from privacy.datamap import PersonalData, parts, registry
from privacy.datamap.scope import Scope, Sql
from privacy.models import Case
from privacy.models.accounts import scope_of
from privacy.selectors import plans
from privacy.selectors.cases import sealed_of
from privacy.selectors.plans import Plan, name_of
from privacy.selectors.standing import Standing

MOST_IDS = 100
Answers = Mapping[str, Any]


def areas(subject_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """What can be forgotten by days: (model label, words)."""
    return [(declared.label(), name_of(declared)) for declared in parts.things()]


def of_case(case: Case, so: Standing | None = None) -> Scope:
    """What the case means of the person's rows, with what hangs on it; `so` is what was read of them already."""
    scope = so.scope([case.subject_id]) if so else scope_of([case.subject_id])
    return replace(scope, only=parts.with_what_hangs_on(chosen(case.subject_id, sealed_of(case))))


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
    """{declaration: keys of the rows among these that are the person's own, under whichever of their accounts}, in one
    query."""
    things = {declared.label(): declared for declared in parts.things()}
    asked = {declared: list(_keys_in(declared.model, ids)) for declared in things.values()}
    queries = [_own(declared, subject_id, keys) for declared, keys in asked.items() if keys]
    found: dict[type[PersonalData], list[Any]] = {}
    for label, text in queries[0].union(*queries[1:], all=True) if queries else ():
        found.setdefault(things[label], []).append(key_in(things[label].model, text))
    return found


def _keys_in(model: type[models.Model], ids: Iterable[str]) -> Iterator[Any]:
    return (key for text in ids if (key := key_in(model, text)) is not None)


def _own(declared: type[PersonalData], subject_id: UUID, keys: Sequence[Any]) -> models.QuerySet[Any, tuple[str, str]]:
    """(model, key as text): models have keys of several types."""
    theirs = Q(**{declared.subject: subject_id}) | Q(**{f"{declared.subject}__merged_into": subject_id})
    rows = declared.model._default_manager.filter(theirs, pk__in=keys).order_by()
    owned: models.QuerySet[Any, tuple[str, str]]
    owned = rows.values_list(Value(declared.label()), Cast("pk", models.TextField()))
    return owned


def key_in(model: type[models.Model], text: str) -> Any:
    """What the text is as a key of the model; None where it can be none."""
    try:
        return model._meta.pk.to_python(text)
    except ValidationError:
        return None


def plan_of(case: Case, so: Standing | None = None) -> Plan:
    """The dry run of forgetting what the case names; `so` is what was read of the person already."""
    found = plans.find([case.subject_id], of_case(case, so))
    return Plan(
        title="What is forgotten",
        erases=True,
        subjects=1,
        lines=plans.model_lines(found),
        files=sum(found.there.files.values()),
        processors=plans.processor_counts(found.there.known),
    )
