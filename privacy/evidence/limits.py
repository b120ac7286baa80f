"""Holds the limits on processing against the flags and requests that placed them and the entries that tell so."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from privacy.evidence.events import Event
from privacy.models import AuditEntry, Case, ChildFlag, DataSubject, Limit

PAGE = 500
TOLERANCE = timedelta(minutes=15)  # between the database's clock and a worker's
KINDS = (
    "restriction",
    "objection",
    "parental_review",
    "limit_lift",
    "merge",
)  # what places and lifts what is asked for
CLEARED = ChildFlag.State.CLEARED


def differences() -> Iterator[tuple[UUID, str]]:
    """(id of the limit or of its flag, what is wrong with it) of every limit where something is."""
    people = sorted({*_subjects(Limit), *_subjects(ChildFlag)})
    for start in range(0, len(people), PAGE):
        some = people[start : start + PAGE]
        for subject_id in sorted({subject_id for subject_id, _, _ in _of_people(some)}):
            yield from _look_again(subject_id)
    yield from asked_for()


def asked_for() -> Iterator[tuple[UUID, str]]:
    """The same of limits that people have asked for: each was placed by the entry of a case, and lifted by another."""
    placed, lifted = _ids_told("limits"), _ids_told("lifted")
    there = Limit.objects.filter(ground__in=Limit.Ground.asked_for())
    rows = dict(there.order_by("pk").values_list("pk", "lifted_at"))
    for pk in sorted(placed.keys() - rows.keys()):
        yield pk, "it is gone, or of another ground"
    for pk, lifted_at in rows.items():
        if pk not in placed:
            yield pk, "no request placed it"
        if (lifted_at is None) != (pk not in lifted):
            yield pk, "it was lifted, and no request says so" if lifted_at else "a request has lifted it, and it is not"
        elif lifted_at and _apart(lifted_at, lifted[pk]):
            yield pk, "it was lifted at another time"


def _ids_told(name: str) -> dict[UUID, datetime]:
    """{limit: when} of what the entries of the cases tell under this name."""
    cases = Case.objects.filter(kind__in=KINDS).order_by().values("pk")
    told = AuditEntry.objects.filter(chain__in=cases, event__in=[Event.REQUEST_OPENED, Event.CASE_GRANTED]).order_by()
    return {UUID(pk): at for at, data in told.values_list("at", "data") for pk in data.get(name, ())}


def _subjects(model: type[Limit] | type[ChildFlag]) -> Iterable[UUID]:
    return model.objects.order_by().values_list("subject_id", flat=True).distinct()


def _look_again(subject_id: UUID) -> Iterator[tuple[UUID, str]]:
    """With the person's row locked, as who flags and clears locks it: it may have happened in between."""
    with transaction.atomic():
        DataSubject.objects.select_for_update().get(pk=subject_id)
        found = list(_of_people([subject_id]))
    yield from ((pk, text) for _, pk, text in found)


def _of_people(subject_ids: Sequence[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
    """(person, row, what is wrong with it)."""
    limits: dict[UUID, list[Limit]] = defaultdict(list)
    flags: dict[UUID, list[Any]] = defaultdict(list)
    of_child = Limit.objects.filter(subject__in=subject_ids, ground=Limit.Ground.CHILD)
    for limit in of_child.order_by("pk"):
        limits[limit.subject_id].append(limit)
    columns = ("id", "subject_id", "state", "decided_at", "erased_at")
    of_people = ChildFlag.objects.filter(subject__in=subject_ids).annotate(erased_at=F("subject__erased_at"))
    for flag in of_people.order_by("pk").values_list(*columns, named=True):
        flags[flag.subject_id].append(flag)
    told, untold = _told(subject_ids)
    for subject_id in subject_ids:
        mine = limits[subject_id]
        for pk, text in _of_person(mine, flags[subject_id], told[subject_id], untold[subject_id]):
            yield subject_id, pk, text


def _told(subject_ids: Sequence[UUID]) -> tuple[dict[UUID, dict[UUID, datetime]], dict[UUID, int]]:
    """({person: {limit that a case says it placed: when}}, {person: flags whose case does not say, until 2026-11})."""
    cases = Case.objects.filter(subject__in=subject_ids, kind="child_flag").order_by()
    person = dict(cases.values_list("id", "subject_id"))
    told: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    untold: dict[UUID, int] = defaultdict(int)
    opened = AuditEntry.objects.filter(chain__in=person, n=1, event=Event.REQUEST_OPENED).order_by()
    for chain, at, data in opened.values_list("chain", "at", "data"):
        if "limit" in data:
            told[person[chain]][UUID(data["limit"])] = at
        else:
            untold[person[chain]] += 1
    return told, untold


def _of_person(
    limits: Sequence[Limit], flags: Sequence[Any], told: Mapping[UUID, datetime], untold: int
) -> Iterator[tuple[UUID, str]]:
    """`told` and `untold` as `_told` has them of the person."""
    for pk in sorted(told.keys() - {limit.pk for limit in limits}):
        yield pk, "it is gone, or another person's"
    of_earlier = [limit for limit in limits if limit.pk not in told]
    if len(of_earlier) > untold:
        yield of_earlier[-1].pk, "no request placed it"
    for limit in limits:
        yield from ((limit.pk, text) for text in _of_limit(limit, flags, told.get(limit.pk)))
    in_force = any(limit.lifted_at is None for limit in limits)
    for flag in flags:
        if flag.state != CLEARED and not in_force and flag.erased_at is None:
            yield flag.id, "the child flag is in force, and nothing is limited"


def _of_limit(limit: Limit, flags: Sequence[Any], placed_at: datetime | None) -> Iterator[str]:
    if limit.purpose:
        yield "it is of one purpose, and the flag limits all"
    if placed_at and _apart(limit.since, placed_at):
        yield "it was placed at another time"
    if limit.lifted_at is None:
        if all(flag.state == CLEARED for flag in flags):
            yield "it is in force, and no child flag is"
    elif not any(flag.state == CLEARED and not _apart(limit.lifted_at, flag.decided_at) for flag in flags):
        yield "it was lifted, and no flag was cleared then"


def _apart(one: datetime, other: datetime) -> bool:
    return abs(one - other) > TOLERANCE
