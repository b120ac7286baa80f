"""Legal holds: while one is in force, or ordered, no erasure takes another step (GDPR art. 17(3)(e))."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from privacy.catalogue import JobKind, StepKind, register
from privacy.fulfilment.duties import order
from privacy.fulfilment.requests import follow
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.order import stopped_kinds, wake
from privacy.jobs.outcomes import Done
from privacy.models import Batch, DataSubject, Job, LegalHold, RequestKind, RequestStatus, RightsRequest, Staff, Step
from privacy.selectors.holds import covering


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


@local("holds.place")
@one_by_one
def put_in_force(job: Job, step: Step) -> Done:
    DataSubject.objects.select_for_update().get(pk=job.subject_id)
    request = job.case
    hold, created = LegalHold.objects.get_or_create(
        subject_id=job.subject_id,
        released_at=None,
        defaults={
            "reason": request.reason,
            "salt": request.salt,
            "silent": request.silent,
            "placed_by_id": request.requested_by_id,
        },
    )
    return Done({"hold": str(hold.id), "new": created}, units=1)


@local("holds.release")
@one_by_one
def let_go(job: Job, step: Step) -> Done:
    """Ends the hold. What it stopped is locked first, as its own worker locks it before the person's row."""
    list(stopped_jobs([job.subject_id]).select_for_update().order_by("id"))
    DataSubject.objects.select_for_update().get(pk=job.subject_id)
    released = LegalHold.objects.filter(subject=job.subject_id, released_at__isnull=True).update(
        released_at=datetime.now(UTC), released_by=job.case.requested_by_id
    )
    resumed = wake(stopped_jobs([job.subject_id]))
    return Done({"released": released, "erasures_resumed": len(resumed)}, units=1)


def stopped_jobs(subject_ids: Collection[UUID]) -> QuerySet[Job]:
    return Job.objects.filter(
        subject__in=subject_ids, kind__in=stopped_kinds(), ended_at=None, case__status=RequestStatus.ON_HOLD
    )


def resume_unheld() -> None:
    """Lets work go on that no hold stops any more although none was released: an ordered hold stops it at once, and is
    then denied or withdrawn before it came into force."""
    stopped = Job.objects.filter(kind__in=stopped_kinds(), ended_at=None, case__status=RequestStatus.ON_HOLD)
    subject_ids = set(stopped.values_list("subject", flat=True))
    with transaction.atomic():
        wake(stopped_jobs(subject_ids - covering(subject_ids)))


for key, step, label in (
    (RequestKind.HOLD_PLACE, "holds.place", "Put the hold in force"),
    (RequestKind.HOLD_RELEASE, "holds.release", "Release the hold"),
):
    # One at a time: a set would lock its people in another order than a set of erasures does.
    register(JobKind(key, steps=(StepKind(step, label),), follow=follow))
