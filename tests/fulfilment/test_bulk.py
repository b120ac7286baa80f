"""Erasures by the hundred come to the same end as erasures one by one."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from privacy import tasks
from privacy.evidence import chains
from privacy.fulfilment import bulk, engine, erasure, holds, processors
from privacy.jobs.guard import LeaseLost
from privacy.models import (
    AuditEntry,
    Batch,
    DataSubject,
    ErasureReceipt,
    Identifier,
    Note,
    RequestStatus,
    RightsRequest,
    Session,
    Suppression,
)
from tests import working
from tests.factories import (
    DataSubjectFactory,
    IdentifierFactory,
    NoteFactory,
    SessionFactory,
    StaffFactory,
    UsageEventFactory,
)
from tests.factories.people import person_with_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return StaffFactory(), StaffFactory()


def person() -> DataSubject:
    """A person whom no processor knows that would have to be asked; the hosting knows everybody."""
    subject = DataSubjectFactory()
    IdentifierFactory(subject=subject, kind=Identifier.Kind.EMAIL)
    NoteFactory(author=subject, script=None)
    SessionFactory.create_batch(3, subject=subject)
    return subject


def approved_batch(people, staff) -> Batch:
    asks, approves = staff
    batch = Batch.objects.create(kind="erasure", actor=asks)
    opened = erasure.request_erasure(
        subject_ids=[p.id for p in people], actor=asks, reason="All left", verification="signed_in", batch=batch
    )
    erasure.approve_many(request_ids=[r.id for r in opened], actor=approves)
    return batch


def bodies_of(batch: Batch) -> list[str]:
    bodies = [receipt.body for receipt in ErasureReceipt.objects.filter(request__batch=batch)]
    return sorted(json.dumps(body, sort_keys=True) for body in bodies)


def test_the_receipts_are_those_of_erasures_one_by_one(staff):
    by_hundred, one_by_one = [person() for _ in range(3)], [person() for _ in range(3)]
    batch, other = approved_batch(by_hundred, staff), approved_batch(one_by_one, staff)

    assert (bulk.erase_slice(batch.id), bulk.finish_slice(batch.id)) == (3, 3)
    for request in other.requests.all():
        working.run(request.id)

    assert bodies_of(batch) == bodies_of(other)
    assert len(bodies_of(batch)) == 3
    assert not Identifier.objects.exists()
    assert not Note.objects.exists()
    assert not Session.objects.exists()
    assert DataSubject.objects.filter(erased_at__isnull=True).count() == 0
    assert Suppression.objects.count() == 6
    assert set(RightsRequest.objects.values_list("status", flat=True)) == {RequestStatus.FULFILLED}


def test_the_audit_chains_hold(staff):
    batch = approved_batch([person() for _ in range(3)], staff)
    bulk.erase_slice(batch.id)
    bulk.finish_slice(batch.id)
    trail = chains.walk()
    assert not trail.faults
    assert AuditEntry.objects.filter(event="request.fulfilled").count() == 3


def test_who_is_held_is_left_alone(staff):
    held, free = person(), person()
    batch = approved_batch([held, free], staff)
    holds.place(subject_ids=[held.id], actor=staff[0], reason="A dispute")  # ordered, not yet carried out

    assert bulk.erase_slice(batch.id) == 1
    assert bulk.erase_slice(batch.id) == 0

    held.refresh_from_db()
    assert held.erased_at is None
    assert held.identifiers.exists()


def test_who_has_files_is_left_to_the_engine(staff):
    with_files, without = person_with_everything(), person()
    batch = approved_batch([with_files, without], staff)
    assert bulk.erase_slice(batch.id) == 1
    with_files.refresh_from_db()
    assert with_files.erased_at is None


def test_a_processor_that_knows_the_person_is_still_asked(staff):
    known = person()
    clerk_id = IdentifierFactory(subject=known, kind=Identifier.Kind.CLERK).value
    batch = approved_batch([known], staff)

    assert bulk.erase_slice(batch.id) == 1

    request = batch.requests.get()
    step = request.steps.get(target="clerk")
    assert request.status == RequestStatus.IN_PROGRESS
    assert step.references
    assert clerk_id not in step.references
    assert not ErasureReceipt.objects.exists()
    bulk.finish_slice(batch.id)
    request.refresh_from_db()
    assert request.status == RequestStatus.AWAITING_PROCESSORS


def test_who_is_known_where_only_a_person_can_ask_waits_for_the_attestations_without_the_engine(staff):
    known = person()
    UsageEventFactory(subject=known)
    batch = approved_batch([known], staff)

    assert (bulk.erase_slice(batch.id), bulk.finish_slice(batch.id)) == (1, 1)

    request = batch.requests.get()
    assert request.status == RequestStatus.AWAITING_PROCESSORS
    waiting = request.steps.filter(state="waiting")
    assert {step.target for step in waiting} == {"analytics", "logging"}
    assert all(step.references for step in waiting)
    for step in waiting:
        processors.attest(step_id=step.id, actor=staff[1], evidence="TICKET-1")
    working.run(request.id)
    request.refresh_from_db()
    assert request.status == RequestStatus.FULFILLED


def test_a_worker_with_an_older_fence_can_no_longer_write(staff):
    batch = approved_batch([person()], staff)
    request = batch.requests.get()
    lease = working.claimed(request.id)
    RightsRequest.objects.filter(pk=request.id).update(lease_until=None)  # as if it had run out

    assert bulk.erase_slice(batch.id) == 1
    with pytest.raises(LeaseLost), engine.guarded(lease):
        pass


def test_four_people_cost_the_queries_of_two(staff):
    few = approved_batch([person() for _ in range(2)], staff)
    many = approved_batch([person() for _ in range(4)], staff)
    with CaptureQueriesContext(connection) as for_few:
        assert bulk.erase_slice(few.id) == 2
    with CaptureQueriesContext(connection) as for_many:
        assert bulk.erase_slice(many.id) == 4
    assert len(for_many) == len(for_few)
    with CaptureQueriesContext(connection) as for_few:
        assert bulk.finish_slice(few.id) == 2
    with CaptureQueriesContext(connection) as for_many:
        assert bulk.finish_slice(many.id) == 4
    assert len(for_many) == len(for_few)


def test_the_bell_of_a_batch_rings_until_nothing_is_left(staff, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(bulk, "SLICE_PEOPLE", 2)
    batch = approved_batch([person() for _ in range(5)], staff)
    rung = []
    monkeypatch.setattr(tasks.erase_batch, "delay", rung.append)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.ring_batch(batch.id)
    while rung:
        with django_capture_on_commit_callbacks(execute=True):
            tasks.erase_batch(rung.pop())
    assert batch.requests.filter(status=RequestStatus.FULFILLED).count() == 5
