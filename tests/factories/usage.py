import uuid

import factory

from privacy import models
from tests.factories.subjects import DataSubjectFactory


class SessionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Session

    subject = factory.SubFactory(DataSubjectFactory)
    clerk_session_id = factory.Sequence(lambda n: f"sess_{n:027d}")
    ip_address = "192.0.2.7"
    user_agent = "Mozilla/5.0"


class UsageEventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.UsageEvent

    subject = factory.SubFactory(DataSubjectFactory)
    session_key = factory.LazyFunction(uuid.uuid4)
    name = "script.opened"
    properties = factory.LazyFunction(lambda: {"page": 3})
    ip_address = "192.0.2.7"


class DiagnosticEventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.DiagnosticEvent

    subject = factory.SubFactory(DataSubjectFactory)
    message = "Rendering took 900 ms"
    context = factory.LazyFunction(lambda: {"frame": 7})


class DeviceIdentifierFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.DeviceIdentifier

    subject = factory.SubFactory(DataSubjectFactory)
    kind = models.DeviceIdentifier.Kind.ANALYTICS_COOKIE
    value = factory.LazyFunction(lambda: uuid.uuid4().hex)
    user_agent = "Mozilla/5.0"
