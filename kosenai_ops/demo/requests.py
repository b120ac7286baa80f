"""Requests in every state, so that no list of the demo is empty on the first day."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from privacy.cases.packages import give_link
from privacy.cases.requests import ask, grant_all
from privacy.models import Case, DataSubject, Staff
from privacy.selectors import cases

PATIENCE_SECONDS = 60


def ensure_requests(staff: dict[str, Staff]) -> None:
    """Opens them once, through the same verbs as the admin; the worker, which must be running, does the rest."""
    if Case.objects.filter(kind="child_flag").count() > 1:
        return
    agent, approver = staff["agent"], staff["approver"]
    people = list(DataSubject.objects.filter(erased_at__isnull=True).order_by("full_name").values_list("id", flat=True))
    opened = in_the_past("access", people[:20], days=1, actor=agent, reason="Asked for a copy by e-mail")
    opened += ask("hold_place", subject_ids=people[20:22], actor=agent, reason="Dispute over an invoice")
    opened += ask("child_flag", subject_ids=people[22:24], actor=agent, reason="A parent wrote to support")
    waiting = in_the_past("erasure", people[21:30], days=5, actor=agent, reason="Asked to be forgotten")
    # One of them is under a legal hold, and stops there.
    approved = [r.id for r in waiting if r.subject_id in {people[21], people[24], people[25]}]
    opened += grant_all(request_ids=approved, actor=approver)
    wait_for([r.id for r in opened])
    for case in opened[3:20:2]:  # every other export is given, the oldest ones are still owed
        give_link(request_id=case.id, actor=agent)


def in_the_past(key: str, people: Sequence[UUID], *, days: int, **given) -> list[Case]:
    """Each received some days before the next one, so that due dates of every colour are seen and the charts have a
    past. They are closed today, for that is when they are."""
    asked = given | {"verification": "email_round_trip"}
    now = datetime.now(UTC)
    return [
        request
        for number, subject_id in enumerate(people)
        for request in ask(key, subject_ids=[subject_id], received_at=now - timedelta(days=days * number), **asked)
    ]


def wait_for(request_ids: Sequence[UUID]) -> None:
    """Until the worker has done what it can without a person."""
    until = time.monotonic() + PATIENCE_SECONDS
    running = Case.objects.filter(cases.IS_BUSY, pk__in=request_ids)
    while running.exists() and time.monotonic() < until:
        time.sleep(0.2)
