"""The life of a request: `transition` is the one function that changes its status."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from privacy.catalogue import Standing
from privacy.evidence import audit, commitments
from privacy.evidence.commitments import pseudonym
from privacy.evidence.events import OF_STATUS, Event
from privacy.jobs import order, settle
from privacy.models import (
    Batch,
    DataSubject,
    Job,
    Lane,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Staff,
    Step,
    StepState,
)
from privacy.regimes import deadline_for

S = RequestStatus
ALLOWED: dict[str, set[str]] = {
    S.RECEIVED: {S.AWAITING_APPROVAL, S.IN_PROGRESS, S.ON_HOLD, S.DENIED, S.WITHDRAWN},
    S.AWAITING_APPROVAL: {S.IN_PROGRESS, S.ON_HOLD, S.DENIED, S.WITHDRAWN},
    S.ON_HOLD: {S.AWAITING_APPROVAL, S.IN_PROGRESS, S.AWAITING_PROCESSORS, S.DENIED, S.WITHDRAWN},
    S.IN_PROGRESS: {S.ON_HOLD, S.AWAITING_PROCESSORS, S.FULFILLED, S.WITHDRAWN, S.DENIED},
    S.AWAITING_PROCESSORS: {S.ON_HOLD, S.IN_PROGRESS, S.FULFILLED, S.WITHDRAWN},
    S.FULFILLED: set(),
    S.DENIED: set(),
    S.WITHDRAWN: set(),
}


@dataclass(frozen=True)
class May:
    """The permission that each act on a request takes."""

    deny: str
    cancel: str
    retry: str


# Stated act by act and not derived from who may ask. A hold and a child flag count from the order, so to deny or cancel
# the order is to release or clear, and takes that permission, of one's own order too.
MAY: dict[str, May] = {
    RequestKind.ACCESS: May(
        deny="privacy.export_datasubject", cancel="privacy.export_datasubject", retry="privacy.export_datasubject"
    ),
    RequestKind.ERASURE: May(
        deny="privacy.approve_erasure", cancel="privacy.request_erasure", retry="privacy.request_erasure"
    ),
    RequestKind.HOLD_PLACE: May(
        deny="privacy.release_legalhold", cancel="privacy.release_legalhold", retry="privacy.place_legalhold"
    ),
    RequestKind.HOLD_RELEASE: May(
        deny="privacy.release_legalhold", cancel="privacy.release_legalhold", retry="privacy.release_legalhold"
    ),
    RequestKind.CHILD_FLAG: May(deny="privacy.clear_child", cancel="privacy.clear_child", retry="privacy.flag_child"),
    RequestKind.CHILD_CLEAR: May(deny="privacy.clear_child", cancel="privacy.clear_child", retry="privacy.clear_child"),
}


class NotAllowed(Exception):
    """The request is not in a state that allows this; the text can be shown to staff as it is."""


def transition(request: RightsRequest, to: str, *, actor: Staff | None, because: str, **data) -> None:
    """Moves `request`, whose row the caller has locked, to status `to` and appends the audit entry.

    `because` is a rule's or event's name, not free text. Raises NotAllowed.
    """
    transition_many([request], to, actor=actor, because=because, **data)


def transition_many(requests: Sequence[RightsRequest], to: str, *, actor: Staff | None, because: str, **data) -> None:
    """`transition` for many requests with the same few queries. Raises NotAllowed, and then moves none."""
    links = []
    closed_at = datetime.now(UTC) if to in S.closed() else None
    for request in requests:
        if to not in ALLOWED[request.status]:
            is_now = request.get_status_display().lower()
            raise NotAllowed(f"A request that is {is_now} cannot become {S(to).label.lower()}.")
        links.append((request.id, {"before": request.status, "because": because, **data}))
    for request in requests:
        request.status, request.closed_at = to, closed_at
    ids = [r.pk for r in requests]
    RightsRequest.objects.filter(pk__in=ids).update(status=to, closed_at=closed_at)
    if links:
        audit.append_many(links, OF_STATUS[S(to)], actor=actor)


def open_requests(
    *,
    kind: str,
    subject_ids: Sequence[UUID],
    actor: Staff,
    reason: str,
    verification: str,
    status: str,
    batch: Batch | None = None,
    recipient_key: str = "",
    silent_for: Collection[UUID] = (),
    received_at: datetime | None = None,
) -> tuple[list[RightsRequest], list[UUID]]:
    """Opens one request a person, in one transaction, and appends their first audit entries. Those `silent_for`
    somebody leave no trace in that person's package.

    Returns (opened, ids of the people who already have an open one of this kind). Raises ValueError when the
    reason is empty.
    """
    if not reason.strip():
        raise ValueError("A reason is needed.")
    with transaction.atomic():
        subjects = DataSubject.objects.select_for_update().order_by("id").in_bulk(subject_ids)
        busy = set(
            RightsRequest.objects.filter(subject__in=subjects, kind=kind)
            .exclude(status__in=S.closed())
            .values_list("subject_id", flat=True)
        )
        common = {
            "kind": kind, "requested_by": actor, "reason": reason.strip(), "verification": verification,
            "status": status, "batch": batch, "recipient_key": recipient_key,
            "received_at": received_at or datetime.now(UTC),
        }  # fmt: skip
        opened = [
            _new(subject, silent=subject.id in silent_for, **common)
            for subject in subjects.values()
            if subject.id not in busy
        ]
        RightsRequest.objects.bulk_create(opened)
        links = [
            (r.id, {"kind": kind, "subject": pseudonym(r.subject_id), **commitments.of_request(r)}) for r in opened
        ]
        if links:
            audit.append_many(links, Event.REQUEST_OPENED, actor=actor)
    return opened, sorted(busy)


def _new(subject: DataSubject, **given) -> RightsRequest:
    regime, due_on = deadline_for(given["kind"], subject.country, given["received_at"])
    return RightsRequest(subject=subject, regime=regime, due_on=due_on, salt=secrets.token_hex(16), **given)


# Prompt for however many people, because it protects.
PROTECTS = (RequestKind.HOLD_PLACE, RequestKind.CHILD_FLAG)


def job_of(request: RightsRequest) -> Job:
    """The work of this request, before it has a row."""
    lane = Lane.BULK if request.batch_id and request.kind not in PROTECTS else Lane.PROMPT
    return Job(
        kind=request.kind, subject_id=request.subject_id, case=request, about=order.about(request.subject_id),
        lane=lane, due_on=request.due_on, silent=request.silent,
        ordered_by=request.approved_by or request.requested_by,
    )  # fmt: skip


def lock(request_id: UUID) -> tuple[RightsRequest, Job | None]:
    """The request and the open job that it waits for, both locked until the transaction ends."""
    job = Job.objects.select_for_update().filter(case=request_id, ended_at=None).first()
    return RightsRequest.objects.select_for_update().get(pk=request_id), job


def deny(*, request_id: UUID, actor: Staff, denial_reason: str) -> RightsRequest:
    """Closes the request as denied, for one of the Data Rights Protocol's reasons. Raises NotAllowed, and
    PermissionDenied by MAY."""
    with transaction.atomic():
        request, job = lock(request_id)
        must_have(actor, MAY[request.kind].deny)
        request.denial_reason = denial_reason
        request.save(update_fields=["denial_reason"])
        transition(request, S.DENIED, actor=actor, because=denial_reason)
        order.stop_short([job] if job else [])
    return request


def cancel(*, request_id: UUID, actor: Staff) -> RightsRequest:
    """Withdraws the request; one that is in a worker's hands stops before its next step. Raises NotAllowed, and
    PermissionDenied by MAY."""
    with transaction.atomic():
        request, job = lock(request_id)
        must_have(actor, MAY[request.kind].cancel)
        if job and job.lease_until:
            Job.objects.filter(pk=job.pk).update(cancel_requested=True)
            audit.append(request.id, Event.REQUEST_CANCEL_REQUESTED, actor=actor)
        else:
            account = account_of(request.steps.all())
            transition(request, S.WITHDRAWN, actor=actor, because="cancelled", **account)
            order.stop_short([job] if job else [])
    return request


def account_of(steps: Iterable[Step]) -> dict[str, dict[str, int] | list[str]]:
    """What a request that stops half-way has done, has begun (a processor may have been asked), and leaves as it
    is, by step and in units (rows or files)."""
    account = {"done": {}, "begun": [], "kept": {}}
    for step in steps:
        if not step.is_open or step.units_done:
            account["done"][str(step)] = step.units_done
        if step.is_open:
            account["kept"][str(step)] = max(step.units_planned - step.units_done, 0)
        if step.state in (StepState.STARTED, StepState.WAITING):
            account["begun"].append(str(step))
    return account


def unpark(*, request_id: UUID, actor: Staff) -> RightsRequest:
    """Lets the workers try a parked request again. Raises NotAllowed when it is not parked, and PermissionDenied by
    MAY."""
    with transaction.atomic():
        request, job = lock(request_id)
        must_have(actor, MAY[request.kind].retry)
        if job is None or not job.parked_because:
            raise NotAllowed("This request is not parked.")
        settle.unpark(job)
        audit.append(request.id, Event.JOB_UNPARKED, actor=actor)
    return request


# Where a request stands when its job does: (status, the event's name).
FOLLOWS = {
    Standing.ENDED: (S.FULFILLED, "every step finished"),
    Standing.CANCELLED: (S.WITHDRAWN, "cancelled"),
    Standing.STOPPED: (S.ON_HOLD, "legal hold"),
    Standing.WAITING: (S.AWAITING_PROCESSORS, "steps remain"),
    Standing.RUNNING: (S.IN_PROGRESS, "steps remain"),
}


def follow(standings: Mapping[Standing, Sequence[Job]]) -> None:
    """Moves the requests to where their jobs stand, in the transaction that gives the jobs back."""
    for standing, jobs in standings.items():
        if standing not in FOLLOWS:  # a parked one stays where it is, until a person has looked
            continue
        status, because = FOLLOWS[standing]
        requests = RightsRequest.objects.select_for_update().filter(pk__in=[job.case_id for job in jobs]).order_by("id")
        moved = [request for request in requests if request.status != status]
        if standing in (Standing.CANCELLED, Standing.STOPPED):
            for request in moved:
                transition(request, status, actor=None, because=because, **account_of(request.steps.all()))
        else:
            for was_held in (False, True):
                some = [request for request in moved if (request.status == S.ON_HOLD) == was_held]
                transition_many(some, status, actor=None, because="hold released" if was_held else because)


def must_have(actor: Staff, permission: str) -> None:
    if not actor.has_perm(permission):
        raise PermissionDenied("Your role does not allow this.")


def must_not_be_requester(request: RightsRequest, actor: Staff) -> None:
    if request.requested_by_id == actor.pk:
        raise PermissionDenied("The person who asked for it may not approve it.")
