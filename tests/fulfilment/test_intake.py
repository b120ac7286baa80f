"""Whoever comes in comes in once, erased people do not, and nobody's rows change hands."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from privacy.fulfilment.importing import content, subjects
from privacy.fulfilment.importing.arrivals import ERASED, FROZEN, Outcome
from privacy.fulfilment.importing.subjects import Person
from privacy.models import AuditEntry, DataSubject, Identifier, Note, Script
from privacy.selectors.suppression import digest
from tests import factories as f

Kind = Identifier.Kind


def bring_in(*people: Person):
    return subjects.bring_in(people=people, actor=None)


def person(name="Ada Lovelace", email="ada@example.com", clerk_id="user_1", **more) -> Person:
    pairs = ((Kind.EMAIL, email), (Kind.CLERK, clerk_id))
    return Person(full_name=name, identifiers=tuple(pair for pair in pairs if pair[1]), **more)


def suppress(kind: str, value: str) -> None:
    f.SuppressionFactory(kind=kind, digest=digest(kind, value))


def outcomes(arrivals) -> list[str]:
    return [arrival.outcome for arrival in arrivals]


@pytest.mark.django_db
class TestPeople:
    def test_a_new_person_gets_a_row_with_primary_identifiers(self):
        [arrival] = bring_in(person(country="GB"))
        assert arrival.outcome == Outcome.CREATED
        assert (arrival.row.full_name, arrival.row.country) == ("Ada Lovelace", "GB")
        found = set(arrival.row.identifiers.values_list("kind", "value", "is_primary"))
        assert found == {("email", "ada@example.com", True), ("clerk_id", "user_1", True)}

    def test_the_same_again_changes_nothing_and_leaves_no_evidence(self):
        bring_in(person())
        before = AuditEntry.objects.count()
        assert outcomes(bring_in(person(), person())) == [Outcome.UNCHANGED, Outcome.UNCHANGED]
        assert (DataSubject.objects.count(), AuditEntry.objects.count()) == (1, before)

    def test_the_same_person_twice_in_a_batch_is_one_person(self):
        assert outcomes(bring_in(person(), person())) == [Outcome.CREATED, Outcome.UNCHANGED]
        assert DataSubject.objects.count() == 1

    def test_an_address_in_another_spelling_is_the_same_address(self):
        bring_in(person(clerk_id=""))
        assert outcomes(bring_in(person(email=" ADA@Example.COM ", clerk_id=""))) == [Outcome.UNCHANGED]

    def test_a_person_known_by_address_gets_the_clerk_id_that_comes_later(self):
        [first] = bring_in(person(clerk_id=""))
        [second] = bring_in(person())
        assert (second.outcome, second.row.pk) == (Outcome.UPDATED, first.row.pk)
        assert first.row.identifiers.filter(kind=Kind.CLERK, value="user_1", is_primary=True).exists()

    def test_two_clerk_accounts_are_two_people_even_with_one_address(self):
        first, second = bring_in(person(), person("Augusta King", clerk_id="user_2"))
        assert second.outcome == Outcome.CREATED and second.row.pk != first.row.pk
        assert second.reason == "Another person has this address too, perhaps the same: their pages ask you."
        assert set(second.row.identifiers.values_list("value", flat=True)) == {"user_2", "ada@example.com"}

    def test_a_new_address_becomes_the_primary_one_and_the_former_stays(self):
        [first] = bring_in(person())
        assert outcomes(bring_in(person(email="countess@example.com"))) == [Outcome.UPDATED]
        emails = dict(first.row.identifiers.filter(kind=Kind.EMAIL).values_list("value", "is_primary"))
        assert emails == {"ada@example.com": False, "countess@example.com": True}

    def test_an_address_comes_back_as_the_primary_one(self):
        bring_in(person())
        bring_in(person(email="countess@example.com"))
        assert outcomes(bring_in(person())) == [Outcome.UPDATED]
        assert Identifier.objects.get(kind=Kind.EMAIL, is_primary=True).value == "ada@example.com"

    def test_what_is_not_said_stays(self):
        [arrival] = bring_in(person(country="GB"))
        bring_in(Person(identifiers=((Kind.CLERK, "user_1"),)))
        arrival.row.refresh_from_db()
        assert (arrival.row.full_name, arrival.row.country) == ("Ada Lovelace", "GB")

    @pytest.mark.parametrize(("kind", "value"), [(Kind.EMAIL, "ADA@example.com"), (Kind.CLERK, "user_1")])
    def test_an_erased_persons_identifier_keeps_the_row_out_and_says_why(self, kind, value):
        suppress(kind, value)
        [arrival] = bring_in(person())
        assert (arrival.outcome, arrival.row, arrival.reason) == (Outcome.SKIPPED, None, ERASED)
        assert not DataSubject.objects.filter(full_name="Ada Lovelace").exists()

    def test_a_tombstone_stays_empty(self):
        tombstone = f.DataSubjectFactory(full_name="", country="", erased_at=datetime.now(UTC))
        [arrival] = bring_in(person(subject_id=tombstone.pk))
        assert (arrival.outcome, arrival.reason) == (Outcome.SKIPPED, ERASED)

    def test_a_frozen_account_is_left_alone(self):
        [known] = bring_in(person())
        f.LimitFactory(subject=known.row)
        [arrival] = bring_in(person("Somebody Else"))
        assert (arrival.outcome, arrival.reason) == (Outcome.SKIPPED, FROZEN)
        known.row.refresh_from_db()
        assert known.row.full_name == "Ada Lovelace"

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (person(country="England"), "Country: 7 characters; 2 is the most."),
            (person(country="gb"), "The country is a code of two capital letters, such as DE."),
            (person(name="A" * 201), "Full name: 201 characters; 200 is the most."),
            (person(name="A\x00B"), "Full name: a NUL character cannot be stored."),
            (person(name="A\ud800B"), "Full name: half a character (an unpaired surrogate) cannot be stored."),
            (person(clerk_id="x" * 300), "Clerk id: It has 300 characters; 254 is the most."),
            (
                Person(full_name="Nobody"),
                "A new person needs an e-mail address, a Clerk id, a Stripe id, a visitor id or a telephone number.",
            ),
            (person(subject_id=uuid4()), "No person has this id."),
        ],
    )
    def test_a_wrong_row_is_refused_in_words_and_its_neighbour_comes_in(self, wrong, words):
        right = Person(full_name="Right", identifiers=((Kind.CLERK, "user_right"),))
        refused, created = bring_in(wrong, right)
        assert (refused.outcome, refused.reason) == (Outcome.REFUSED, words)
        assert created.outcome == Outcome.CREATED
        assert DataSubject.objects.count() == 1

    def test_naughty_names_come_back_as_they_went_in(self, shared_data):
        names = [n for n in json.loads((shared_data / "blns/blns-odd.json").read_text("utf-8")) if len(n) <= 200]
        people = [Person(full_name=n, identifiers=((Kind.CLERK, f"user_{i}"),)) for i, n in enumerate(names)]
        arrivals = bring_in(*people)
        assert set(outcomes(arrivals)) == {Outcome.CREATED}
        stored = DataSubject.objects.in_bulk([a.row.pk for a in arrivals])
        assert [stored[a.row.pk].full_name for a in arrivals] == names

    def test_the_number_of_queries_does_not_grow_with_the_people(self, django_assert_max_num_queries):
        people = [Person(full_name="X", identifiers=((Kind.CLERK, f"user_{n}"),)) for n in range(300)]
        with django_assert_max_num_queries(25):
            bring_in(*people)
        with django_assert_max_num_queries(25):
            bring_in(*people)

    def test_the_evidence_counts_and_names_nobody(self):
        bring_in(person(), person("Augusta King", clerk_id="user_2"))
        entry = AuditEntry.objects.get(event="intake.people")
        assert entry.data == {"created": 2}


@pytest.mark.django_db
class TestContent:
    def script(self, **more) -> Script:
        return Script(**{"id": uuid4(), "owner": f.DataSubjectFactory(), "title": "T", "body": "B"} | more)

    def take_in(self, *rows):
        return content.take_in(rows=rows, actor=None)

    def test_a_row_is_created_then_unchanged_then_updated(self):
        script = self.script()
        again = {"id": script.id, "owner": script.owner}
        assert outcomes(self.take_in(script)) == [Outcome.CREATED]
        assert outcomes(self.take_in(self.script(**again))) == [Outcome.UNCHANGED]
        assert outcomes(self.take_in(self.script(**again, title="New"))) == [Outcome.UPDATED]
        stored = Script.objects.get()
        assert stored.title == "New" and stored.updated_at > stored.created_at

    def test_a_row_stays_with_its_person(self):
        script = self.script()
        self.take_in(script)
        [arrival] = self.take_in(self.script(id=script.id))
        assert (arrival.outcome, arrival.reason[:30]) == (Outcome.REFUSED, "It belongs to another person, ")

    @pytest.mark.parametrize("reason", [ERASED, FROZEN])
    def test_erased_and_frozen_people_get_no_rows(self, reason):
        if reason == ERASED:
            owner = f.DataSubjectFactory(erased_at=datetime.now(UTC), full_name="", country="")
        else:
            owner = f.LimitFactory().subject
        [arrival] = self.take_in(self.script(owner=owner))
        assert (arrival.outcome, arrival.reason) == (Outcome.SKIPPED, reason)
        assert not Script.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"title": "T" * 301}, "Title: 301 characters; 300 is the most."),
            ({"body": "\x00"}, "Body: a NUL character cannot be stored."),
            ({"format": "docx"}, "Format: This is none of the choices."),
        ],
    )
    def test_a_wrong_row_is_refused_in_words(self, wrong, words):
        [arrival] = self.take_in(self.script(**wrong))
        assert (arrival.outcome, arrival.reason) == (Outcome.REFUSED, words)

    def test_nothing_is_a_batch_too(self):
        assert self.take_in() == []

    def test_a_deeper_path_leads_to_the_person(self):
        shot = f.ShotFactory.build(shot_list=f.ShotListFactory())
        assert outcomes(self.take_in(shot)) == [Outcome.CREATED]

    def test_the_number_of_queries_does_not_grow_with_the_rows(self, django_assert_max_num_queries):
        author = f.DataSubjectFactory()
        notes = [Note(author=author, body=str(n)) for n in range(150)]
        with django_assert_max_num_queries(15):
            self.take_in(*notes)
