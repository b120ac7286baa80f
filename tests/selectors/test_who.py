"""Who somebody is, as staff are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import roles
from privacy.models import Identifier
from privacy.selectors.who import Who, masked, who
from tests import factories as f


def test_many_are_told_in_one_query_by_name_masked_address_and_short_id(db, django_assert_num_queries):
    people = [f.DataSubjectFactory(full_name=f"Ottilie {n}") for n in range(20)]
    for n, person in enumerate(people):
        f.IdentifierFactory(subject=person, value=f"aaa-{n}@example.com")
        f.IdentifierFactory(subject=person, value=f"ottilie-{n}@example.com", is_primary=True)
        f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value=f"user_{n}", is_primary=True)
    agent = f.StaffFactory(role=roles.AGENT)
    assert agent.sees_personal_data
    with django_assert_num_queries(1):
        found = who([p.pk for p in people], agent)
    assert {w.name for w in found.values()} == {p.full_name for p in people}
    assert {w.address for w in found.values()} == {"o••••@example.com"}
    assert [found[p.pk].short_id for p in people] == [str(p.pk)[:8] for p in people]


def test_a_developer_is_told_the_pseudonym_without_a_look_at_the_people(db, django_assert_num_queries):
    person, developer = f.DataSubjectFactory(), f.StaffFactory(role=roles.DEVELOPER)
    assert not developer.sees_personal_data
    with django_assert_num_queries(0):
        found = who([person.pk], developer)
    assert found == {person.pk: Who(person.pk)} and found[person.pk].title == str(person)


def test_nobody_takes_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert who([], f.StaffFactory.build()) == {}


@pytest.mark.parametrize(
    ("name", "typed", "is_right"),
    [
        ("Zofia Zielińska", "zielinska", True), ("Zofia Zielińska", " ZOFIA ", True), ("Łukasz Straße", "lukasz", True),
        ("Łukasz Straße", "STRASSE", True), ("İpek Işık", "isik", True), ("İpek Işık", "IPEK IŞIK", True),
        ("Søren Ångström", "soren angstrom", True), ("Mary O’Brien-Lee", "o'brien", True), ("李 明", "明", True),
        ("Zofia Zielińska", "Zofia Nowak", False), ("Zofia Zielińska", "Zof", False), ("Zofia Zielińska", "", False),
        ("Zofia Zielińska", "…", False), ("", "1a2b3c4d", True), ("", "Subject 1A2B3C4D", True), ("", "subject", False),
        ("Zofia Zielińska", "1a2b3c4d", True), ("Zofia Zielińska", "1a2b3c4e", False),
    ],
)  # fmt: skip
def test_a_word_of_the_name_or_the_short_id_confirms_the_person(name, typed, is_right):
    assert Who("1a2b3c4d-0000-0000-0000-000000000000", name).is_called(typed) is is_right


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1), min_size=1, max_size=4))
def test_every_word_of_a_name_confirms_the_person(words):
    person = Who("1a2b3c4d-0000-0000-0000-000000000000", " ".join(words))
    assert all(person.is_called(word) for word in words)


@given(st.emails())
def test_a_masked_address_keeps_one_letter_of_the_mailbox_at_most(address):
    mailbox, _, host = address.rpartition("@")
    assert masked(address) in (f"{mailbox[0]}••••@{host}", f"••••@{host}") and masked(address) != address
