"""Which erasures a member of staff may approve now, and why not the others."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from privacy.models import RequestKind, RequestStatus, RightsRequest, Staff
from privacy.selectors import holds

OWN = "You asked for it yourself; another person has to approve."
STALE = "It does not await approval any more."
HELD = "A legal hold is in force or ordered: nothing is erased until it is released."
ERASED = "The person is erased already."


def awaits(request: RightsRequest) -> bool:
    return request.kind == RequestKind.ERASURE and request.status == RequestStatus.AWAITING_APPROVAL


def not_by(request: RightsRequest, actor: Staff) -> str:
    """Why this person may not approve this request; empty when they may."""
    return OWN if request.requested_by_id == actor.pk else ""


def sort_out(request_ids: Sequence[UUID], actor: Staff) -> tuple[list[RightsRequest], dict[RightsRequest, list[str]]]:
    """(requests that `actor` may approve, {request: why not}), with three queries for any number of them."""
    requests = list(RightsRequest.objects.select_related("subject").filter(pk__in=request_ids).order_by("due_on", "id"))
    held = holds.covering([r.subject_id for r in requests])
    free, refused = [], {}
    for request in requests:
        if reasons := list(why_not(request, actor, held)):
            refused[request] = reasons
        else:
            free.append(request)
    return free, refused


def why_not(request: RightsRequest, actor: Staff, held: set[UUID]) -> Iterator[str]:
    if not awaits(request):
        yield STALE
    if not_by(request, actor):
        yield OWN
    if request.subject_id in held:
        yield HELD
    if request.subject.erased_at:
        yield ERASED
