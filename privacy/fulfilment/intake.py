"""The one way in for people and their content, from files and webhooks alike.

Erased people stay erased (the suppression ledger), frozen accounts are left alone, and whoever asks twice gets the
same rows. Both verbs take a batch: the number of queries does not grow with the number of rows, only with its chunks.
What each would do is told beforehand by its twin (`judge_people`, `judge_rows`), which only reads and locks nobody out.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import batched
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Now

from privacy.datamap import registry
from privacy.datamap.fields import Column
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment.reading import why_not_storable
from privacy.models import (
    DataSubject,
    Feedback,
    Identifier,
    Note,
    Prompt,
    Script,
    ScriptCoAuthor,
    Shot,
    ShotList,
    Staff,
)
from privacy.selectors import holds, limits
from privacy.selectors.suppression import perhaps_suppressed, suppressed

Kind = Identifier.Kind
ERASED = "This person was erased at their own request; the suppression ledger keeps them from coming back."
FROZEN = "The account is frozen as a possible child's: nothing new is taken in until that is decided."
HELD = "This person is under a legal hold; what is stored of them stays as it is until the hold is released."
IN_DOUBT = "An erased person may have had it, in a spelling that the ledger cannot tell from another."
TAKEN_IN = {
    Script: Event.INTAKE_SCRIPT,
    ScriptCoAuthor: Event.INTAKE_SCRIPTCOAUTHOR,
    Note: Event.INTAKE_NOTE,
    Prompt: Event.INTAKE_PROMPT,
    Feedback: Event.INTAKE_FEEDBACK,
    ShotList: Event.INTAKE_SHOTLIST,
    Shot: Event.INTAKE_SHOT,
}
CHUNK = 900  # SQLite takes 999 parameters in its oldest builds; a chunk leaves room for others


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"  # nothing is wrong with the row, but it must not come in
    REFUSED = "refused"  # the row is wrong


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a file or another system describes them. What is None is not said, and stays as it is.

    With `subject_id` it is that person; without, the identifiers tell who it is: the Clerk id before the Stripe id
    before the e-mail address. Two Clerk accounts are two people, even with one address.
    """

    full_name: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    identifiers: tuple[tuple[str, str], ...] = ()  # (Identifier.Kind, value)
    subject_id: UUID | None = None


@dataclass
class Arrival:
    """What became of a row. `reason` is a sentence for staff, without any value; `row` is None when nothing is kept."""

    outcome: Outcome
    row: models.Model | None = None
    reason: str = ""


def bring_in(*, people: Sequence[Person], actor: Staff | None) -> list[Arrival]:
    """Creates or updates these people with their identifiers, in one transaction; an Arrival each, in order.

    An identifier that belongs to another person is left out, and the reason says so. An e-mail address or Clerk id
    that is new to a known person becomes the primary one of its kind; the former stays as another way to know them.
    """
    with transaction.atomic():
        # People are locked before the ledger is read: an erasure that commits in between is seen in one or the other.
        doors = Doors.of(people)
        arrivals = [doors.let_in(person) for person in people]
        doors.write()
        _record(Event.INTAKE_PEOPLE, arrivals, actor)
    return arrivals


def judge_people(*, people: Sequence[Person]) -> list[Arrival]:
    """What `bring_in` would answer now."""
    doors = Doors.of(people, find_people)
    return [doors.let_in(person) for person in people]


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
        _record(TAKEN_IN[type(rows[0])], arrivals, actor)
    return arrivals


def judge_rows(*, rows: Sequence[models.Model]) -> list[Arrival]:
    """What `take_in` would answer now."""
    return _judged(rows, find_people) if rows else []


# What of these people is there: `lock_people` or `find_people`.
type GetPeople = Callable[[Iterable[UUID | None]], dict[UUID, DataSubject]]


def lock_people(subject_ids: Iterable[UUID | None]) -> dict[UUID, DataSubject]:
    """These people, their rows locked until the transaction ends, always in the same order."""
    return _people(DataSubject.objects.select_for_update().order_by("id"), subject_ids)


def find_people(subject_ids: Iterable[UUID | None]) -> dict[UUID, DataSubject]:
    """These people as they are now, for whoever only reads."""
    return _people(DataSubject.objects.all(), subject_ids)


