"""What people have consented to, as it is now: the last event of a topic and channel, and what stopped with it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from privacy import regimes
from privacy.models import ConsentEvent, ConsentWording, Limit, MarketingPreference, Topic

GIVEN = ConsentEvent.State.GIVEN


@dataclass(frozen=True)
class Consent:
    """A topic and channel of one person over all their accounts; `events` from the first to the last, `wording` of the
    last that was given, `stopped` the limits in force that the person's own word has placed for it."""

    topic: Topic
    channel: str
    events: Sequence[ConsentEvent]
    wording: ConsentWording | None
    stopped: Sequence[Limit]

    @property
    def last(self) -> ConsentEvent:
        return self.events[-1]

    @property
    def is_given(self) -> bool:
        return self.last.state == GIVEN

    @property
    def name(self) -> str:
        channel = f": {ConsentEvent.Channel(self.channel).label}" if self.channel else ""
        return f"{self.topic.label}{channel}"

    @property
    def stopped_at(self) -> datetime | None:
        """When what it was for stopped; None while it is given."""
        if self.is_given:
            return None
        return min((limit.since for limit in self.stopped), default=self.last.at)


def wordings() -> QuerySet[ConsentWording]:
    """All of them by topic and language, the newest first; `is_present`: people are asked in it now."""
    newer = ConsentWording.objects.filter(
        has_begun(), topic=OuterRef("topic"), language=OuterRef("language"), created_at__gt=OuterRef("created_at")
    )
    return ConsentWording.objects.annotate(is_present=has_begun() & ~Exists(newer))


def has_begun() -> Q:
    """Not a wording that is published for a day to come."""
    return Q(effective_from=None) | Q(effective_from__lte=regimes.today())


def present_wording(topic: str, language: str) -> ConsentWording | None:
    """In which people are asked now; None where nobody has been asked yet."""
    return ConsentWording.objects.filter(has_begun(), topic=topic, language=language).order_by("-created_at").first()


def of(accounts: Collection[UUID], limits: Iterable[Limit] | None = None) -> list[Consent]:
    """What the person of these accounts has said, by topic and channel. `limits`, if given, are those of theirs that
    are in force."""
    events = ConsentEvent.objects.filter(subject__in=accounts).select_related("wording").order_by("at", "id")
    by_thing: dict[tuple[str, str], list[ConsentEvent]] = defaultdict(list)
    for event in events:
        by_thing[event.topic, event.channel].append(event)
    found = in_force(accounts) if limits is None and by_thing else limits or ()
    placed = sorted((one for one in found if one.ground in Limit.OWN_WORD), key=lambda one: one.since)
    return [
        Consent(
            Topic(topic), channel, said,
            next((event.wording for event in reversed(said) if event.wording), None),
            [limit for limit in placed if limit.purpose in Topic(topic).purposes],
        )
        for (topic, channel), said in sorted(by_thing.items())
    ]  # fmt: skip


def in_force(accounts: Collection[UUID]) -> QuerySet[Limit]:
    return Limit.objects.filter(subject__in=accounts, lifted_at=None)


def given(accounts: Collection[UUID]) -> set[tuple[str, str]]:
    """(topic, channel) of all that there is to take back: consents, and marketing choices that say yes; two queries."""
    events = ConsentEvent.objects.filter(subject__in=accounts).order_by("at", "id")
    last = {(topic, channel): state for topic, channel, state in events.values_list("topic", "channel", "state")}
    wanted = MarketingPreference.objects.filter(subject__in=accounts, opted_in=True).values_list("channel", flat=True)
    said = {thing for thing, state in last.items() if state == GIVEN}
    return said | {(Topic.MARKETING.value, channel) for channel in wanted}


def relied_on_for_nothing() -> QuerySet[ConsentWording]:
    """Wordings that claim a consent nobody relies on."""
    return ConsentWording.objects.filter(is_relied_on=False).order_by("topic", "language")


def has_opted_out(accounts: Collection[UUID], purposes: Collection[str]) -> bool:
    """Whether every one of these accounts is limited for each of these purposes because the person opted out."""
    in_force = Limit.objects.filter(
        subject__in=accounts, purpose__in=list(purposes), ground=Limit.Ground.OPT_OUT, lifted_at=None
    )
    return in_force.count() == len(accounts) * len(purposes)


def wants_news(accounts: Collection[UUID]) -> bool:
    """Whether any choice of the person still says yes to marketing."""
    return MarketingPreference.objects.filter(subject__in=accounts, opted_in=True).exists()
