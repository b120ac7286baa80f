import factory

from privacy import models


class ProcessorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Processor

    key = factory.Sequence(lambda n: f"processor-{n}")
    name = factory.LazyAttribute(lambda processor: processor.key.title())
    purpose = "Delivers e-mail"
