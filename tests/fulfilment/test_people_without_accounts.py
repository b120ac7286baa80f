"""Visitors, invitees and writers of mails are people too: they come in, are found, and leave an empty tombstone."""

import pytest

from privacy.fulfilment.importing.subjects import Person, bring_in
from privacy.models import Attachment, DataSubject, Identifier
from privacy.models.places import place
from tests import factories as f
from tests import working
from tests.asking import agreed
from tests.searching import find_subjects

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Identifier.Kind


def arrives(**said):
    [arrival] = bring_in(people=[Person(**said)], actor=None)
    return arrival


def test_a_visitor_is_known_by_the_id_of_the_browser_and_found_by_the_telephone():
    visitor = {"relation": "visitor", "identifiers": ((Kind.VISITOR, "v-123"), (Kind.PHONE, "+49 30 1234567"))}
    person = arrives(**visitor).row
    assert (person.relation, person.get_relation_display()) == ("visitor", "Visitor")
    assert arrives(identifiers=((Kind.VISITOR, "v-123"),)).outcome == "unchanged"
    assert [*find_subjects("+49 (30) 1234567")] == [person]


@pytest.mark.parametrize(
    ("country", "region", "says"),
    [
        ("XX", "", "no such country"),
        ("US", "US-XX", "no such region"),
        ("DE", "US-CA", "not in that country"),
        ("", "US-CA", "not in that country"),
    ],
)
def test_where_nobody_can_live_is_refused_in_words_and_without_the_value(country, region, says):
    arrival = arrives(country=country, region=region, identifiers=((Kind.EMAIL, "ada@example.com"),))
    assert arrival.outcome == "refused"
    assert says in arrival.reason
    assert DataSubject.objects.count() == 0


def test_who_moves_to_another_country_leaves_the_region():
    known = ((Kind.EMAIL, "ada@example.com"),)
    arrives(country="US", region="US-CA", identifiers=known)
    person = arrives(country="FR", identifiers=known).row
    assert (person.country, person.region) == ("FR", "")
    assert place("US", "US-CA") == "California, United States (US-CA)"


def test_an_odd_telephone_keeps_nobody_out():
    arrival = arrives(identifiers=((Kind.PHONE, "0000"), (Kind.EMAIL, "ada@example.com")))
    assert arrival.outcome == "created"
    assert "Telephone left out" in arrival.reason


def test_a_telephone_joins_nobody():
    home = (Kind.PHONE, "+49301234567")
    first = arrives(identifiers=((Kind.EMAIL, "ada@example.com"), home)).row
    second = arrives(identifiers=((Kind.EMAIL, "bert@example.com"), home))
    assert second.row != first
    assert second.outcome == "created"


def test_the_tombstone_says_nothing_and_attachments_are_gone_with_their_files():
    person = f.DataSubjectFactory(country="US", region="US-CA", relation="correspondent")
    attachment = f.AttachmentFactory(message__conversation__subject=person)
    storage, name = attachment.file.storage, attachment.file.name
    assert str(person.id) in name and storage.exists(name)
    asked = {"reason": "Asked by mail", "verification": "signed_in"}
    [case] = agreed("erasure", subject_ids=[person.id], actor=f.StaffFactory(), **asked)
    while working.run(case.id):
        pass
    person.refresh_from_db()
    assert (person.full_name, person.country, person.region, person.relation) == ("", "", "", "")
    assert not storage.exists(name)
    assert not Attachment.objects.exists()
