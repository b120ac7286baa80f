"""Requests in every state, so that no list of the demo is empty on the first day."""

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import F

from privacy import tasks
from privacy.fulfilment import access, children, erasure, holds
from privacy.models import DataSubject, RequestStatus, RightsRequest, Staff

PATIENCE_SECONDS = 60


def ensure_requests(staff: dict[str, Staff]) -> None:
    """Opens them once, through the same verbs as the admin; the worker, which must be running, does the rest."""
    if RightsRequest.objects.filter(kind="child_flag").count() > 1:
        return
    agent, approver = staff["agent"], staff["approver"]
    people = list(DataSubject.objects.filter(erased_at__isnull=True).order_by("full_name").values_list("id", flat=True))
    asked = {"actor": agent, "verification": "email_round_trip"}
    opened = access.export(subject_ids=people[:20], reason="Asked for a copy by e-mail", **asked)
    opened += holds.place(subject_ids=people[20:22], actor=agent, reason="Dispute over an invoice")
    opened += children.flag(subject_ids=people[22:24], actor=agent, reason="A parent wrote to support")
    waiting = erasure.request_erasure(subject_ids=people[21:30], reason="Asked to be forgotten", **asked)
    # One of them is under a legal hold, and stops there.
    approved = [r.id for r in waiting if r.subject_id in {people[21], people[24], people[25]}]
    opened += erasure.approve_many(request_ids=approved, actor=approver)
    tasks.ring([r.id for r in opened])
    wait_for([r.id for r in opened])
    age(people[:20], days=4)
    age(people[26:30], days=7)


def wait_for(request_ids: Sequence[UUID]) -> None:
    """Until the worker has done what it can without a person."""
    until = time.monotonic() + PATIENCE_SECONDS
    running = RightsRequest.objects.filter(pk__in=request_ids, status=RequestStatus.IN_PROGRESS)
    while running.exists() and time.monotonic() < until:
        time.sleep(0.2)


def age(people: Sequence[UUID], *, days: int) -> None:
    """Lets the requests of these people lie back in time, each further than the one before, so that the charts
    have a past and due dates of every colour are seen. The audit trail keeps the true times."""
    for number, subject_id in enumerate(people, start=1):
        back = timedelta(days=days * number)
        requests = RightsRequest.objects.filter(subject=subject_id)
        requests.update(received_at=F("received_at") - back, due_on=F("due_on") - back)
        requests.filter(closed_at__isnull=False).update(closed_at=F("received_at") + timedelta(days=number % 6 + 1))
