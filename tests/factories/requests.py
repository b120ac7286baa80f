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

    kind = "access"
    actor = factory.SubFactory(StaffFactory)


class CaseFactory(factory.django.DjangoModelFactory):
    """A request for access, just received; `closed=True` makes it a fulfilled one."""

    class Meta:
        model = models.Case

    class Params:
        closed = factory.Trait(
            state=models.State.CLOSED, outcome=models.Outcome.FULFILLED,
            closed_at=factory.LazyFunction(lambda: datetime.now(UTC)),
        )  # fmt: skip

    subject = factory.SubFactory(DataSubjectFactory)
    kind = "access"
    reason = "Asked for in the account's settings"
    verification = models.Verification.SIGNED_IN
    requested_by = factory.SubFactory(StaffFactory)
    due_on = None
    limit_on = factory.SelfAttribute("due_on")
    parent = factory.LazyAttribute(
        lambda case: CaseFactory(subject=case.subject, closed=True) if case.kind == "appeal" else None
    )


class AccessPackageFactory(factory.django.DjangoModelFactory):
    """A package with a real file in the storage."""

    class Meta:
        model = models.AccessPackage

    request = factory.SubFactory(CaseFactory, closed=True)
    file = factory.LazyAttribute(
        lambda package: ContentFile(b"PK\x05\x06" + b"\0" * 18, name=f"packages/{uuid.uuid4()}.zip")
    )
    sha256 = "0" * 64
    size = 22
    rows = 0
    files = 0
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(days=7))


class RedactionFactory(factory.django.DjangoModelFactory):
    """A name that a person has decided to leave out."""

    class Meta:
        model = models.Redaction

    case = factory.SubFactory(CaseFactory, closed=True)
    label, field, row = "privacy.SupportMessage", "body", factory.LazyFunction(lambda: str(uuid.uuid4()))
    text_sha256 = "0" * 64
    start, length = 0, 4
    kind, ground, decision = "name", "known", "redact"
    decided_by = factory.SubFactory(StaffFactory)
    decided_at = factory.LazyFunction(lambda: datetime.now(UTC))


class ReceiptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Receipt

    request = factory.SubFactory(CaseFactory, closed=True)
    body = factory.LazyFunction(dict)
    sha256 = "0" * 64
