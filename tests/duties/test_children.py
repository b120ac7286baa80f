"""Child flags: what is frozen from when, what follows a decision, and what is given back afterwards."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from privacy.cases.requests import ask, cancel, deny
from privacy.catalogue import NotAllowed
from privacy.models import ChildFlag, MarketingPreference, Prompt, Session, State, UsageEvent
from tests import factories as f
from tests.asking import agreed
from tests.duties.carrying import carried_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    person = f.DataSubjectFactory()
    for channel, opted_in in (("email", True), ("product_news", False)):
        f.MarketingPreferenceFactory(subject=person, channel=channel, opted_in=opted_in)
    f.SessionFactory(subject=person, ended_at=None)
    return person


def flagged(person):
    return ask("child_flag", subject_ids=[person.id], actor=f.StaffFactory(), reason="A parent wrote to us")


def choices(person) -> dict[str, bool]:
    return dict(MarketingPreference.objects.filter(subject=person).values_list("channel", "opted_in"))


def test_a_flagged_account_is_frozen_as_it_is_flagged_and_then_silent_and_signed_out(person):
    opened = flagged(person)
    person.refresh_from_db()
    assert person.frozen_at
    assert ChildFlag.objects.get(subject=person).state == ChildFlag.State.SUSPECTED

    carried_out(opened)
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
def test_the_database_refuses_to_process_a_frozen_account_before_any_worker_has_run(person, process):
    flagged(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        process(person)


def test_a_flag_that_is_in_force_is_neither_withdrawn_nor_refused(person):
    [case] = flagged(person)
    with pytest.raises(PermissionDenied):
        cancel(request_id=case.id, actor=f.StaffFactory())
    with pytest.raises(NotAllowed):
        deny(request_id=case.id, actor=f.StaffFactory(), denial_reason="too_many_requests")
    case.refresh_from_db()
    person.refresh_from_db()
    assert (case.state, case.denial_reason) == (State.FULFILLING, "")
    assert person.frozen_at


def test_nothing_is_cleared_until_another_person_confirms(person):
    carried_out(flagged(person))
    [case] = ask("child_clear", subject_ids=[person.id], actor=f.StaffFactory(), reason="An adult, checked")
    person.refresh_from_db()
    assert case.state == State.DECIDING
    assert person.frozen_at
    assert ChildFlag.objects.get(subject=person).state == ChildFlag.State.SUSPECTED


def test_a_cleared_account_works_as_it_is_decided_and_has_its_own_choices_back_and_no_others(person):
    carried_out(flagged(person))
    decided = agreed("child_clear", subject_ids=[person.id], actor=f.StaffFactory(), reason="An adult, checked")
    person.refresh_from_db()
    assert person.frozen_at is None
    flag = ChildFlag.objects.get(subject=person)
    assert (flag.state, flag.decided_by) == (ChildFlag.State.CLEARED, decided[0].approved_by)
    Prompt.objects.create(author=person, text="Write on")

    carried_out(decided)
    assert choices(person) == {"email": True, "product_news": False}


def test_what_is_decided_to_be_a_childs_account_stays_frozen_until_it_is_cleared(person):
    carried_out(flagged(person))
    decider = f.StaffFactory()
    confirmed = ask("child_confirm", subject_ids=[person.id], actor=decider, reason="The parents sent a passport")
    carried_out(confirmed)
    person.refresh_from_db()
    flag = ChildFlag.objects.get(subject=person)
    assert (flag.state, flag.decided_by) == (ChildFlag.State.CHILD, decider)
    assert person.frozen_at
    assert choices(person)["email"] is False
    assert flagged(person) == []  # nor suspected once more

    carried_out(agreed("child_clear", subject_ids=[person.id], actor=f.StaffFactory(), reason="It was the brother"))
    person.refresh_from_db()
    assert person.frozen_at is None
    assert ChildFlag.objects.get(subject=person).state == ChildFlag.State.CLEARED
