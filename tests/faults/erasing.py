"""An erasure from the wish to the receipt, with workers that come back as often as a test wants."""

from privacy.fulfilment import erasure
from privacy.models import DataSubject, ErasureReceipt, Identifier, RightsRequest, Step
from tests import factories as f
from tests.working import run_again as run  # noqa: F401  (the tests find it here)


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


def step_at(request: RightsRequest, processor: str) -> Step:
    return request.steps.get(name="processors.erase", target=processor)


def receipt_of(request: RightsRequest) -> dict[str, dict]:
    body = ErasureReceipt.objects.get(request=request).body
    return {item["processor"]: item for item in body["processors"]}
