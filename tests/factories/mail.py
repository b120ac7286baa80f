import factory

from privacy import models, regimes
from tests.factories.staff import StaffFactory


class MailFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Mail

    template = "digest"
    member = factory.SubFactory(StaffFactory)
    day = factory.LazyFunction(regimes.today)
