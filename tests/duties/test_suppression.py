"""An erased person who signs up again of their own will has a door, with a reason, a permission and evidence."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from privacy.catalogue import NotAllowed
from privacy.duties.suppression import readmit
from privacy.evidence.chains import faults_of_chain
from privacy.fulfilment.importing.subjects import Person, bring_in
from privacy.models import AuditEntry, Suppression
from privacy.selectors.suppression import entry_of
from tests import factories as f
from tests import working
from tests.asking import agreed

pytestmark = pytest.mark.django_db(transaction=True)
AGAIN = {"kind": "email", "value": "anna@example.com", "because": "own_will"}


@pytest.fixture
def erased():
    """The case of an erased person who had an address and a Clerk id."""
    person = f.DataSubjectFactory()
    f.IdentifierFactory(subject=person, kind="email", value="anna@example.com")
    f.IdentifierFactory(subject=person, kind="clerk_id", value="user_old")
    return erase(person)


def erase(person):
    asked = {"reason": "Asked by mail", "verification": "signed_in"}
    [case] = agreed("erasure", subject_ids=[person.id], actor=f.StaffFactory(), **asked)
    while working.run(case.id):
        pass
    return case


def arrives(*identifiers):
    [arrival] = bring_in(people=[Person(identifiers=identifiers)], actor=None)
    return arrival


def test_they_come_in_again_and_their_old_account_does_not(erased):
    new = ("clerk_id", "user_new"), ("email", "anna@example.com")
    assert arrives(*new).outcome == "skipped"
    entry = readmit(**AGAIN, actor=f.StaffFactory(role="manager"))
    assert arrives(*new).outcome == "created"
    assert arrives(("clerk_id", "user_old")).outcome == "skipped"
    told = AuditEntry.objects.get(chain=erased.id, event="identifier.readmitted")
    assert told.data == {"entry": str(entry.pk), "because": "own_will"}
    assert not faults_of_chain(erased.id)


def test_another_erasure_bars_them_anew(erased):
    readmit(**AGAIN, actor=f.StaffFactory(role="manager"))
    erase(arrives(("email", "anna@example.com")).row)
    assert entry_of("email", "anna@example.com")
    assert Suppression.objects.filter(kind="email").count() == 2


def test_who_may_not_and_what_is_not_barred(erased):
    with pytest.raises(PermissionDenied):
        readmit(**AGAIN, actor=f.StaffFactory(role="agent"))
    manager = f.StaffFactory(role="manager")
    for refused in ({"value": "bert@example.com"}, {"value": "not an address"}, {"kind": "clerk_id"}):
        with pytest.raises(NotAllowed):
            readmit(**AGAIN | refused, actor=manager)
    with pytest.raises(ValueError):
        readmit(**AGAIN | {"because": "Anna wrote to me"}, actor=manager)
    readmit(**AGAIN, actor=manager)
    with pytest.raises(NotAllowed):
        readmit(**AGAIN, actor=manager)


def test_an_entry_that_is_lifted_behind_our_back_is_found(erased):
    manager = f.StaffFactory(role="manager")
    entry = Suppression.objects.filter(kind="email", request=erased.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.update(lifted_because="own_will")
    entry.update(lifted_at=erased.received_at, lifted_by=manager, lifted_because="own_will")
    assert faults_of_chain(erased.id)


def test_it_is_not_taken_back_by_hand(erased):
    readmit(**AGAIN, actor=f.StaffFactory(role="manager"))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Suppression.objects.filter(lifted_at__isnull=False).update(lifted_at=None, lifted_by=None, lifted_because="")
