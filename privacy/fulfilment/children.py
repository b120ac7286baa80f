"""Possible child accounts (policy section 11): a flag freezes the account until a person has decided."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db.models.functions import Now

from privacy.fulfilment import engine
from privacy.fulfilment.duties import order
from privacy.fulfilment.engine import Done
from privacy.models import (
    Batch,
    ChildFlag,
    DataSubject,
    FulfilmentStep,
    MarketingPreference,
    RequestKind,
    RightsRequest,
    Session,
    Staff,
)

MARKETING_OFF = "marketing_off"


def flag(*, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None) -> list[RightsRequest]:
    """Orders the freeze of these accounts."""
    return order(RequestKind.CHILD_FLAG, subject_ids=subject_ids, actor=actor, reason=reason, batch=batch)


def clear(*, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None) -> list[RightsRequest]:
    """Orders the end of the freeze: the account is decided not to be a child's."""
    return order(RequestKind.CHILD_CLEAR, subject_ids=subject_ids, actor=actor, reason=reason, batch=batch)


@engine.local(RequestKind.CHILD_FLAG)
def freeze_account(request: RightsRequest, step: FulfilmentStep) -> Done:
    """Flags, freezes, ends the open sessions and switches marketing off. Triggers refuse new rows of the account."""
    subject = DataSubject.objects.select_for_update().get(pk=request.subject_id)
    child_flag, _ = ChildFlag.objects.get_or_create(
        subject=subject,
        state=ChildFlag.State.SUSPECTED,
        defaults={"reason": request.reason, "salt": request.salt, "flagged_by_id": request.requested_by_id},
    )
    ended = Session.objects.filter(subject=subject, ended_at__isnull=True).update(ended_at=Now())
    DataSubject.objects.filter(pk=subject.pk, frozen_at__isnull=True).update(frozen_at=Now())
    result = {"flag": str(child_flag.id), "sessions_ended": ended, MARKETING_OFF: silence(subject)}
    return Done(result, units=1)


def silence(subject: DataSubject) -> list[str]:
    """Switches the person's marketing choices off; returns the ids of those that were on."""
    chosen = MarketingPreference.objects.filter(subject=subject, opted_in=True)
    ids = [str(pk) for pk in chosen.values_list("pk", flat=True)]
    chosen.update(opted_in=False)
    return ids


@engine.local(RequestKind.CHILD_CLEAR)
def thaw_account(request: RightsRequest, step: FulfilmentStep) -> Done:
    DataSubject.objects.select_for_update().get(pk=request.subject_id)
    cleared = ChildFlag.objects.filter(subject=request.subject_id, state=ChildFlag.State.SUSPECTED).update(
        state=ChildFlag.State.CLEARED, decided_by=request.requested_by_id, decided_at=datetime.now(UTC)
    )
    DataSubject.objects.filter(pk=request.subject_id).update(frozen_at=None)
    flagging = FulfilmentStep.objects.filter(request__subject=request.subject_id, handler=RequestKind.CHILD_FLAG)
    last = flagging.order_by("-finished_at").first()
    silenced = last.result.get(MARKETING_OFF, []) if last else []
    # The choice was the person's own, and it was not a child's.
    MarketingPreference.objects.filter(pk__in=silenced, subject=request.subject_id).update(opted_in=True)
    return Done({"cleared": cleared}, units=1)
