import hashlib

import factory
from django.core.files.base import ContentFile

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


class AttachmentFactory(factory.django.DjangoModelFactory):
    """A real file in the storage; `content` is its bytes, and size and digest follow them."""

    class Meta:
        model = models.Attachment

    class Params:
        content = b"A picture of the page that was gone"

    message = factory.SubFactory(SupportMessageFactory)
    file = factory.LazyAttribute(lambda attachment: ContentFile(attachment.content, name=attachment.name))
    name = "page.png"
    media_type = "image/png"
    size = factory.LazyAttribute(lambda attachment: len(attachment.content))
    sha256 = factory.LazyAttribute(lambda attachment: hashlib.sha256(attachment.content).hexdigest())
