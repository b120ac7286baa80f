"""Holds and child flags: what is in force from when, and what is given back afterwards."""

import pytest
from django.db import IntegrityError, transaction

from privacy.cases.requests import ask
from privacy.models import (
    ChildFlag,
    LegalHold,
    MarketingPreference,
    Outcome,
    Prompt,
    Session,
    UsageEvent,
)
from privacy.selectors.holds import covering
from tests import factories as f
from tests import working
from tests.asking import agreed

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    person = f.DataSubjectFactory()
    for channel, opted_in in (("email", True), ("product_news", False)):
        f.MarketingPreferenceFactory(subject=person, channel=channel, opted_in=opted_in)
    f.SessionFactory(subject=person, ended_at=None)
    return person


def carried_out(requests):
    [request] = requests
    working.run(request.id)
    request.refresh_from_db()
    assert request.outcome == Outcome.FULFILLED
    return request


def choices(person) -> dict[str, bool]:
    return dict(MarketingPreference.objects.filter(subject=person).values_list("channel", "opted_in"))


def test_a_flagged_account_is_frozen_silent_and_signed_out(person):
    carried_out(ask("child_flag", subject_ids=[person.id], actor=f.StaffFactory(), reason="A parent wrote"))
    person.refresh_from_db()
    assert person.frozen_at
    assert choices(person) == {"email": False, "product_news": False}
    assert not Session.objects.filter(subject=person, ended_at__isnull=True).exists()


@pytest.mark.parametrize(
    "process",
    [
        lambda person: Prompt.objects.create(author=person, text="Write on"),
        lambda person: UsageEvent.objects.create(subject=person, name="script.opened"),
        lambda person: Session.objects.create(subject=person),
    ],
    ids=["a prompt for an AI", "a usage event", "a session"],
)
def test_the_database_refuses_to_process_a_frozen_account(person, process):
    carried_out(ask("child_flag", subject_ids=[person.id], actor=f.StaffFactory(), reason="A parent wrote"))
    with pytest.raises(IntegrityError), transaction.atomic():
        process(person)


def test_a_cleared_account_has_its_own_choices_back_and_no_others(person):
    carried_out(ask("child_flag", subject_ids=[person.id], actor=f.StaffFactory(), reason="A parent wrote"))
    carried_out(agreed("child_clear", subject_ids=[person.id], actor=f.StaffFactory(), reason="An adult, checked"))
    person.refresh_from_db()
    assert person.frozen_at is None
    assert choices(person) == {"email": True, "product_news": False}
    assert ChildFlag.objects.get(subject=person).state == ChildFlag.State.CLEARED
    Prompt.objects.create(author=person, text="Write on")


def test_a_hold_counts_from_the_order_and_ends_with_its_release(person):
    ask("hold_place", subject_ids=[person.id], actor=f.StaffFactory(), reason="A dispute")
    assert covering([person.id]) == {person.id}
    assert not LegalHold.objects.exists()

    releasing = f.DataSubjectFactory()
    carried_out(ask("hold_place", subject_ids=[releasing.id], actor=f.StaffFactory(), reason="A dispute"))
    assert covering([releasing.id]) == {releasing.id}
    carried_out(agreed("hold_release", subject_ids=[releasing.id], actor=f.StaffFactory(), reason="Settled"))
    assert covering([releasing.id]) == set()
    assert LegalHold.objects.get(subject=releasing).released_by


def test_who_has_the_same_order_open_already_is_passed_over(person):
    staff = f.StaffFactory()
    assert len(ask("hold_place", subject_ids=[person.id], actor=staff, reason="A dispute")) == 1
    assert ask("hold_place", subject_ids=[person.id], actor=staff, reason="Once more") == []
