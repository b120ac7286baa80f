"""Legal holds, child flags and limits on processing."""

from datetime import UTC, datetime, timedelta

import factory

from privacy import models
from tests.factories.staff import StaffFactory
from tests.factories.subjects import DataSubjectFactory


class LegalHoldFactory(factory.django.DjangoModelFactory):
    """A hold in force; `released=True` makes it a past one."""

    class Meta:
        model = models.LegalHold

    class Params:
        released = factory.Trait(
            released_at=factory.LazyFunction(lambda: datetime.now(UTC)), released_by=factory.SubFactory(StaffFactory)
        )

    subject = factory.SubFactory(DataSubjectFactory)
    reason = "A lawsuit is pending"
    placed_by = factory.SubFactory(StaffFactory)


class ChildFlagFactory(factory.django.DjangoModelFactory):
    """A suspicion; `cleared=True` makes it a decided one. The account itself is limited by duties.children."""

    class Meta:
        model = models.ChildFlag

    class Params:
        cleared = factory.Trait(
            state=models.ChildFlag.State.CLEARED,
            decided_at=factory.LazyFunction(lambda: datetime.now(UTC)),
            decided_by=factory.SubFactory(StaffFactory),
        )

    subject = factory.SubFactory(DataSubjectFactory)
    reason = "Says to be in fifth grade"
    flagged_by = factory.SubFactory(StaffFactory)


class LimitFactory(factory.django.DjangoModelFactory):
    """All processing is limited, as of a possible child; `lifted=True` makes it a past one."""

    class Meta:
        model = models.Limit

    class Params:
        lifted = factory.Trait(lifted_at=factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(seconds=1)))

    subject = factory.SubFactory(DataSubjectFactory)
    ground = models.Limit.Ground.CHILD
