"""What is limited is shown where people are: in the list, in its filter, and on the person's page in words."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy.datamap import Use
from privacy.models import DataSubject
from tests import factories as f

pytestmark = pytest.mark.django_db
LIST = reverse("admin:privacy_datasubject_changelist")
NOT_ACTED_UPON = "The choices stay as the person set them. While the limit is in force they are not acted upon."


def page_of(client, person) -> str:
    return client.get(reverse("admin:privacy_datasubject_change", args=[person.pk])).content.decode()


def test_a_frozen_person_is_badged_in_the_list_and_found_by_the_filter(client, manager):
    f.LimitFactory(subject__full_name="Frozen Frieda")
    f.LimitFactory(subject__full_name="Free Fred", lifted=True)
    f.LimitFactory(subject__full_name="Partly Pat", purpose=Use.IMPROVEMENT)
    erased = f.LimitFactory(subject__full_name="", subject__country="").subject
    DataSubject.objects.filter(pk=erased.pk).update(erased_at="2026-01-01T00:00Z")
    everybody = client.get(LIST).content.decode()
    assert everybody.count('<span class="ops-badge ops-warn">Frozen</span>') == 1
    assert everybody.count('<span class="ops-badge ops-warn">Limited</span>') == 1
    found = client.get(LIST, {"state": "frozen"}).content.decode()
    assert (
        "Frozen Frieda" in found and "Free Fred" not in found and "Partly Pat" not in found and str(erased) not in found
    )


def test_the_list_takes_as_many_queries_with_many_limits_as_with_one(client, manager):
    taken = []
    for _ in range(2):
        for _ in range(4):
            f.LimitFactory()
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_the_page_says_what_is_limited_and_that_the_choices_stay(client, manager):
    person = f.MarketingPreferenceFactory().subject
    free = page_of(client, person)
    assert "Wanted" in free and "Active" in free and NOT_ACTED_UPON not in free
    f.LimitFactory(subject=person)
    frozen = page_of(client, person)
    assert "Wanted" in frozen and NOT_ACTED_UPON in frozen
    assert "Frozen: possible child" in frozen and "All processing is limited since" in frozen
    assert '<span class="ops-badge ops-good">Active</span>' not in frozen


def test_a_limit_on_one_purpose_is_told_as_that(client, manager):
    person = f.MarketingPreferenceFactory().subject
    f.LimitFactory(subject=person, purpose=Use.IMPROVEMENT)
    text = page_of(client, person)
    assert "Limited: possible child" in text and f"{Use.IMPROVEMENT.text} is limited since" in text
    assert NOT_ACTED_UPON not in text
