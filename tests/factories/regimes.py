from datetime import UTC, date, datetime

import factory

from privacy import models
from tests.factories.requests import CaseFactory
from tests.factories.staff import StaffFactory


class RegimeRuleFactory(factory.django.DjangoModelFactory):
    """A verified rule of a law of its own, in force."""

    class Meta:
        model = models.RegimeRule

    law = factory.Sequence(lambda n: f"law_{n}")
    name = factory.LazyAttribute(lambda rule: rule.law.title())
    places = ["XX"]
    rights = ["access"]
    respond = "30d"
    source = "Art. 1"
    verified_on = date(2026, 11, 1)
    verified_by = "A reader"
    effective_from = date(2020, 1, 1)
    confirmed_at = datetime(2026, 11, 1, tzinfo=UTC)


class ClockFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Clock

    case = factory.SubFactory(CaseFactory)
    kind = "respond"
    rule = factory.SubFactory(RegimeRuleFactory)
    planned_on = date(2026, 12, 30)
    limit_on = factory.SelfAttribute("planned_on")


class ClockPauseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ClockPause

    case = factory.SubFactory(CaseFactory)
    why = "scope"
    began_on = date(2026, 11, 30)
    began_by = factory.SubFactory(StaffFactory)
