"""What people have consented to (GDPR art. 7): the words that they were shown, and what they said to
them, event by event.

The columns are those of a consent record by ISO/IEC TS 27560: who, to what, in which words, when, how, and how
it ended.
"""

import hashlib
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.datamap.vocabulary import Use
from privacy.models.communications import MarketingPreference
from privacy.models.subjects import DataSubject


class Topic(models.TextChoices):
    """What somebody is asked for."""

    MARKETING = "marketing", "News and marketing"
    COOKIES = "cookies", "Cookies that measure"
    AI = "ai", "Sending to AI providers"
    PARENTAL = "parental", "A parent’s consent"
    TRANSFERS = "transfers", "Transfers to other countries"

    @property
    def purposes(self) -> tuple[str, ...]:
        """Of `Limit`: what stops when the consent is withdrawn. Empty text: everything. None of transfers: they rest
        on safeguards, and no consent is relied on."""
        return OF_TOPIC[self]


OF_TOPIC: dict[str, tuple[str, ...]] = {
    Topic.MARKETING: (Use.MARKETING,),
    Topic.COOKIES: (Use.IMPROVEMENT,),
    Topic.AI: (Use.AI,),
    Topic.PARENTAL: ("",),
    Topic.TRANSFERS: (),
}


def digest_of(text: str) -> str:
    """SHA-256 of the wording in UTF-8, without what stands around it."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


class ConsentWording(models.Model):
    """What people are asked, word for word. It is never changed: another wording is another row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.CharField(max_length=20, choices=Topic)
    language = models.CharField(max_length=35, default="en", help_text="BCP 47 tag.")
    version = models.CharField(max_length=60)
    text = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)
    effective_from = models.DateField(null=True, blank=True, help_text="Empty where the text does not say it.")
    is_relied_on = models.BooleanField(default=True, help_text="Whether it counts as consent.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["topic", "language", "-created_at"]
        permissions = [("publish_consentwording", "Can publish the words in which people are asked for a consent")]
        constraints = [
            models.UniqueConstraint(fields=["topic", "language", "version"], name="wording_once_a_version"),
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="wording_topic"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="wording_sha256"),
            models.CheckConstraint(condition=~Q(text="") & ~Q(version=""), name="wording_has_a_text_and_a_version"),
            # "By using the Service, you consent" is no consent (GDPR art. 4(11), 7(4), 49(1)(a)).
            models.CheckConstraint(
                condition=~Q(topic="transfers") | Q(is_relied_on=False), name="wording_of_transfers_is_not_relied_on"
            ),
        ]

    def __str__(self):
        return f"{self.get_topic_display()}, {self.version}"


class ConsentEvent(models.Model):
    """Somebody has consented, or withdrawn it. What is so now is the last event of a person, topic and channel."""

    class State(models.TextChoices):
        GIVEN = "given", "Given"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Method(models.TextChoices):
        STUDIO = "studio", "In the studio"
        LINK = "one_click", "By the one-click link of a letter"
        STAFF = "staff", "Written down by staff"

    Channel = MarketingPreference.Channel

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.PROTECT, related_name="consent_events")
    topic = models.CharField(max_length=20, choices=Topic)
    channel = models.CharField(max_length=20, choices=Channel, blank=True)
    state = models.CharField(max_length=20, choices=State)
    wording = models.ForeignKey(ConsentWording, models.PROTECT, null=True, blank=True, related_name="events")
    at = models.DateTimeField()
    method = models.CharField(max_length=20, choices=Method)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Empty where the person did it.",
    )  # fmt: skip

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(topic__in=["marketing", "cookies", "ai", "parental"]), name="consent_topic"
            ),
            models.CheckConstraint(
                condition=Q(topic="marketing", channel__in=MarketingPreference.Channel.values)
                | (~Q(topic="marketing") & Q(channel="")),
                name="consent_channel_is_of_marketing",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn") | Q(state="given", wording__isnull=False),
                name="consent_given_names_its_wording",
            ),
            models.CheckConstraint(
                condition=Q(method="staff", recorded_by__isnull=False)
                | Q(method__in=["studio", "one_click"], recorded_by__isnull=True),
                name="consent_says_who_wrote_it_down",
            ),
        ]

    def __str__(self):
        return f"Consent {str(self.id)[:8]}"
