"""Puts right what we hold of a person (GDPR art. 16), field by field as the data map allows, and tells the recipients
(art. 19)."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.text import capfirst

from privacy.catalogue import Planned
from privacy.datamap import PersonalData, compiler, registry
from privacy.datamap.fields import field_of
from privacy.fulfilment import names
from privacy.fulfilment.processors import seal_names
from privacy.fulfilment.telling import steps_at
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done, Failed, Outcome
from privacy.models import CaseJob, DataSubject, Identifier, Likeness, Step
from privacy.models.accounts import accounts_of
from privacy.selectors.cases import sealed_of
from privacy.selectors.processors import RECTIFY


@dataclass(frozen=True)
class Value:
    """One field of one row of a person, as it is now; `key` names it from form to worker."""

    declared: type[PersonalData]
    row: models.Model
    name: str

    @property
    def key(self) -> str:
        return f"{self.declared.label()}.{self.name}:{self.row.pk}"

    @property
    def words(self) -> str:
        """An identifier is called by its kind, any other by its field."""
        if isinstance(self.row, Identifier):
            return str(self.row.get_kind_display())
        return capfirst(str(field_of(self.declared.model, self.name).verbose_name))

    @property
    def now(self) -> str:
        return str(getattr(self.row, self.name))


def values_of(subject_ids: Collection[UUID]) -> Iterator[Value]:
    """What the data map lets these people have put right, of all their accounts."""
    accounts = list(accounts_of(subject_ids))
    for declared in compiler.all_declarations():
        fields = [name for name, personal in declared.fields.items() if personal.rectifiable]
        path = declared.subject if declared.path() else "pk"
        rows = declared.model._default_manager.filter(**{f"{path}__in": accounts}, **declared.rectifiable_rows)
        for row in rows.order_by("pk") if fields else ():
            yield from (Value(declared, row, name) for name in fields)


def offered(subject_ids: Sequence[UUID]) -> list[tuple[str, str, str]]:
    """(key, words, value now) of each."""
    found = list(values_of(subject_ids))
    several = {value.row.pk for value in found if isinstance(value.row, DataSubject)}
    return [(v.key, f"{v.words} ({v.row})" if len(several) > 1 else v.words, v.now) for v in found]


def check(changes: str) -> str:
    """The changes with each new value as it is stored. Raises ValueError in words for the screen for what the field
    does not take."""
    wanted = json.loads(changes)
    for row, fields in _rows_in(wanted).items():
        for name, key in fields.items():
            setattr(row, name, wanted[key][2])
        try:
            others = {f.name for f in row._meta.concrete_fields} - fields.keys()
            row.full_clean(exclude=others, validate_constraints=False)
            row.validate_constraints()
        except ValidationError as refusal:
            raise ValueError(_in_words(refusal)) from refusal
        for name, key in fields.items():
            wanted[key][2] = getattr(row, name)
    return json.dumps(wanted, sort_keys=True)


def _in_words(refusal: ValidationError) -> str:
    """Each with its field; no value is quoted, because the page beside it shows them."""
    told = [
        f"{text}" if name == NON_FIELD_ERRORS else f"{capfirst(name.replace('_', ' '))}: {text}"
        for name, texts in refusal.message_dict.items()
        for text in texts
    ]
    return " ".join(told)


def _rows_in(wanted: Mapping[str, Any]) -> dict[models.Model, dict[str, str]]:
    """{row: {field: key}} of those that are there."""
    found: dict[models.Model, dict[str, str]] = {}
    for key in wanted:
        place, _, pk = key.partition(":")
        label, _, name = place.rpartition(".")
        row = registry.named(label).model._default_manager.filter(pk=pk).first()
        if row is not None:
            found.setdefault(row, {})[name] = key
    return found


def changes_of(job: CaseJob) -> dict[str, list[str]]:
    """{key: [words, before, after]} that the job's case asks for."""
    changes: dict[str, list[str]] = json.loads(sealed_of(job.case)["changes"])
    return changes


# By these the law is found that sets the dates of what is open.
RESIDENCE = {"privacy.DataSubject.country", "privacy.DataSubject.region"}


def plan_rectification(jobs: Sequence[CaseJob]) -> dict[CaseJob, list[Planned]]:
    """Each job's plan: the fields in one transaction, then whoever has got something of that kind."""
    return {
        job: [
            Planned("rectification.write", units=len(changes_of(job))),
            *([Planned("rectification.residence")] if RESIDENCE.intersection(_fields_in(changes_of(job))) else []),
            *steps_at(RECTIFY, receivers(changes_of(job)), job.subject_id),
            Planned("receipts.issue"),
        ]
        for job in jobs
    }


def _fields_in(changes: Collection[str]) -> set[str]:
    return {key.partition(":")[0] for key in changes}


def receivers(changes: Collection[str]) -> set[str]:
    """Recipients of what is of one kind with these fields: who got the name with an invoice has to know it too."""
    places = [key.partition(":")[0].rpartition(".") for key in changes]
    kinds = {registry.named(label).fields[name].category for label, _, name in places}
    having = [d for d in compiler.all_declarations() if kinds & {p.category for p in d.fields.values()}]
    return {key for declared in having for key in declared.recipients if not declared.evidence}


@local("rectification.write")
@one_by_one
def write(job: CaseJob, step: Step) -> Outcome:
    """Writes the fields. One that has another value by now than whoever decided has read is left, and stops it all."""
    accounts = accounts_of([job.subject_id])
    list(DataSubject.objects.select_for_update().filter(pk__in=accounts).order_by("id").values_list("id"))
    changes = changes_of(job)
    there = {value.key: value for value in values_of([job.subject_id])}
    if stale := [words for key, (words, before, _) in changes.items() if key not in there or there[key].now != before]:
        return Failed(f"Not as it was decided: {', '.join(stale)} has changed since. Deny it, and ask anew."[:300])
    seal_names(job, RECTIFY)
    for row, fields in _rows_in(changes).items():
        written = {name: changes[key][2] for name, key in fields.items()}
        type(row)._default_manager.filter(pk=row.pk).update(**written)
    names.index(accounts)
    note_likenesses(accounts)
    told = sorted({key.partition(":")[0] for key in changes})
    return Done({"fields": ", ".join(told), "values written": len(changes)}, units=len(changes))


def note_likenesses(accounts: Collection[UUID]) -> None:
    """Somebody else may be reached at an address that was put right: staff are asked, as where one is brought in."""
    mine = Identifier.objects.filter(subject__in=accounts, kind__in=Identifier.SHARED)
    for identifier in mine:
        others = Identifier.objects.filter(kind=identifier.kind, value=identifier.value).exclude(subject__in=accounts)
        for other in others.values_list("subject", flat=True).distinct():
            pairs = [(identifier.subject_id, other), (other, identifier.subject_id)]
            rows = [Likeness(subject_id=one, other_id=another) for one, another in pairs]
            Likeness.objects.bulk_create(rows, ignore_conflicts=True)
