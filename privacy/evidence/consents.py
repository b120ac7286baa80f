"""Holds consents, the words they were given in, and the limits that people's own word or days of grace have placed
against the entries that tell so. These stand on the chain of the account, whomever it was merged into or split from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction

from privacy.evidence.commitments import of_row, pseudonyms
from privacy.evidence.events import Event
from privacy.evidence.told import AT_ONCE, apart
from privacy.models import AuditEntry, ConsentEvent, ConsentWording, DataSubject, Limit
from privacy.models.consents import digest_of

# What a flag or a request has placed is held against that (`limits`): the chain of the account may be younger.
OF_ACCOUNTS = Limit.objects.filter(ground__in=[*Limit.OWN_WORD, Limit.Ground.GRACE])
OF_CONSENTS = (Event.CONSENT_GIVEN, Event.CONSENT_WITHDRAWN)
NAMES: dict[type[models.Model], str] = {ConsentEvent: "Consent", Limit: "Limit on processing"}


@dataclass
class Said:
    """What the chain of one account says."""

    consents: dict[UUID, dict[str, Any]] = field(default_factory=dict)  # {event: commitment to its row}
    placed: dict[UUID, tuple[list[str], datetime]] = field(default_factory=dict)  # {limit: ([purpose, ground], when)}
    lifted: dict[UUID, datetime] = field(default_factory=dict)

    def hear(self, event: str, data: Mapping[str, Any], at: datetime) -> None:
        if event in OF_CONSENTS:
            self.consents[UUID(data["consent"])] = data["row"]
        elif event == Event.LIMIT_PLACED:
            self.placed[UUID(data["limit"])] = ([data["purpose"], data["ground"]], at)
        elif event == Event.LIMIT_LIFTED:
            self.lifted[UUID(data["limit"])] = at


def differences() -> Iterator[tuple[str, UUID, str]]:
    """(name of the row's kind, its id, what is wrong with it)."""
    yield from (("Consent wording", pk, text) for pk, text in _of_wordings())
    for rows in (ConsentEvent.objects.all(), OF_ACCOUNTS):
        for page in _pages(rows):
            suspicious = {row.subject_id for row, _ in _of_rows(page)}
            for account in sorted(suspicious):
                yield from _look_again(rows, account, {row.pk for row in page})
    yield from _gone(ConsentEvent, OF_CONSENTS, "consent")
    yield from _gone(Limit, (Event.LIMIT_PLACED,), "limit")


def _of_wordings() -> Iterator[tuple[UUID, str]]:
    """Of every wording; one of before 2026-12, or that came with a release, no entry tells of."""
    told = AuditEntry.objects.filter(event=Event.WORDING_PUBLISHED).values_list("data", flat=True)
    said = {UUID(data["wording"]): data["row"] for data in told if "wording" in data}
    there = {wording.pk: wording for wording in ConsentWording.objects.order_by("pk")}
    for pk, wording in there.items():
        if digest_of(wording.text) != wording.sha256:
            yield pk, "its text is not the one of its digest"
        elif pk in said and of_row(wording, said[pk]["columns"]) != said[pk]:
            yield pk, "it is not as it was published"
    yield from ((pk, "it is gone") for pk in sorted(said.keys() - there.keys()))


def _pages(rows: models.QuerySet[Any]) -> Iterator[list[Any]]:
    last = UUID(int=0)
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield page
        last = page[-1].pk


def _look_again(rows: models.QuerySet[Any], account: UUID, among: Collection[UUID]) -> Iterator[tuple[str, UUID, str]]:
    """With the account's row locked, as who writes locks it: it may have happened in between."""
    with transaction.atomic():
        DataSubject.objects.select_for_update().get(pk=account)
        found = [(row.pk, text) for row, text in _of_rows(rows.filter(subject=account)) if row.pk in among]
    yield from ((NAMES[rows.model], pk, text) for pk, text in found)


def _of_rows(rows: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    """(row, what is wrong with it)."""
    rows = list(rows)
    said = _said_of({row.subject_id for row in rows})
    for row in rows:
        faults_of = _of_consent if isinstance(row, ConsentEvent) else _of_limit
        yield from ((row, text) for text in faults_of(row, said[row.subject_id]))


def _of_consent(event: ConsentEvent, said: Said) -> Iterator[str]:
    row = said.consents.get(event.pk)
    if row is None:
        yield "no entry tells of it"
    elif of_row(event, row["columns"]) != row:
        yield "it is not as it was written"


def _of_limit(limit: Limit, said: Said) -> Iterator[str]:
    if limit.pk not in said.placed:
        yield "no entry of the account placed it"
        return
    what, at = said.placed[limit.pk]
    if [limit.purpose, limit.ground] != what or apart(limit.since, at):
        yield "it is not as it was placed"
    lifted = said.lifted.get(limit.pk)
    if apart(limit.lifted_at, lifted) if limit.lifted_at and lifted else limit.lifted_at is not lifted:
        yield "it was lifted, or is in force, and the entries say otherwise"


def _said_of(accounts: Collection[UUID]) -> Mapping[UUID, Said]:
    """{account: what its chain says}, with one query."""
    owner = {UUID(name): account for account in accounts for name in pseudonyms(account)}
    said: dict[UUID, Said] = defaultdict(Said)
    told = AuditEntry.objects.filter(chain__in=list(owner)).order_by("chain", "n")
    for chain, event, data, at in told.values_list("chain", "event", "data", "at").iterator():
        said[owner[chain]].hear(event, data, at)
    return said


def _gone(model: type[models.Model], events: Collection[str], name: str) -> Iterator[tuple[str, UUID, str]]:
    """Of what the entries tell, what is there no more: a page at a time, each read before its rows."""
    last = 0
    told = AuditEntry.objects.filter(event__in=events).order_by("pk").values_list("pk", "data")
    while page := list(told.filter(pk__gt=last)[:AT_ONCE]):
        wanted = {UUID(data[name]) for _, data in page}
        there = set(model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True))
        yield from ((NAMES[model], pk, "it is gone") for pk in sorted(wanted - there))
        last = page[-1][0]
