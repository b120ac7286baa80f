"""An erasure from the wish to the receipt, with workers that come back as often as a test wants."""

from django.db.models.functions import Now

from privacy.fulfilment import erasure
from privacy.models import DataSubject, ErasureReceipt, Identifier, RightsRequest, Step
from tests import factories as f
from tests import working


def known_as(kind: str, *values: str) -> DataSubject:
    person = f.DataSubjectFactory()
    for value in values:
        f.IdentifierFactory(subject=person, kind=Identifier.Kind(kind), value=value)
    return person


def approved(person: DataSubject) -> RightsRequest:
    [request] = erasure.request_erasure(
        subject_ids=[person.id], actor=f.StaffFactory(role="agent"), reason="Asked", verification="signed_in"
    )
    return erasure.approve(request_id=request.id, actor=f.StaffFactory(role="approver"))


def run(request: RightsRequest, times: int = 1) -> RightsRequest:
    """As workers do, once every lease, back-off and poll is over."""
    for _ in range(times):
        RightsRequest.objects.filter(pk=request.pk).update(not_before=None, lease_until=None)
        Step.objects.filter(request=request, not_before__isnull=False).update(not_before=Now())
        working.run(request.id)
    request.refresh_from_db()
    return request


def step_at(request: RightsRequest, processor: str) -> Step:
    return request.steps.get(name="processors.erase", target=processor)


def receipt_of(request: RightsRequest) -> dict[str, dict]:
    body = ErasureReceipt.objects.get(request=request).body
    return {item["processor"]: item for item in body["processors"]}
