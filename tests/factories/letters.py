from datetime import UTC, datetime

import factory

from privacy import models
from tests.factories.requests import CaseFactory
from tests.factories.staff import StaffFactory


class LetterWordingFactory(factory.django.DjangoModelFactory):
    """One that waits for another manager."""

    class Meta:
        model = models.LetterWording

    kind, language = "acknowledgement", "en"
    text = "Subject: [ref] Thank you ({ref})\n\n[received] “{right}” came in on {received_on}. Its number is {ref}.\n"
    sha256 = "0" * 64
    proposed_by = factory.SubFactory(StaffFactory)


class LetterFactory(factory.django.DjangoModelFactory):
    """One that waits for a second person; what it says was emptied."""

    class Meta:
        model = models.Letter

    case = factory.SubFactory(CaseFactory)
    kind, language, way = "acknowledgement", "en", "email"
    claims = ("received",)
    sha256 = "0" * 64
    prepared_by = factory.SubFactory(StaffFactory)


class ReplyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Reply

    case = factory.SubFactory(CaseFactory)
    kind = "reply"
    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    received_at = factory.LazyFunction(lambda: datetime.now(UTC))
