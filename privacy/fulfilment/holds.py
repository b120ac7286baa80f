"""Legal holds: while one is in force, or ordered, no erasure takes another step (GDPR art. 17(3)(e))."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from privacy.fulfilment import engine, erasure
from privacy.fulfilment.engine import Done, Planned
from privacy.fulfilment.requests import open_requests
from privacy.models import (
    Batch,
    DataSubject,
    FulfilmentStep,
    LegalHold,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Staff,
    Verification,
)


def place(
    *, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None
) -> list[RightsRequest]:
    """Orders a hold on these people. It stops erasures from this moment, before any worker has run."""
    return _start(RequestKind.HOLD_PLACE, subject_ids, actor, reason, batch)


def release(
    *, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None
) -> list[RightsRequest]:
    """Orders the release; erasures that the hold had stopped go on."""
    return _start(RequestKind.HOLD_RELEASE, subject_ids, actor, reason, batch)


def _start(kind, subject_ids, actor, reason, batch) -> list[RightsRequest]:
    with transaction.atomic():
        opened, _ = open_requests(
            kind=kind, subject_ids=subject_ids, actor=actor, reason=reason, verification=Verification.CONTROLLER,
            status=RequestStatus.IN_PROGRESS, batch=batch,
        )  # fmt: skip
        engine.freeze({request: [Planned(kind, units=1)] for request in opened})
    return opened


@engine.local(RequestKind.HOLD_PLACE)
def put_in_force(request: RightsRequest, step: FulfilmentStep) -> Done:
    DataSubject.objects.select_for_update().get(pk=request.subject_id)
    hold, created = LegalHold.objects.get_or_create(
        subject_id=request.subject_id,
        released_at=None,
        defaults={"reason": request.reason, "placed_by_id": request.requested_by_id},
    )
    return Done({"hold": str(hold.id), "new": created}, units=1)


@engine.local(RequestKind.HOLD_RELEASE)
def let_go(request: RightsRequest, step: FulfilmentStep) -> Done:
    DataSubject.objects.select_for_update().get(pk=request.subject_id)
    released = LegalHold.objects.filter(subject=request.subject_id, released_at__isnull=True).update(
        released_at=datetime.now(UTC), released_by=request.requested_by_id
    )
    stopped = RightsRequest.objects.select_for_update().filter(
        subject=request.subject_id, kind=RequestKind.ERASURE, status=RequestStatus.ON_HOLD
    )
    resumed = 0
    for erasure_request in stopped:
        erasure.resume(erasure_request, actor=request.requested_by)
        resumed += 1
    return Done({"released": released, "erasures_resumed": resumed}, units=1)
