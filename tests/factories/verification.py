from datetime import UTC, datetime, timedelta

import factory
from django.core.files.base import ContentFile

from privacy import models
from tests.factories.requests import CaseFactory
from tests.factories.staff import StaffFactory

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class IdentityCheckFactory(factory.django.DjangoModelFactory):
    """A code that was asked for; `seen=True` is a document that somebody has decided on."""

    class Meta:
        model = models.IdentityCheck

    class Params:
        seen = factory.Trait(
            way="document", outcome="proved", document="passport", nonce="", expires_at=None,
            decided_by=factory.SubFactory(StaffFactory), decided_at=factory.LazyFunction(lambda: datetime.now(UTC)),
        )  # fmt: skip

    case = factory.SubFactory(CaseFactory, state="verifying", verification="")
    way = "email_code"
    nonce = "0" * 32
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(minutes=15))


class IdentityProofFactory(factory.django.DjangoModelFactory):
    """A file in the storage, of which the key is gone."""

    class Meta:
        model = models.IdentityProof

    identity_check = factory.SubFactory(IdentityCheckFactory, seen=True)
    file = factory.LazyAttribute(lambda proof: ContentFile(b"sealed", name="proof"))
    media_type = "application/pdf"
    size = 6
    purged_at = factory.LazyFunction(lambda: datetime.now(UTC))
