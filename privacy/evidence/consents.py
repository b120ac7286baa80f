"""Holds consents, the words they were given in, and the limits that people's own word has placed against the entries
that tell so."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models.functions import Coalesce

from privacy.evidence.commitments import of_row, pseudonyms
from privacy.evidence.events import Event
from privacy.evidence.told import apart
from privacy.models import AuditEntry, Case, ConsentEvent, ConsentWording, DataSubject, Limit
from privacy.models.accounts import accounts_of
from privacy.models.consents import digest_of

PAGE = 500
OF_OWN_WORD = Limit.objects.filter(ground__in=Limit.OWN_WORD)
TELLING = (Event.REQUEST_OPENED, Event.CASE_GRANTED, Event.CONSENT_GIVEN, Event.CONSENT_WITHDRAWN)


@dataclass
class Said:
    """What the entries about one person's accounts say."""

    consents: dict[UUID, dict[str, Any]] = field(default_factory=dict)  # {event: commitment to its row}
    placed: dict[UUID, tuple[list[str], datetime]] = field(default_factory=dict)  # {limit: ([purpose, ground], when)}
    lifted: dict[UUID, datetime] = field(default_factory=dict)

    def hear(self, data: dict[str, Any], at: datetime) -> None:
        if "consent" in data:
            self.consents[UUID(data["consent"])] = data["row"]
        for pk, (purpose, ground) in data.get("limits", {}).items():
            if ground in Limit.OWN_WORD:
                self.placed.setdefault(UUID(pk), ([purpose, ground], at))
        self.lifted |= {UUID(pk): at for pk in data.get("lifted", ())}


def differences() -> Iterator[tuple[str, UUID, str]]:
    """(name of the row's kind, its id, what is wrong with it)."""
    for pk, text, sha256 in ConsentWording.objects.order_by("pk").values_list("pk", "text", "sha256"):
        if digest_of(text) != sha256:
            yield "Consent wording", pk, "its text is not the one of its digest"
    people = sorted({*_people(ConsentEvent.objects.all()), *_people(OF_OWN_WORD)})
    for start in range(0, len(people), PAGE):
        for person in people[start : start + PAGE]:
            if any(_of_person(person)):
                yield from _look_again(person)


def _people(rows: models.QuerySet[Any, Any]) -> Iterable[UUID]:
    """Whose these rows are; of accounts that were merged, the person."""
    person = Coalesce("subject__merged_into", "subject")
    found: Iterable[UUID] = rows.order_by().values_list(person, flat=True).distinct()
    return found


def _look_again(person: UUID) -> Iterator[tuple[str, UUID, str]]:
    """With the person's row locked, as who writes locks it: it may have happened in between."""
    with transaction.atomic():
        DataSubject.objects.select_for_update().get(pk=person)
        found = list(_of_person(person))
    yield from found


def _of_person(person: UUID) -> Iterator[tuple[str, UUID, str]]:
    accounts = list(accounts_of([person]))
    said = _said_of(accounts)
    events = ConsentEvent.objects.filter(subject__in=accounts).in_bulk()
    for pk in sorted(said.consents.keys() - events.keys()):
        yield "Consent", pk, "it is gone, or another person's"
    for pk, event in events.items():
        row = said.consents.get(pk)
        if row is None:
            yield "Consent", pk, "no entry tells of it"
        elif of_row(event, row["columns"]) != row:
            yield "Consent", pk, "it is not as it was written"
    yield from (("Limit on processing", pk, text) for pk, text in _of_limits(accounts, said))


def _of_limits(accounts: Sequence[UUID], said: Said) -> Iterator[tuple[UUID, str]]:
    limits = OF_OWN_WORD.filter(subject__in=accounts).in_bulk()
    for pk in sorted(said.placed.keys() - limits.keys()):
        yield pk, "it is gone, or another person's"
    for pk, limit in limits.items():
        if pk not in said.placed:
            yield pk, "no word of the person placed it"
            continue
        what, at = said.placed[pk]
        if [limit.purpose, limit.ground] != what or apart(limit.since, at):
            yield pk, "it is not as it was placed"
        if _differ(limit.lifted_at, said.lifted.get(pk)):
            yield pk, "it was lifted, or is in force, and the entries say otherwise"


def _differ(one: datetime | None, other: datetime | None) -> bool:
    return apart(one, other) if one and other else one is not other


def _said_of(accounts: Sequence[UUID]) -> Said:
    """By the cases of these accounts, and outside them."""
    cases = Case.objects.filter(subject__in=accounts).order_by().values_list("pk", flat=True)
    chains = [*cases, *(UUID(name) for account in accounts for name in pseudonyms(account))]
    said = Said()
    told = AuditEntry.objects.filter(chain__in=chains).order_by("chain", "n")
    for event, data, at in told.values_list("event", "data", "at"):
        if event in TELLING:
            said.hear(data, at)
    return said
