"""How a duty of our own is ordered: a request that needs no approval and no proof of who asks."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction

from privacy.fulfilment.requests import job_of, open_requests
from privacy.jobs.order import order as order_jobs
from privacy.models import Batch, RequestStatus, RightsRequest, Staff, Verification


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
