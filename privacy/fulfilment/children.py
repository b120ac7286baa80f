"""Possible child accounts (policy section 11): a flag freezes the account until a person has decided."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db.models.functions import Now

from privacy.catalogue import JobKind, StepKind, register
from privacy.fulfilment.duties import order
from privacy.fulfilment.requests import follow
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done
from privacy.models import (
    Batch,
    ChildFlag,
    DataSubject,
    Job,
    MarketingPreference,
    RequestKind,
    RightsRequest,
    Session,
    Staff,
    Step,
)

MARKETING_OFF = "marketing_off"


def flag(*, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None) -> list[RightsRequest]:
    """Orders the freeze of these accounts."""
    return order(RequestKind.CHILD_FLAG, subject_ids=subject_ids, actor=actor, reason=reason, batch=batch)


def clear(*, subject_ids: Sequence[UUID], actor: Staff, reason: str, batch: Batch | None = None) -> list[RightsRequest]:
    """Orders the end of the freeze: the account is decided not to be a child's."""
    return order(RequestKind.CHILD_CLEAR, subject_ids=subject_ids, actor=actor, reason=reason, batch=batch)


@local("children.freeze")
@one_by_one
def freeze_account(job: Job, step: Step) -> Done:
    """Flags, freezes, ends the open sessions and switches marketing off. Triggers refuse new rows of the account."""
    subject = DataSubject.objects.select_for_update().get(pk=job.subject_id)
    child_flag, _ = ChildFlag.objects.get_or_create(
        subject=subject,
        state=ChildFlag.State.SUSPECTED,
        defaults={"reason": job.case.reason, "salt": job.case.salt, "flagged_by_id": job.case.requested_by_id},
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


@local("children.thaw")
@one_by_one
def thaw_account(job: Job, step: Step) -> Done:
    DataSubject.objects.select_for_update().get(pk=job.subject_id)
    cleared = ChildFlag.objects.filter(subject=job.subject_id, state=ChildFlag.State.SUSPECTED).update(
        state=ChildFlag.State.CLEARED, decided_by=job.case.requested_by_id, decided_at=datetime.now(UTC)
    )
    DataSubject.objects.filter(pk=job.subject_id).update(frozen_at=None)
    flagging = Step.objects.filter(job__subject=job.subject_id, name="children.freeze")
    last = flagging.order_by("-finished_at").first()
    silenced = last.result.get(MARKETING_OFF, []) if last else []
    # The choice was the person's own, and it was not a child's.
    MarketingPreference.objects.filter(pk__in=silenced, subject=job.subject_id).update(opted_in=True)
    return Done({"cleared": cleared}, units=1)


for key, step, label in (
    (RequestKind.CHILD_FLAG, "children.freeze", "Freeze the account"),
    (RequestKind.CHILD_CLEAR, "children.thaw", "Unfreeze the account"),
):
    # One at a time: a set would lock its people in another order than a set of erasures does.
    register(JobKind(key, steps=(StepKind(step, label),), follow=follow))
