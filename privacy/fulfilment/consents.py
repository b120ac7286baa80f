"""What people consent to and take back: written as events that stay, with what it lets go on or stops at once.

Who may is asked by the doors: a case, a signed link, the studio. The person's row is locked here.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from privacy.evidence import audit
from privacy.evidence.commitments import fixed_columns, of_row
from privacy.evidence.events import Event
from privacy.fulfilment import limits
from privacy.models import ConsentEvent, ConsentWording, Limit, MarketingPreference, Staff, Topic
from privacy.models.consents import digest_of
from privacy.roles import must_have

MAY_PUBLISH = "privacy.publish_consentwording"
NAMESPACE = UUID("6f1d7d3e-2f6b-5f0a-9a53-0c2c3d0f5b1e")
GIVEN, WITHDRAWN = ConsentEvent.State.GIVEN, ConsentEvent.State.WITHDRAWN


def publish(
    *, topic: str, version: str, text: str, language: str = "en", since: date | None = None, actor: Staff | None = None
) -> ConsentWording:
    """The words that people are asked in from now on; those that were used stay, and the same words are the same row.
    Without an actor it is the studio that has begun to ask in them. Raises PermissionDenied, and ValueError in words
    for the screen for a version that has other words, for words that are another topic's, for transfers, and where
    somebody else publishes the same at this moment."""
    if actor:
        must_have(actor, MAY_PUBLISH)
    if topic == Topic.TRANSFERS:
        raise ValueError("Nobody is asked to consent to transfers: they rest on safeguards.")
    given = {"topic": topic, "language": language, "version": version, "text": text.strip(), "effective_from": since}
    if wording := published_as(text):
        _must_be_the_same(wording, topic, language)
        return wording
    _must_be_new(topic, language, version)
    try:
        return _publish(actor, sha256=digest_of(text), **given)
    except IntegrityError as fault:
        raise ValueError("A colleague has just published these words, or this version. Look again.") from fault


@transaction.atomic
def _publish(actor: Staff | None, **given: Any) -> ConsentWording:
    wording = ConsentWording.objects.create(**given)
    wording.refresh_from_db()  # the entry commits to what the database has made of it
    audit.append(
        chain_of(wording.topic), Event.WORDING_PUBLISHED, actor=actor, wording=wording.pk, topic=wording.topic,
        language=wording.language, row=of_row(wording, fixed_columns(ConsentWording)),
    )  # fmt: skip
    return wording


def chain_of(topic: str) -> UUID:
    """The audit chain of the words in which people are asked about a topic."""
    return uuid5(NAMESPACE, topic)


def published_as(text: str) -> ConsentWording | None:
    """The wording that has these very words already."""
    return ConsentWording.objects.filter(sha256=digest_of(text)).first()


def _must_be_the_same(wording: ConsentWording, topic: str, language: str) -> None:
    if (wording.topic, wording.language) != (topic, language):
        raise ValueError(f"These very words are “{wording}” ({wording.language}) already.")


def _must_be_new(topic: str, language: str, version: str) -> None:
    if ConsentWording.objects.filter(topic=topic, language=language, version=version).exists():
        raise ValueError("This version has other words, and keeps them: call these another version.")


def give(
    subject_id: UUID,
    *,
    wording: ConsentWording,
    how: ConsentEvent.Method,
    channel: str = "",
    actor: Staff | None = None,
    at: datetime | None = None,
) -> ConsentEvent:
    """The person consents in these words. What their own word had stopped goes on; what a hold, a flag or a right has
    stopped does not. Raises ValueError for words that are relied on for nothing."""
    if not wording.is_relied_on:
        raise ValueError("This wording is relied on for nothing: it is no consent.")
    topic = Topic(wording.topic)
    with transaction.atomic():
        accounts = limits.lock_accounts(subject_id)
        limits.lift(accounts, topic.purposes, Limit.OWN_WORD, actor)
        event = _record(subject_id, topic, channel, GIVEN, how, actor, at, wording)
        if channel:
            _choose(accounts, [channel], True, event.at)
    return event


def withdraw(
    subject_id: UUID,
    *,
    topic: Topic,
    how: ConsentEvent.Method,
    ground: Limit.Ground,
    channels: Collection[str] = ("",),
    actor: Staff | None = None,
) -> dict[str, Any]:
    """The person takes it back, for all their accounts: what it was for stops in this transaction. Of marketing, which
    goes by channels, the limit comes with the last that was wanted.

    Returns facts for an audit entry: how many limits are new, and how many choices have changed.
    """
    with transaction.atomic():
        accounts = limits.lock_accounts(subject_id)
        now = datetime.now(UTC)
        changed = _choose(accounts, channels, False, now) if topic == Topic.MARKETING else 0
        stops = [] if topic == Topic.MARKETING and _wants_any(accounts) else topic.purposes
        placed = limits.place(accounts, stops, ground, actor)
        for channel in channels:
            _record(subject_id, topic, channel, WITHDRAWN, how, actor, now, None)
    return {"placed": len(placed), "choices": changed}


def _record(
    subject_id: UUID,
    topic: Topic,
    channel: str,
    state: ConsentEvent.State,
    how: ConsentEvent.Method,
    actor: Staff | None,
    at: datetime | None,
    wording: ConsentWording | None,
) -> ConsentEvent:
    """The event, and its entry on the person's chain, which commits to the row."""
    event = ConsentEvent.objects.create(
        subject_id=subject_id, topic=topic, channel=channel, state=state, method=how, wording=wording,
        at=at or datetime.now(UTC), recorded_by=actor,
    )  # fmt: skip
    told: dict[str, Any] = {"consent": str(event.pk), "topic": topic, "channel": channel}
    told |= {"row": of_row(event, fixed_columns(ConsentEvent))}
    name = Event.CONSENT_GIVEN if state == GIVEN else Event.CONSENT_WITHDRAWN
    audit.append(audit.subject_chain(subject_id), name, actor=actor, **told)
    return event


def _choose(accounts: Collection[UUID], channels: Iterable[str], wanted: bool, at: datetime) -> int:
    """Sets the marketing choices of these accounts as the person has said; how many have changed."""
    rows = MarketingPreference.objects.filter(subject__in=accounts, channel__in=list(channels))
    return rows.exclude(opted_in=wanted).update(opted_in=wanted, changed_at=at)


def _wants_any(accounts: Collection[UUID]) -> bool:
    return MarketingPreference.objects.filter(subject__in=accounts, opted_in=True).exists()
