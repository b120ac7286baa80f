import hashlib

import factory
from django.core.files.base import ContentFile

from privacy import models
from tests.factories.subjects import DataSubjectFactory


class ScriptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Script

    owner = factory.SubFactory(DataSubjectFactory)
    title = factory.Sequence(lambda n: f"Draft {n}")
    body = "INT. STUDIO - NIGHT\n\nThe light falls on a page."


class ScriptCoAuthorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ScriptCoAuthor

    script = factory.SubFactory(ScriptFactory)
    subject = factory.SubFactory(DataSubjectFactory)


class ShotListFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ShotList

    owner = factory.SubFactory(DataSubjectFactory)
    title = "Shots of the first act"


class ShotFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Shot

    shot_list = factory.SubFactory(ShotListFactory)
    number = factory.Sequence(lambda n: n + 1)
    description = "Close on the hands"
    camera = "50 mm"


class NoteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Note

    author = factory.SubFactory(DataSubjectFactory)
    body = "The second act is long."


class UploadFactory(factory.django.DjangoModelFactory):
    """A real file in the storage; `content` is its bytes, and size and digest follow them."""

    class Meta:
        model = models.Upload

    class Params:
        content = b"%PDF-1.7 a storyboard"

    owner = factory.SubFactory(DataSubjectFactory)
    file = factory.LazyAttribute(lambda upload: ContentFile(upload.content, name=upload.name))
    name = "storyboard.pdf"
    media_type = "application/pdf"
    size = factory.LazyAttribute(lambda upload: len(upload.content))
    sha256 = factory.LazyAttribute(lambda upload: hashlib.sha256(upload.content).hexdigest())


class PromptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Prompt

    author = factory.SubFactory(DataSubjectFactory)
    response_id = factory.Sequence(lambda n: f"resp_{n:032d}")
    text = "Ten titles for a film about light"


class FeedbackFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Feedback

    author = factory.SubFactory(DataSubjectFactory)
    rating = 4
    body = "The shot list could be longer."
