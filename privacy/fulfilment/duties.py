"""How a duty of our own is ordered: a request that needs no approval and no proof of who asks."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction

from privacy.fulfilment.requests import open_requests
from privacy.jobs.order import about
from privacy.jobs.order import order as order_jobs
from privacy.models import Batch, Job, Lane, RequestKind, RequestStatus, RightsRequest, Staff, Verification


def order(
    kind: str,
    *,
    subject_ids: Sequence[UUID],
    actor: Staff,
    reason: str,
    batch: Batch | None,
    silent_for: Collection[UUID] = (),
) -> list[RightsRequest]:
    """Opens a request a person, with the work of this kind; those for `silent_for` leave no trace in
    these people's packages."""
    with transaction.atomic():
        opened, _ = open_requests(
            kind=kind, subject_ids=subject_ids, actor=actor, reason=reason, verification=Verification.CONTROLLER,
            status=RequestStatus.IN_PROGRESS, batch=batch, silent_for=silent_for,
        )  # fmt: skip
        order_jobs([job_of(request) for request in opened])
    return opened


# Prompt for however many people, because it protects.
PROTECTS = (RequestKind.HOLD_PLACE, RequestKind.CHILD_FLAG)


def job_of(request: RightsRequest) -> Job:
    lane = Lane.BULK if request.batch_id and request.kind not in PROTECTS else Lane.PROMPT
    return Job(
        kind=request.kind, subject_id=request.subject_id, case=request, about=about(request.subject_id), lane=lane,
        silent=request.silent, ordered_by=request.requested_by,
    )  # fmt: skip
