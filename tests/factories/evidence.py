import uuid
from datetime import UTC, date, datetime, timedelta

import factory

from privacy import models
from tests.factories.requests import CaseFactory
from tests.factories.staff import StaffFactory


class SuppressionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Suppression

    kind = models.Identifier.Kind.EMAIL
    digest = factory.LazyFunction(lambda: uuid.uuid4().hex * 2)
    request = factory.SubFactory(CaseFactory, closed=True)

    class Params:
        lifted = factory.Trait(
            lifted_at=factory.LazyFunction(lambda: datetime.now(UTC)),
            lifted_by=factory.SubFactory(StaffFactory),
            lifted_because=models.Suppression.Because.OWN_WILL,
        )


class HeartbeatFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Heartbeat

    name = factory.Sequence(lambda n: f"duty {n}")


class AuditHeadFactory(factory.django.DjangoModelFactory):
    """A head alone. Real chains are made by privacy.fulfilment.audit.append."""

    class Meta:
        model = models.AuditHead

    chain = factory.LazyFunction(uuid.uuid4)
    n = 0
    digest = "0" * 64


class DailyRootFactory(factory.django.DjangoModelFactory):
    """A row alone. Real ones are made by privacy.fulfilment.roots."""

    class Meta:
        model = models.DailyRoot

    day = factory.Sequence(lambda n: date(2026, 1, 1) + timedelta(days=n))
    size = 1
    root = "0" * 64
    last_entry = 1
    made_at = factory.LazyFunction(lambda: datetime.now(UTC))
