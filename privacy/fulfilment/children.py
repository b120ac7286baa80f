"""Possible child accounts (policy section 11): a flag freezes the account until a person has decided."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from privacy.fulfilment import engine
from privacy.fulfilment.engine import Done, Planned
from privacy.fulfilment.requests import open_requests
from privacy.models import (
    Batch,
    ChildFlag,
    DataSubject,
    FulfilmentStep,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Session,
    Staff,
    Verification,
)


def flag(*, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None) -> list[RightsRequest]:
    """Orders the freeze of these accounts."""
    return _start(RequestKind.CHILD_FLAG, subject_ids, actor, reason, batch)


def clear(*, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None) -> list[RightsRequest]:
    """Orders the end of the freeze: the account is decided not to be a child's."""
    return _start(RequestKind.CHILD_CLEAR, subject_ids, actor, reason, batch)


def _start(kind, subject_ids, actor, reason, batch) -> list[RightsRequest]:
    with transaction.atomic():
        opened, _ = open_requests(
            kind=kind, subject_ids=subject_ids, actor=actor, reason=reason, verification=Verification.CONTROLLER,
            status=RequestStatus.IN_PROGRESS, batch=batch,
        )  # fmt: skip
        engine.freeze({request: [Planned(kind, units=1)] for request in opened})
    return opened


@engine.local(RequestKind.CHILD_FLAG)
def freeze_account(request: RightsRequest, step: FulfilmentStep) -> Done:
    """Flags, freezes, and ends the open sessions. Triggers refuse new rows of a frozen account."""
    subject = DataSubject.objects.select_for_update().get(pk=request.subject_id)
    child_flag, _ = ChildFlag.objects.get_or_create(
        subject=subject,
        state=ChildFlag.State.SUSPECTED,
        defaults={"reason": request.reason, "flagged_by_id": request.requested_by_id},
    )
    ended = Session.objects.filter(subject=subject, ended_at__isnull=True).update(ended_at=Now())
    DataSubject.objects.filter(pk=subject.pk, frozen_at__isnull=True).update(frozen_at=Now())
    return Done({"flag": str(child_flag.id), "sessions_ended": ended}, units=1)


@engine.local(RequestKind.CHILD_CLEAR)
def thaw_account(request: RightsRequest, step: FulfilmentStep) -> Done:
    DataSubject.objects.select_for_update().get(pk=request.subject_id)
    cleared = ChildFlag.objects.filter(subject=request.subject_id, state=ChildFlag.State.SUSPECTED).update(
        state=ChildFlag.State.CLEARED, decided_by=request.requested_by_id, decided_at=datetime.now(UTC)
    )
    DataSubject.objects.filter(pk=request.subject_id).update(frozen_at=None)
    return Done({"cleared": cleared}, units=1)
