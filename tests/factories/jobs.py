"""Work of a request, with its steps."""

import uuid

import factory

from privacy import models
from privacy.jobs.order import about
from tests.factories.requests import CaseFactory


class JobFactory(factory.django.DjangoModelFactory):
    """Open work of an access request."""

    class Meta:
        model = models.Job

    kind = factory.SelfAttribute("case.kind")
    case = factory.SubFactory(CaseFactory)
    subject = factory.SelfAttribute("case.subject")
    about = factory.LazyAttribute(lambda job: about(job.subject.id if job.subject else job.id))


class StepFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Step

    job = factory.SubFactory(JobFactory)
    seq = factory.Sequence(lambda n: n % 30_000 + 1)
    name = "erasure.rows"
    key = factory.LazyFunction(uuid.uuid4)
