import hashlib

import factory
from django.core.files.base import ContentFile

from privacy import models
from tests.factories.requests import CaseFactory
from tests.factories.staff import StaffFactory


class CaseCommentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.CaseComment

    case = factory.SubFactory(CaseFactory)
    text = "Wrote twice from the same address"
    salt = "0" * 32
    written_by = factory.SubFactory(StaffFactory)


class CaseFileFactory(factory.django.DjangoModelFactory):
    """A real file in the storage; `content` is its bytes, and size and digest follow them."""

    class Meta:
        model = models.CaseFile

    class Params:
        content = b"The letter as it came"

    comment = factory.SubFactory(CaseCommentFactory)
    file = factory.LazyAttribute(lambda kept: ContentFile(kept.content, name=kept.name))
    name = "letter.txt"
    media_type = "text/plain"
    size = factory.LazyAttribute(lambda kept: len(kept.content))
    sha256 = factory.LazyAttribute(lambda kept: hashlib.sha256(kept.content).hexdigest())
