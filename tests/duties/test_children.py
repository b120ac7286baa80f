"""Child flags: what is frozen from when, what follows a decision, and that nobody's choices change by either."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from privacy.cases.refusals import deny
from privacy.cases.requests import ask, cancel
from privacy.datamap import Use
from privacy.models import (
    ChildFlag,
    DataSubject,
    Limit,
    MarketingPreference,
    Prompt,
    Session,
    State,
    UsageEvent,
)
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


def is_frozen(person) -> bool:
    return not DataSubject.objects.free_for(Use.MARKETING).filter(pk=person.pk).exists()


def choices(person) -> dict[str, bool]:
    return dict(MarketingPreference.objects.filter(subject=person).values_list("channel", "opted_in"))


def test_a_flagged_account_is_frozen_as_it_is_flagged_and_then_signed_out_and_its_choices_stay(person):
    opened = flagged(person)
    assert is_frozen(person)
    assert ChildFlag.objects.get(subject=person).state == ChildFlag.State.SUSPECTED

    carried_out(opened)
    assert choices(person) == {"email": True, "product_news": False}
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
    with pytest.raises(PermissionDenied):
        deny(request_id=case.id, actor=f.StaffFactory(), denial_reason="not_agreed")
    case.refresh_from_db()
    assert (case.state, case.denial_reason) == (State.FULFILLING, "")
    assert is_frozen(person)


def test_nothing_is_cleared_until_another_person_confirms(person):
    carried_out(flagged(person))
    [case] = ask("child_clear", subject_ids=[person.id], actor=f.StaffFactory(), reason="An adult, checked")
    assert case.state == State.DECIDING
    assert is_frozen(person)
    assert ChildFlag.objects.get(subject=person).state == ChildFlag.State.SUSPECTED


def test_a_cleared_account_works_as_it_is_decided_and_a_choice_made_meanwhile_stays(person):
    carried_out(flagged(person))
    MarketingPreference.objects.filter(subject=person).update(opted_in=False)
    decided = agreed("child_clear", subject_ids=[person.id], actor=f.StaffFactory(), reason="An adult, checked")
    assert not is_frozen(person)
    flag = ChildFlag.objects.get(subject=person)
    assert (flag.state, flag.decided_by) == (ChildFlag.State.CLEARED, decided[0].approved_by)
    Prompt.objects.create(author=person, text="Write on")

    carried_out(decided)
    assert choices(person) == {"email": False, "product_news": False}


def test_clearing_lifts_the_limit_that_the_flag_had_placed_and_it_stays_as_proof(person):
    carried_out(flagged(person))
    limit = Limit.objects.get(subject=person)
    assert (limit.purpose, limit.ground, limit.lifted_at) == ("", Limit.Ground.CHILD, None)
    carried_out(agreed("child_clear", subject_ids=[person.id], actor=f.StaffFactory(), reason="An adult, checked"))
    limit.refresh_from_db()
    assert limit.lifted_at >= limit.since
    carried_out(flagged(person))
    assert Limit.objects.filter(subject=person, lifted_at=None).count() == 1


def test_what_is_decided_to_be_a_childs_account_stays_frozen_until_it_is_cleared(person):
    carried_out(flagged(person))
    decider = f.StaffFactory()
    confirmed = ask("child_confirm", subject_ids=[person.id], actor=decider, reason="The parents sent a passport")
    carried_out(confirmed)
    flag = ChildFlag.objects.get(subject=person)
    assert (flag.state, flag.decided_by) == (ChildFlag.State.CHILD, decider)
    assert is_frozen(person)
    assert choices(person)["email"] is True
    assert flagged(person) == []  # nor suspected once more

    carried_out(agreed("child_clear", subject_ids=[person.id], actor=f.StaffFactory(), reason="It was the brother"))
    assert not is_frozen(person)
    assert ChildFlag.objects.get(subject=person).state == ChildFlag.State.CLEARED
