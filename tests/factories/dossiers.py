import factory

from privacy import models
from tests.factories.requests import CaseFactory
from tests.factories.staff import StaffFactory


class DossierFactory(factory.django.DjangoModelFactory):
    """Begun, and not confirmed: that takes factors on both sides."""

    class Meta:
        model = models.Dossier

    case = factory.SubFactory(CaseFactory)
    prepared_by = factory.SubFactory(StaffFactory)


class FactorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Factor

    dossier = factory.SubFactory(DossierFactory)
    side = "against"
    text = "The earlier answer left a question open"
    salt = "0" * 32
    noted_by = factory.SubFactory(StaffFactory)
