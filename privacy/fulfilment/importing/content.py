"""People's content on its way in: rows of one model, each of which is one person's and stays theirs."""

from collections.abc import Collection, Sequence
from uuid import UUID, uuid4

from django.db import models, transaction
from django.db.models.functions import Now

from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment.importing.arrivals import (
    HELD,
    Arrival,
    GetPeople,
    Outcome,
    closed_to,
    counted,
    find_people,
    is_filled,
    lock_people,
    subject_id_of,
    what_is_wrong,
    why_not,
)
from privacy.models import DataSubject, Feedback, Note, Prompt, Script, ScriptCoAuthor, Shot, ShotList, Staff
from privacy.selectors import holds, shields

TAKEN_IN = {
    Script: Event.INTAKE_SCRIPT,
    ScriptCoAuthor: Event.INTAKE_SCRIPTCOAUTHOR,
    Note: Event.INTAKE_NOTE,
    Prompt: Event.INTAKE_PROMPT,
    Feedback: Event.INTAKE_FEEDBACK,
    ShotList: Event.INTAKE_SHOTLIST,
    Shot: Event.INTAKE_SHOT,
}


def take_in(*, rows: Sequence[models.Model], actor: Staff | None) -> list[Arrival]:
    """Creates or updates rows of one data-mapped model, in one transaction; an Arrival each, in order.

    A row whose primary key exists is that row. It stays with its person: a row never changes hands here. Columns the
    database fills by itself (such as `created_at`) keep what they have.
    """
    if not rows:
        return []
    with transaction.atomic():
        arrivals = _judged(rows, lock_people)
        _write_rows(arrivals)
        if counts := counted(arrivals):
            audit.append(uuid4(), TAKEN_IN[type(rows[0])], actor=actor, **counts)
    return arrivals


def judge_rows(*, rows: Sequence[models.Model]) -> list[Arrival]:
    """What `take_in` would answer now."""
    return _judged(rows, find_people) if rows else []


def _judged(rows: Sequence[models.Model], get_people: GetPeople) -> list[Arrival]:
    people = get_people({subject_id_of(row) for row in rows})
    known = type(rows[0])._default_manager.in_bulk([row.pk for row in rows])
    limited, held = closed_to(type(rows[0]), people), holds.covering(people)
    shielded = shields.covering(people)
    return [_taken(row, known.get(row.pk), people, limited, held, shielded) for row in rows]


def _taken(
    row: models.Model,
    known: models.Model | None,
    people: dict[UUID, DataSubject],
    limited: Collection[UUID],
    held: Collection[UUID],
    shielded: Collection[UUID],
) -> Arrival:
    subject_id = subject_id_of(row)
    subject = people.get(subject_id) if subject_id else None
    if subject is None:
        return Arrival(Outcome.REFUSED, reason="No person has the id given as its owner.")
    if reason := why_not(subject, limited):
        return Arrival(Outcome.SKIPPED, reason=reason)
    if known and subject_id_of(known) != subject.id:
        return Arrival(Outcome.REFUSED, reason="It belongs to another person, and does not change hands here.")
    if known and all(getattr(known, name) == getattr(row, name) for name in _columns(row)):
        return Arrival(Outcome.UNCHANGED, known)
    if problem := what_is_wrong(row):
        return Arrival(Outcome.REFUSED, reason=problem)
    if known and subject.pk in shielded:
        return Arrival(Outcome.SKIPPED, reason=shields.SHIELDED)
    if known and subject.pk in held and holds.kept(known, {name: getattr(row, name) for name in _columns(row)}):
        return Arrival(Outcome.SKIPPED, reason=HELD)
    return Arrival(Outcome.UPDATED if known else Outcome.CREATED, row)


def _columns(row: models.Model) -> list[str]:
    """The columns that are the row's own to say."""
    return [f.attname for f in row._meta.concrete_fields if not f.primary_key and not is_filled(f)]


def _write_rows(arrivals: Sequence[Arrival]) -> None:
    created = [a.row for a in arrivals if a.row and a.outcome == Outcome.CREATED]
    updated = [a.row for a in arrivals if a.row and a.outcome == Outcome.UPDATED]
    if created:
        type(created[0])._default_manager.bulk_create(created, batch_size=200)
    if updated:
        columns = [f.name for f in updated[0]._meta.concrete_fields if f.attname in _columns(updated[0])]
        if any(f.name == "updated_at" for f in updated[0]._meta.concrete_fields):
            columns.append("updated_at")
            for row in updated:
                row.updated_at = Now()  # type: ignore[attr-defined]  # it has one, as was just seen
        type(updated[0])._default_manager.bulk_update(updated, columns, batch_size=50)
