import factory

from privacy import models
from tests.factories.subjects import DataSubjectFactory


class SupportConversationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.SupportConversation

    subject = factory.SubFactory(DataSubjectFactory)
    topic = "My upload is gone"


class SupportMessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.SupportMessage

    conversation = factory.SubFactory(SupportConversationFactory)
    body = "It was there on Monday."
