import factory

from privacy import models
from privacy.fulfilment import names


class DataSubjectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.DataSubject

    full_name = factory.Faker("name")
    country = "DE"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        """With the words by which the person is found, as every way in writes them."""
        person = super()._create(model_class, *args, **kwargs)
        names.index([person.pk])
        return person


class IdentifierFactory(factory.django.DjangoModelFactory):
    """An e-mail address unless told otherwise."""

    class Meta:
        model = models.Identifier

    subject = factory.SubFactory(DataSubjectFactory)
    kind = models.Identifier.Kind.EMAIL
    value = factory.Sequence(lambda n: f"creator-{n}@example.com")


class LikenessFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Likeness

    subject = factory.SubFactory(DataSubjectFactory)
    other = factory.SubFactory(DataSubjectFactory)


class NameTokenFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.NameToken

    subject = factory.SubFactory(DataSubjectFactory)
    token = factory.Sequence(lambda n: f"token{n}".encode())


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Team

    owner = factory.SubFactory(DataSubjectFactory)
    name = factory.Faker("company")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Membership

    team = factory.SubFactory(TeamFactory)
    subject = factory.SubFactory(DataSubjectFactory)


class ProfilePreferenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ProfilePreference

    subject = factory.SubFactory(DataSubjectFactory)
    display_name = factory.Faker("first_name")


class MarketingPreferenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.MarketingPreference

    subject = factory.SubFactory(DataSubjectFactory)
    channel = models.MarketingPreference.Channel.EMAIL
    opted_in = True
