"""Legal holds: while one is in force, or ordered, no erasure takes another step (GDPR art. 17(3)(e))."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from privacy.fulfilment import engine, erasure
from privacy.fulfilment.duties import order
from privacy.fulfilment.engine import Done
from privacy.models import (
    Batch,
    DataSubject,
    FulfilmentStep,
    LegalHold,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Staff,
)


def place(
    *, subject_ids: Sequence[UUID], actor: Staff, reason: str, silent: bool = False, batch: Batch | None = None
) -> list[RightsRequest]:
    """Orders a hold on these people. It stops erasures from this moment, before any worker has run. A silent one is
    for a hold of which the person must not learn."""
    return order(
        RequestKind.HOLD_PLACE, subject_ids=subject_ids, actor=actor, reason=reason, batch=batch,
        silent_for=subject_ids if silent else (),
    )  # fmt: skip


def release(
    *, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None
) -> list[RightsRequest]:
    """Orders the release; erasures that the hold had stopped go on. What was silent stays so."""
    in_silence = LegalHold.objects.filter(subject__in=subject_ids, released_at__isnull=True, silent=True)
    return order(
        RequestKind.HOLD_RELEASE, subject_ids=subject_ids, actor=actor, reason=reason, batch=batch,
        silent_for=set(in_silence.values_list("subject_id", flat=True)),
    )  # fmt: skip


@engine.local(RequestKind.HOLD_PLACE)
def put_in_force(request: RightsRequest, step: FulfilmentStep) -> Done:
    DataSubject.objects.select_for_update().get(pk=request.subject_id)
    hold, created = LegalHold.objects.get_or_create(
        subject_id=request.subject_id,
        released_at=None,
        defaults={
            "reason": request.reason,
            "salt": request.salt,
            "silent": request.silent,
            "placed_by_id": request.requested_by_id,
        },
    )
    return Done({"hold": str(hold.id), "new": created}, units=1)


@engine.local(RequestKind.HOLD_RELEASE)
def let_go(request: RightsRequest, step: FulfilmentStep) -> Done:
    DataSubject.objects.select_for_update().get(pk=request.subject_id)
    released = LegalHold.objects.filter(subject=request.subject_id, released_at__isnull=True).update(
        released_at=datetime.now(UTC), released_by=request.requested_by_id
    )
    resumed = resume_stopped(request.subject_id, actor=request.requested_by)
    return Done({"released": released, "erasures_resumed": resumed}, units=1)


def resume_stopped(subject_id: UUID, *, actor: Staff | None) -> int:
    """Lets the person's stopped erasures go on; the caller has locked the person's row."""
    stopped = RightsRequest.objects.select_for_update().filter(
        subject=subject_id, kind=RequestKind.ERASURE, status=RequestStatus.ON_HOLD
    )
    for request in stopped:
        erasure.resume(request, actor=actor)
        RightsRequest.objects.filter(pk=request.pk).update(not_before=Now())
    return len(stopped)


def resume_unheld() -> None:
    """Lets erasures go on that no hold stops any more although none was released: an ordered hold stops them at
    once, and is then denied or withdrawn before it came into force."""
    in_force = LegalHold.objects.filter(subject=OuterRef("subject"), released_at__isnull=True)
    ordered = RightsRequest.objects.filter(subject=OuterRef("subject"), kind=RequestKind.HOLD_PLACE).exclude(
        status__in=RequestStatus.closed()
    )
    stopped = RightsRequest.objects.filter(kind=RequestKind.ERASURE, status=RequestStatus.ON_HOLD)
    for subject_id in stopped.exclude(Exists(in_force)).exclude(Exists(ordered)).values_list("subject", flat=True):
        with transaction.atomic():
            DataSubject.objects.select_for_update().get(pk=subject_id)
            if not engine.is_held(subject_id):
                resume_stopped(subject_id, actor=None)
