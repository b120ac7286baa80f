import factory

from privacy import models


class DataSubjectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.DataSubject

    full_name = factory.Faker("name")
    country = "DE"


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
