"""What people were asked, and what they said."""

from datetime import UTC, datetime

import factory

from privacy import models
from privacy.models.consents import digest_of
from tests.factories.subjects import DataSubjectFactory


class ConsentWordingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ConsentWording

    topic = models.Topic.MARKETING
    version = factory.Sequence(lambda n: f"2026-{n}")
    text = factory.Sequence(lambda n: f"Yes, send me news about the studio by e-mail ({n}).")
    sha256 = factory.LazyAttribute(lambda wording: digest_of(wording.text))


class ConsentEventFactory(factory.django.DjangoModelFactory):
    """A consent to news by e-mail, given in the studio."""

    class Meta:
        model = models.ConsentEvent

    subject = factory.SubFactory(DataSubjectFactory)
    topic = models.Topic.MARKETING
    channel = models.ConsentEvent.Channel.EMAIL
    state = models.ConsentEvent.State.GIVEN
    wording = factory.SubFactory(ConsentWordingFactory)
    at = factory.LazyFunction(lambda: datetime.now(UTC))
    method = models.ConsentEvent.Method.STUDIO