def _people(rows: models.QuerySet[DataSubject], subject_ids: Iterable[UUID | None]) -> dict[UUID, DataSubject]:
    found: dict[UUID, DataSubject] = {}
    for some in batched(sorted(subject_id for subject_id in subject_ids if subject_id), CHUNK):
        found |= rows.in_bulk(some)
    return found


def why_not(subject: DataSubject | None, limited: Collection[UUID]) -> str:
    """Why nothing may come in for this person now; empty when it may. `limited` as `closed_to` gives them."""
    if subject is None:
        return ""
    return ERASED if subject.erased_at else FROZEN if subject.pk in limited else ""


def closed_to(model: type[models.Model], subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people of whom no row of this model may come in now. Asked after `lock_people`: then it stays so."""
    return limits.covering(subject_ids, registry.declarations[model].purposes())


def subject_id_of(row: models.Model) -> UUID | None:
    """Whose row it is, by the path that the data map declares."""
    *through, last = registry.declarations[type(row)].subject.split("__")
    for name in through:
        row = getattr(row, name)
    subject_id: UUID | None = getattr(row, f"{last}_id")
    return subject_id


def what_is_wrong(row: models.Model) -> str:
    """What the database would refuse about this row, in words and without its values; empty when nothing."""
    problems = []
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        if isinstance(value, str) and (reason := why_not_storable(value)):
            problems.append(f"{column.verbose_name}: {reason}")
        elif isinstance(value, str) and column.max_length and len(value) > column.max_length:
            problems.append(f"{column.verbose_name}: {len(value):,} characters; {column.max_length} is the most")
    if problems:
        return _sentence(problems)
    try:
        # Foreign keys were resolved by whoever made the row; looking each up again would cost a query a row.
        row.clean_fields(exclude={f.name for f in row._meta.concrete_fields if f.is_relation or _is_filled(f)})
    except ValidationError as error:
        return _sentence(f"{name}: {' '.join(map(_fault, faults))}" for name, faults in error.error_dict.items())
    return ""


def _fault(error: ValidationError) -> str:
    """Django's words. For a choice that is none they would quote the cell, and the words are kept with the import."""
    return "This is none of the choices." if error.code == "invalid_choice" else " ".join(error.messages)


@dataclass
class Doors:
    """What is known about a batch of people before the first of them is let in, and what is to be written after."""

    people: dict[UUID, DataSubject]
    known: dict[tuple[str, str], UUID]  # who has this identifier
    held: dict[UUID, list[Identifier]]  # the identifiers of everybody concerned
    barred: set[tuple[str, str]]  # identifiers of erased people
    doubtful: set[str]  # e-mail addresses of which the ledger cannot say whether they are
    limited: set[UUID]
    under_hold: set[UUID]
    created: dict[UUID, DataSubject] = field(default_factory=dict)
    changed: dict[UUID, DataSubject] = field(default_factory=dict)
    identifiers: list[Identifier] = field(default_factory=list)
    demoted: list[UUID] = field(default_factory=list)

    @classmethod
    def of(cls, people: Sequence[Person], get_people: GetPeople = lock_people) -> "Doors":
        asked = {pair for person in people for pair in _normalised(person)[0]}
        concerned = get_people({i.subject_id for i in _identifiers(asked)} | {p.subject_id for p in people})
        held = defaultdict(list)
        for some in batched(concerned, CHUNK):
            for identifier in Identifier.objects.filter(subject__in=some).order_by("created_at", "id"):
                held[identifier.subject_id].append(identifier)
        known = {(i.kind, i.value): i.subject_id for identifiers in held.values() for i in identifiers}
        doubtful = perhaps_suppressed(value for kind, value in asked if kind == Kind.EMAIL)
        limited, under_hold = closed_to(Identifier, concerned), holds.covering(concerned)
        return cls(concerned, known, held, _barred(asked), doubtful, limited, under_hold)

    def let_in(self, person: Person) -> Arrival:
        identifiers, faults = _normalised(person)
        if self.barred.intersection(identifiers):
            return Arrival(Outcome.SKIPPED, reason=ERASED)
        if wrong := next((f"{kind.label}: {why}" for kind, why in faults if kind != Kind.EMAIL), ""):
            return Arrival(Outcome.REFUSED, reason=wrong)  # who it is cannot be guessed from the rest
        sure = [(kind, value) for kind, value in identifiers if kind != Kind.EMAIL or value not in self.doubtful]
        notes = [why for _, why in faults] + [IN_DOUBT] * (len(sure) < len(identifiers))
        arrival = self.let_in_as(person, sure)
        arrival.reason = " ".join(filter(None, [arrival.reason, *(f"E-mail left out: {why}" for why in notes)]))
        return arrival

    def let_in_as(self, person: Person, identifiers: Sequence[tuple[str, str]]) -> Arrival:
        subject_id = person.subject_id or self.recognise(identifiers)
        subject = self.people.get(subject_id) if subject_id else None
        if subject is None and person.subject_id:
            return Arrival(Outcome.REFUSED, reason="No person has this id.")
        if reason := why_not(subject, self.limited):
            return Arrival(Outcome.SKIPPED, reason=reason)
        if subject is None and not identifiers:
            return Arrival(Outcome.REFUSED, reason="A new person needs an e-mail address, a Clerk id or a Stripe id.")
        return self.admit(subject, person, identifiers)

    def recognise(self, identifiers: Sequence[tuple[str, str]]) -> UUID | None:
        asked = dict(reversed(identifiers))  # the first of a kind is the one the person goes by
        for kind in (Kind.CLERK, Kind.STRIPE, Kind.EMAIL):
            found = self.known.get((kind, asked.get(kind, "")))
            if found and (kind == Kind.CLERK or Kind.CLERK not in asked or not self.has(found, Kind.CLERK)):
                return found
        return None

    def has(self, subject_id: UUID, kind: str) -> bool:
        return any(identifier.kind == kind for identifier in self.held[subject_id])

    def admit(self, subject: DataSubject | None, person: Person, identifiers: Sequence[tuple[str, str]]) -> Arrival:
        is_new = subject is None
        subject = subject or DataSubject()
        before = (subject.full_name, subject.country)
        subject.full_name = subject.full_name if person.full_name is None else person.full_name
        subject.country = subject.country if person.country is None else person.country
        if problem := _wrong_person(subject):
            subject.full_name, subject.country = before
            return Arrival(Outcome.REFUSED, reason=problem)
        if subject.id in self.under_hold and before != (subject.full_name, subject.country):
            subject.full_name, subject.country = before
            return Arrival(Outcome.SKIPPED, reason=HELD)
        taken = [pair for pair in identifiers if self.known.get(pair, subject.id) != subject.id]
        if is_new and len(taken) == len(identifiers):
            return Arrival(Outcome.REFUSED, reason=_left_out(taken))
        given = [pair for pair in identifiers if pair not in taken]
        leading = set(dict(reversed(given)).items())
        added = [self.give(subject, *pair, leads=pair in leading) for pair in given]
        if is_new:
            self.people[subject.id] = self.created[subject.id] = subject
            outcome = Outcome.CREATED
        else:
            if before != (subject.full_name, subject.country) and subject.id not in self.created:
                self.changed[subject.id] = subject
            changed = any(added) or before != (subject.full_name, subject.country)
            outcome = Outcome.UPDATED if changed else Outcome.UNCHANGED
        return Arrival(outcome, subject, _left_out(taken))

    def give(self, subject: DataSubject, kind: str, value: str, *, leads: bool) -> bool:
        """Notes an identifier for writing; whether there was anything to note. The one that `leads` its kind becomes
        the primary one."""
        mine = [i for i in self.held[subject.id] if i.kind == kind]
        same = next((i for i in mine if i.value == value), None)
        primary = next((i for i in mine if i.is_primary), None)
        # A person may pay as several customers; the first stays first.
        wanted = primary is None if kind == Kind.STRIPE else leads
        if same and (same.is_primary or not wanted):
            return False
        if primary and wanted:
            primary.is_primary = False
            self.demoted.append(primary.id)
        if same:
            same.is_primary = True
        else:
            same = Identifier(subject=subject, kind=kind, value=value, is_primary=wanted)
            self.held[subject.id].append(same)
            self.known[kind, value] = subject.id
        self.identifiers.append(same)
        return True

    def write(self) -> None:
        DataSubject.objects.bulk_create(self.created.values(), batch_size=CHUNK)
        DataSubject.objects.bulk_update(self.changed.values(), ["full_name", "country"], batch_size=CHUNK // 3)
        for some in batched(self.demoted, CHUNK):
            Identifier.objects.filter(pk__in=some).update(is_primary=False)
        given = {i.id: i for i in self.identifiers}.values()  # a batch may take a primary address back again
        Identifier.objects.bulk_update([i for i in given if not i._state.adding], ["is_primary"], batch_size=CHUNK // 3)
        Identifier.objects.bulk_create([i for i in given if i._state.adding], batch_size=CHUNK)


def _normalised(person: Person) -> tuple[list[tuple[str, str]], list[tuple[Kind, str]]]:
    """(the identifiers as they are stored, once each; why others can be none, as (kind, sentence))."""
    pairs, faults = [], []
    for kind, value in person.identifiers:
        try:
            if value.strip():
                pairs.append((Kind(kind), Identifier.normalise(kind, value)))
        except ValidationError as error:
            faults.append((Kind(kind), " ".join(error.messages)))
    return list(dict.fromkeys(pairs)), list(dict.fromkeys(faults))


def _by_kind(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    values = defaultdict(list)
    for kind, value in pairs:
        values[kind].append(value)
    for kind, found in values.items():
        yield from ((kind, some) for some in batched(found, CHUNK))


def _identifiers(pairs: Iterable[tuple[str, str]]) -> list[Identifier]:
    return [i for kind, values in _by_kind(pairs) for i in Identifier.objects.filter(kind=kind, value__in=values)]


def _barred(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(kind, value) for kind, values in _by_kind(pairs) for value in suppressed(kind, values)}


def _wrong_person(subject: DataSubject) -> str:
    if problem := what_is_wrong(subject):
        return problem
    if subject.country and not (len(subject.country) == 2 and subject.country.isascii() and subject.country.isupper()):
        return "The country is a code of two capital letters, such as DE."
    return ""


def _left_out(taken: Sequence[tuple[str, str]]) -> str:
    names = " and ".join(Kind(kind).label for kind, _ in taken)
    return f"Left out, because another person has it already: {names}." if taken else ""


def _judged(rows: Sequence[models.Model], get_people: GetPeople) -> list[Arrival]:
    people = get_people({subject_id_of(row) for row in rows})
    known = type(rows[0])._default_manager.in_bulk([row.pk for row in rows])
    limited, held = closed_to(type(rows[0]), people), holds.covering(people)
    return [_taken(row, known.get(row.pk), people, limited, held) for row in rows]


def _taken(
    row: models.Model,
    known: models.Model | None,
    people: dict[UUID, DataSubject],
    limited: Collection[UUID],
    held: Collection[UUID],
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
    if known and subject.pk in held and holds.kept(known, {name: getattr(row, name) for name in _columns(row)}):
        return Arrival(Outcome.SKIPPED, reason=HELD)
    return Arrival(Outcome.UPDATED if known else Outcome.CREATED, row)


def _columns(row: models.Model) -> list[str]:
    """The columns that are the row's own to say."""
    return [f.attname for f in row._meta.concrete_fields if not f.primary_key and not _is_filled(f)]


def _is_filled(column: Column) -> bool:
    """Whether the database fills it by itself."""
    return bool(column.has_db_default())  # type: ignore[attr-defined]  # public, and not in the stubs yet


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


def _record(event: Event, arrivals: Sequence[Arrival], actor: Staff | None) -> None:
    """One link of evidence a batch, if it changed anything: who let in how many."""
    counts = Counter(str(a.outcome) for a in arrivals)
    if counts[Outcome.CREATED] or counts[Outcome.UPDATED]:
        audit.append(uuid.uuid4(), event, actor=actor, **counts)


def _sentence(problems: Iterable[str]) -> str:
    text = "; ".join(problems)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
