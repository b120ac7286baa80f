"""Legal holds: what is in force from when, and who ends it."""

import pytest
from django.core.exceptions import PermissionDenied

from privacy.cases.refusals import deny
from privacy.cases.requests import ask, cancel, grant
from privacy.models import LegalHold, State
from privacy.selectors.holds import covering
from tests import factories as f
from tests import working
from tests.asking import agreed
from tests.duties.carrying import carried_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return f.DataSubjectFactory()


def placed(person, actor=None):
    return ask("hold_place", subject_ids=[person.id], actor=actor or f.StaffFactory(), reason="A dispute began")


def test_a_hold_counts_from_the_order_and_ends_as_its_release_is_confirmed(person):
    opened = placed(person)
    assert covering([person.id]) == {person.id}
    assert LegalHold.objects.get(subject=person).placed_by == opened[0].requested_by
    carried_out(opened)
    assert covering([person.id]) == {person.id}

    [release] = ask("hold_release", subject_ids=[person.id], actor=f.StaffFactory(), reason="It is settled")
    assert release.state == State.DECIDING
    assert covering([person.id]) == {person.id}

    decider = f.StaffFactory()
    release = grant(request_id=release.id, actor=decider)
    assert covering([person.id]) == set()
    assert LegalHold.objects.get(subject=person).released_by == decider
    carried_out([release])


def test_who_is_held_already_is_passed_over(person):
    assert len(placed(person)) == 1
    assert placed(person) == []
    assert LegalHold.objects.filter(subject=person).count() == 1


def test_a_hold_in_force_is_neither_withdrawn_nor_refused(person):
    [case] = placed(person)
    with pytest.raises(PermissionDenied):
        cancel(request_id=case.id, actor=f.StaffFactory())
    with pytest.raises(PermissionDenied):
        deny(request_id=case.id, actor=f.StaffFactory(), denial_reason="not_agreed")
    case.refresh_from_db()
    assert (case.state, case.denial_reason) == (State.FULFILLING, "")
    assert covering([person.id]) == {person.id}


def test_an_erasure_under_a_hold_is_approved_and_goes_on_by_itself_after_the_release(person):
    carried_out(placed(person))
    [erasure] = agreed(
        "erasure", subject_ids=[person.id], actor=f.StaffFactory(), reason="Asked by mail", verification="signed_in"
    )
    working.run(erasure.id)
    assert erasure.job.stopped_at
    assert not erasure.steps.filter(finished_at__isnull=False).exists()

    release = agreed("hold_release", subject_ids=[person.id], actor=f.StaffFactory(), reason="It is settled")
    carried_out(release)
    assert erasure.job.stopped_at is None
    working.run(erasure.id)
    person.refresh_from_db()
    assert person.erased_at
