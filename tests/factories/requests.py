import uuid
from datetime import UTC, datetime, timedelta

import factory
from django.core.files.base import ContentFile

from privacy import models
from tests.factories.staff import StaffFactory
from tests.factories.subjects import DataSubjectFactory


class BatchFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Batch

    kind = models.RequestKind.ACCESS
    actor = factory.SubFactory(StaffFactory)


class RightsRequestFactory(factory.django.DjangoModelFactory):
    """An access request, just received; `closed=True` makes it a fulfilled one."""

    class Meta:
        model = models.RightsRequest

    class Params:
        closed = factory.Trait(
            status=models.RequestStatus.FULFILLED, closed_at=factory.LazyFunction(lambda: datetime.now(UTC))
        )

    subject = factory.SubFactory(DataSubjectFactory)
    kind = models.RequestKind.ACCESS
    reason = "Asked for in the account's settings"
    verification = models.Verification.SIGNED_IN
    requested_by = factory.SubFactory(StaffFactory)


class AccessPackageFactory(factory.django.DjangoModelFactory):
    """A package with a real file in the storage."""

    class Meta:
        model = models.AccessPackage

    request = factory.SubFactory(RightsRequestFactory, closed=True)
    file = factory.LazyAttribute(
        lambda package: ContentFile(b"PK\x05\x06" + b"\0" * 18, name=f"packages/{uuid.uuid4()}.zip")
    )
    sha256 = "0" * 64
    size = 22
    rows = 0
    files = 0
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(days=7))


class ErasureReceiptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ErasureReceipt

    request = factory.SubFactory(RightsRequestFactory, closed=True)
    body = factory.LazyFunction(dict)
    sha256 = "0" * 64
