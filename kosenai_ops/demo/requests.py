"""Requests in every state, so that no list of the demo is empty on the first day."""

from datetime import timedelta

from django.db.models import F

from privacy import tasks
from privacy.fulfilment import access, children, erasure, holds
from privacy.models import DataSubject, RightsRequest, Staff


def ensure_requests(staff: dict[str, Staff]) -> None:
    """Opens them once, through the same verbs as the admin; the worker does the rest."""
    if RightsRequest.objects.count() > 12:
        return
    agent, approver = staff["agent"], staff["approver"]
    people = list(DataSubject.objects.filter(erased_at__isnull=True).order_by("full_name").values_list("id", flat=True))
    asked = {"actor": agent, "verification": "email_round_trip"}
    opened = access.export(subject_ids=people[:4], reason="Asked for a copy by e-mail", **asked)
    opened += holds.place(subject_ids=people[4:6], actor=agent, reason="Dispute over an invoice")
    opened += children.flag(subject_ids=people[6:8], actor=agent, reason="A parent wrote to support")
    waiting = erasure.request_erasure(subject_ids=people[5:13], reason="Asked to be forgotten", **asked)
    for request in waiting[:3]:
        opened.append(erasure.approve(request_id=request.id, actor=approver))
    age([r.id for r in waiting[3:]])
    tasks.ring([r.id for r in opened])


def age(request_ids) -> None:
    """Lets some requests wait since weeks, so that due dates of every colour are seen."""
    for weeks, request_id in enumerate(request_ids, start=1):
        back = timedelta(weeks=weeks)
        RightsRequest.objects.filter(pk=request_id).update(
            received_at=F("received_at") - back, due_on=F("due_on") - back
        )
