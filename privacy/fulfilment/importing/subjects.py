"""People on their way in: who they are by their identifiers, and which of these they may have."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction

from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment import names
from privacy.fulfilment.importing.arrivals import (
    CHUNK,
    ERASED,
    HELD,
    Arrival,
    GetPeople,
    Outcome,
    closed_to,
    counted,
    find_people,
    lock_people,
    what_is_wrong,
    why_not,
)
from privacy.models import DataSubject, Identifier, Likeness, Staff
from privacy.models.places import why_not_there
from privacy.selectors import holds
from privacy.selectors.suppression import alike, perhaps_suppressed, suppressed

Kind = Identifier.Kind
IN_DOUBT = "An erased person may have had it, in a spelling that the ledger cannot tell from another."
NOBODY = "A new person needs an e-mail address, a Clerk id, a Stripe id, a visitor id or a telephone number."
LEFT_OUT = Identifier.SHARED  # an odd one does not keep the person out
VENDORS = {Kind.CLERK, Kind.STRIPE, Kind.VISITOR}
SEVERAL = "Several people have this address. Say who it is by the Clerk id or the id of the person."
SHARED = "Another person has this address too, perhaps the same: their pages ask you."
SAID = ("full_name", "country", "region", "relation")
ALIKE = (
    "Its provider delivers mail for this address where it delivered an erased person's: perhaps they have come back. "
    "Ask them before you act on it."
)


class Ambiguous(Exception):
    """What is said of somebody fits several people."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a file or another system describes them. What is None is not said, and stays as it is.

    With `subject_id` it is that person; without, the identifiers tell who it is: the Clerk id before the Stripe id
    before the visitor id. An e-mail address tells it only where nobody else has it: of who is known here by nothing
    but addresses and has no other `relation` to us. Two Clerk accounts are two people, even with one address.
    """

    full_name: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    region: str | None = None  # ISO 3166-2
    relation: str | None = None  # DataSubject.Relation, of one without an account
    identifiers: tuple[tuple[str, str], ...] = ()  # (Identifier.Kind, value)
    subject_id: UUID | None = None


def bring_in(*, people: Sequence[Person], actor: Staff | None) -> list[Arrival]:
    """Creates or updates these people with their identifiers, in one transaction; an Arrival each, in order.

    A vendor's id that belongs to another person is left out, and the reason says so. An address that another person
    has too makes the two a likeness, which staff are asked about. An e-mail address or Clerk id that is new to a known
    person becomes the primary one of its kind; the former stays as another way to know them.
    """
    with transaction.atomic():
        # People are locked before the ledger is read: an erasure that commits in between is seen in one or the other.
        doors = Doors.of(people)
        arrivals = [doors.let_in(person) for person in people]
        doors.write()
        if counts := counted(arrivals):
            audit.append(uuid4(), Event.INTAKE_PEOPLE, actor=actor, **counts)
    return arrivals


def judge_people(*, people: Sequence[Person]) -> list[Arrival]:
    """What `bring_in` would answer now."""
    doors = Doors.of(people, find_people)
    return [doors.let_in(person) for person in people]


@dataclass
class Doors:
    """What is known about a batch of people before the first of them is let in, and what is to be written after."""

    people: dict[UUID, DataSubject]
    known: dict[tuple[str, str], list[UUID]]  # who has this identifier
    held: dict[UUID, list[Identifier]]  # the identifiers of everybody concerned
    barred: set[tuple[str, str]]  # identifiers of erased people
    doubtful: set[str]  # e-mail addresses of which the ledger cannot say whether they are
    alike: set[str]  # e-mail addresses that nobody has here, and share a mailbox with an erased person's
    limited: set[UUID]
    under_hold: set[UUID]
    created: dict[UUID, DataSubject] = field(default_factory=dict)
    changed: dict[UUID, DataSubject] = field(default_factory=dict)
    identifiers: list[Identifier] = field(default_factory=list)
    demoted: list[UUID] = field(default_factory=list)
    alike_with: dict[tuple[UUID, UUID], None] = field(default_factory=dict)  # (newcomer, who has the address too)

    @classmethod
    def of(cls, people: Sequence[Person], get_people: GetPeople = lock_people) -> "Doors":
        asked = {pair for person in people for pair in _normalised(person)[0]}
        concerned = get_people({i.subject_id for i in _identifiers(asked)} | {p.subject_id for p in people})
        held = defaultdict(list)
        for some in batched(concerned, CHUNK):
            for identifier in Identifier.objects.filter(subject__in=some).order_by("created_at", "id"):
                held[identifier.subject_id].append(identifier)
        known = defaultdict[tuple[str, str], list[UUID]](list)
        for identifiers in held.values():
            for i in identifiers:
                known[i.kind, i.value].append(i.subject_id)
        addresses = [value for kind, value in asked if kind == Kind.EMAIL]
        new = [address for address in addresses if (Kind.EMAIL, address) not in known]
        limited, under_hold = closed_to(Identifier, concerned), holds.covering(concerned)
        return cls(
            concerned, known, held, _barred(asked), perhaps_suppressed(addresses), alike(new), limited, under_hold
        )

    def let_in(self, person: Person) -> Arrival:
        identifiers, faults = _normalised(person)
        if self.barred.intersection(identifiers):
            return Arrival(Outcome.SKIPPED, reason=ERASED)
        if wrong := next((f"{kind.label}: {why}" for kind, why in faults if kind not in LEFT_OUT), ""):
            return Arrival(Outcome.REFUSED, reason=wrong)  # who it is cannot be guessed from the rest
        sure = [(kind, value) for kind, value in identifiers if kind != Kind.EMAIL or value not in self.doubtful]
        notes = [*faults, *[(Kind.EMAIL, IN_DOUBT)] * (len(sure) < len(identifiers))]
        arrival = self.let_in_as(person, sure)
        told = [f"{kind.label} left out: {why}" for kind, why in notes]
        if self.alike.intersection(value for _, value in sure):
            told.append(ALIKE)
        arrival.reason = " ".join(filter(None, [arrival.reason, *told]))
        return arrival

    def let_in_as(self, person: Person, identifiers: Sequence[tuple[str, str]]) -> Arrival:
        try:
            subject_id = person.subject_id or self.recognise(identifiers, person.relation)
        except Ambiguous:
            return Arrival(Outcome.REFUSED, reason=SEVERAL)
        subject = self.people.get(subject_id) if subject_id else None
        if subject is None and person.subject_id:
            return Arrival(Outcome.REFUSED, reason="No person has this id.")
        if reason := why_not(subject, self.limited):
            return Arrival(Outcome.SKIPPED, reason=reason)
        if subject is None and not identifiers:
            return Arrival(Outcome.REFUSED, reason=NOBODY)
        return self.admit(subject, person, identifiers)

    def recognise(self, identifiers: Sequence[tuple[str, str]], relation: str | None) -> UUID | None:
        """Who it is. Raises Ambiguous where an address is all that is said, and several people have it."""
        asked = dict(reversed(identifiers))  # the first of a kind is the one the person goes by
        for kind in (Kind.CLERK, Kind.STRIPE, Kind.VISITOR):
            for found in self.known.get((kind, asked.get(kind, "")), ()):
                if kind == Kind.CLERK or Kind.CLERK not in asked or not self.has(found, Kind.CLERK):
                    return found
        # A telephone may be a household's.
        likely = [s for s in self.known.get((Kind.EMAIL, asked.get(Kind.EMAIL, "")), ()) if self.may_be(s, relation)]
        if VENDORS.isdisjoint(asked):
            if len(likely) > 1:
                raise Ambiguous
            return next(iter(likely), None)
        unclaimed = [s for s in likely if not any(self.has(s, kind) for kind in VENDORS)]
        return unclaimed[0] if len(unclaimed) == 1 else None

    def may_be(self, subject_id: UUID, relation: str | None) -> bool:
        """Whether who comes with this relation to us can be this person, by that alone."""
        return self.people[subject_id].relation == (relation or "")

    def has(self, subject_id: UUID, kind: str) -> bool:
        return any(identifier.kind == kind for identifier in self.held[subject_id])

    def admit(self, subject: DataSubject | None, person: Person, identifiers: Sequence[tuple[str, str]]) -> Arrival:
        is_new = subject is None
        subject = subject or DataSubject()
        before = {name: getattr(subject, name) for name in SAID}
        for name in SAID:
            if (said := getattr(person, name)) is not None:
                setattr(subject, name, said)
        if subject.country != before["country"] and person.region is None:
            subject.region = ""  # it was of the other country
        if problem := _wrong_person(subject):
            vars(subject).update(before)
            return Arrival(Outcome.REFUSED, reason=problem)
        is_another = any(getattr(subject, name) != value for name, value in before.items())
        if subject.id in self.under_hold and is_another:
            vars(subject).update(before)
            return Arrival(Outcome.SKIPPED, reason=HELD)
        taken = [(kind, v) for kind, v in identifiers if kind in VENDORS and self.others_with((kind, v), subject)]
        if is_new and len(taken) == len(identifiers):
            return Arrival(Outcome.REFUSED, reason=_left_out(taken))
        given = [pair for pair in identifiers if pair not in taken]
        leading = set(dict(reversed(given)).items())
        alike_with = {(subject.id, other): None for pair in given for other in self.others_with(pair, subject)}
        added = [self.give(subject, *pair, leads=pair in leading) for pair in given]
        if is_new:
            self.people[subject.id] = self.created[subject.id] = subject
            outcome = Outcome.CREATED
        else:
            if is_another and subject.id not in self.created:
                self.changed[subject.id] = subject
            outcome = Outcome.UPDATED if any(added) or is_another else Outcome.UNCHANGED
        self.alike_with |= alike_with
        shared = [SHARED] if alike_with and any(added) else []
        return Arrival(outcome, subject, " ".join(filter(None, [_left_out(taken), *shared])))

    def others_with(self, pair: tuple[str, str], subject: DataSubject) -> list[UUID]:
        """Who else has this identifier."""
        return [found for found in self.known.get(pair, ()) if found != subject.id]

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
            self.known.setdefault((kind, value), []).append(subject.id)
        self.identifiers.append(same)
        return True

    def write(self) -> None:
        DataSubject.objects.bulk_create(self.created.values(), batch_size=CHUNK)
        DataSubject.objects.bulk_update(self.changed.values(), SAID, batch_size=CHUNK // 5)
        for some in batched([*self.created, *self.changed], CHUNK):
            names.index(some)
        for some in batched(self.demoted, CHUNK):
            Identifier.objects.filter(pk__in=some).update(is_primary=False)
        given = {i.id: i for i in self.identifiers}.values()  # a batch may take a primary address back again
        Identifier.objects.bulk_update([i for i in given if not i._state.adding], ["is_primary"], batch_size=CHUNK // 3)
        Identifier.objects.bulk_create([i for i in given if i._state.adding], batch_size=CHUNK)
        pairs = [Likeness(subject_id=s, other_id=o) for pair in self.alike_with for s, o in (pair, pair[::-1])]
        Likeness.objects.bulk_create(pairs, batch_size=CHUNK // 3, ignore_conflicts=True)


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
    if problem := what_is_wrong(subject) or why_not_there(subject.country, subject.region):
        return problem
    if subject.country and not (len(subject.country) == 2 and subject.country.isascii() and subject.country.isupper()):
        return "The country is a code of two capital letters, such as DE."
    return ""


def _left_out(taken: Sequence[tuple[str, str]]) -> str:
    names = " and ".join(Kind(kind).label for kind, _ in taken)
    return f"Left out, because another person has it already: {names}." if taken else ""
