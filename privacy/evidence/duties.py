"""Holds and flags, begun by one case and ended by another, held against what the entries of these tell."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from privacy.evidence.events import Event
from privacy.evidence.told import AT_ONCE, FINISHED, apart, finished_in, reason_differs
from privacy.models import AuditEntry, Case, ChildFlag, DataSubject, LegalHold


@dataclass(frozen=True)
class Duty:
    """A row that one kind of case begins and others end, and the names of what they leave in it and in their entries:
    of the decision, or until 2026-11 in the result of a step."""

    model: type[LegalHold] | type[ChildFlag]
    name: str
    key: str
    step: str
    begun_by: str
    begun_at: str
    ended_by: str
    ended_at: str
    endings: dict[str, str]  # {kind: how many it says it has ended}
    states: dict[str | None, str] = field(default_factory=dict)  # {kind: the state that it ends in}

    def subjects(self, **conditions: Any) -> models.QuerySet[Any, tuple[UUID, UUID]]:
        """(its id, its person's) of the rows for which these hold."""
        return self.model.objects.filter(**conditions).order_by("pk").values_list("pk", "subject_id")

    def rows_of(self, subject_ids: Iterable[UUID]) -> models.QuerySet[Any, Any]:
        columns = ["id", "subject_id", "salt", "reason", f"{self.begun_by}_id", self.begun_at,
                   f"{self.ended_by}_id", self.ended_at, *(["state"] if self.states else [])]  # fmt: skip
        rows = self.model.objects.filter(subject__in=subject_ids).annotate(erased_at=F("subject__erased_at"))
        return rows.order_by("pk").values_list(*columns, "erased_at", named=True)


HOLD = Duty(
    LegalHold, "legal hold", "hold", "holds.place", "placed_by", "placed_at", "released_by", "released_at",
    {"hold_release": "released"},
)  # fmt: skip
FLAG = Duty(
    ChildFlag, "child flag", "flag", "children.freeze", "flagged_by", "flagged_at", "decided_by", "decided_at",
    {"child_clear": "cleared", "child_confirm": "confirmed"},
    {None: "suspected", "child_clear": "cleared", "child_confirm": "child"},
)  # fmt: skip
DUTIES = {"hold_place": HOLD, "child_flag": FLAG}


def differences_of_duties() -> Iterator[tuple[str, UUID, str]]:
    """(name of the kind, id of the row, what is wrong with it) of every hold and flag where something is."""
    for beginning, duty in DUTIES.items():
        last = UUID(int=0)
        while page := dict(duty.subjects(pk__gt=last)[:AT_ONCE]):
            suspicious = {row.subject_id for row, _ in _of_people(duty, beginning, set(page.values()))}
            for subject_id in sorted(suspicious):
                yield from _look_again(duty, beginning, subject_id, page.keys())
            last = max(page)


def _look_again(duty: Duty, beginning: str, subject_id: UUID, rows: Container[UUID]) -> Iterator[tuple[str, UUID, str]]:
    """With the person's row locked, as who places and releases locks it: it may have happened in between."""
    with transaction.atomic():
        DataSubject.objects.select_for_update().get(pk=subject_id)
        found = [(row.id, text) for row, text in _of_people(duty, beginning, {subject_id}) if row.id in rows]
    yield from ((duty.name, pk, text) for pk, text in found)


def _of_people(duty: Duty, beginning: str, subject_ids: Iterable[UUID]) -> Iterator[tuple[Any, str]]:
    """(row, what is wrong with it) of the rows of these people that differ from what their requests' entries tell."""
    found = Case.objects.filter(subject__in=subject_ids, kind__in=(beginning, *duty.endings)).order_by()
    columns = ("id", "subject_id", "kind", "requested_by_id", "approved_by_id")
    requests = {r.id: r for r in found.values_list(*columns, named=True)}
    opened: dict[UUID, Any] = {}
    done: defaultdict[UUID, list[tuple[Any, Said]]] = defaultdict(list)
    for entry in _entries_of(requests, Event.REQUEST_OPENED, Event.CASE_GRANTED, *FINISHED):
        if entry.event == Event.REQUEST_OPENED:
            opened[entry.chain] = entry
        request = requests[entry.chain]
        done[request.subject_id] += [(request, Said(facts, entry.at)) for facts in _facts_in(entry)]
    by_person = defaultdict(list)
    for row in duty.rows_of(subject_ids):
        by_person[row.subject_id].append(row)
    for subject_id, rows in by_person.items():
        for row in rows:
            for text in _of_duty(duty, row, done[subject_id], opened):
                yield row, text
        ended = [row for row in rows if getattr(row, duty.ended_at)]
        # One that is confirmed and cleared afterwards is one.
        told = max(sum(said.facts.get(count, 0) for _, said in done[subject_id]) for count in duty.endings.values())
        if len(ended) < told:
            yield rows[-1], f"of this person's, {told} were ended, and the rows say {len(ended)}"


def _entries_of(chains: Iterable[UUID], *events: str) -> list[Any]:
    """In the order in which they were written; of each only what is compared."""
    # Found along the chains' index, put in order here: by the index of events or of ids SQLite reads the whole trail.
    unindexed = Concat("event", Value(""))
    found = AuditEntry.objects.alias(said=unindexed).filter(chain__in=chains, said__in=events).order_by("chain", "n")
    return sorted(found.values_list("id", "chain", "event", "at", "data", named=True))


@dataclass(frozen=True)
class Said:
    """What an entry of a case says of holds and flags."""

    facts: dict[str, Any]
    at: datetime


def _facts_in(entry: Any) -> Iterator[dict[str, Any]]:
    """Of a decision its own data, of steps their results."""
    if entry.event in FINISHED:
        yield from (finished.result for finished in finished_in(entry).values())
    else:
        yield entry.data


def _of_duty(duty: Duty, row: Any, done: Sequence[tuple[Any, Said]], opened: Mapping[UUID, Any]) -> Iterator[str]:
    """`done` are (request, Said) of what the person's cases did, `opened` the first entries by case."""
    begun = [(r, said) for r, said in done if said.facts.get(duty.key) == str(row.id)]
    if not begun:
        yield "no request put it in force"
        return
    request, said = begun[0]
    if getattr(row, f"{duty.begun_by}_id") != request.requested_by_id:
        yield "it names another person as the one who ordered it"
    told_at = [said.at, *([opened[request.id].at] if request.id in opened else [])]  # by a worker, until 2026-11
    if all(apart(getattr(row, duty.begun_at), moment) for moment in told_at):
        yield "it was put in force at another time"
    if request.id in opened and "reason" in opened[request.id].data:
        yield from reason_differs(duty.name, row, opened[request.id].data["reason"])
    ended_at, ended_by = getattr(row, duty.ended_at), getattr(row, f"{duty.ended_by}_id")
    endings = [
        r.kind
        for r, said in done
        if r.kind in duty.endings
        and (r.approved_by_id or r.requested_by_id) == ended_by
        and said.facts.get(duty.endings[r.kind])
        and not apart(ended_at, said.at)
    ] if ended_at else [None]  # fmt: skip
    if not endings:
        yield "it was ended, and no request of that person and time says so"
    elif duty.states and row.state not in {duty.states[kind] for kind in endings}:
        yield "it is decided otherwise than was written"
