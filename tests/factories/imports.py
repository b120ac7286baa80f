import uuid

import factory

from privacy import models
from tests.factories.staff import StaffFactory


class ImportRunFactory(factory.django.DjangoModelFactory):
    """A confirmed import of people that waits for a worker. Its file is not there."""

    class Meta:
        model = models.ImportRun

    sheet = "privacy.DataSubject"
    format = "csv"
    file = factory.LazyFunction(lambda: uuid.uuid4().hex)
    actor = factory.SubFactory(StaffFactory)
    total = 1
