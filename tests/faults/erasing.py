"""An erasure from the wish to the receipt, with workers that come back as often as a test wants."""

from privacy.cases.requests import ask, grant
from privacy.models import DataSubject, Identifier, Receipt, RightsRequest, Step
from tests import factories as f
from tests.working import run_again as run  # noqa: F401  (the tests find it here)


def known_as(kind: str, *values: str) -> DataSubject:
    person = f.DataSubjectFactory()
    for value in values:
        f.IdentifierFactory(subject=person, kind=Identifier.Kind(kind), value=value)
    return person


def approved(person: DataSubject) -> RightsRequest:
    [request] = ask(
        "erasure", subject_ids=[person.id], actor=f.StaffFactory(role="agent"), reason="Asked", verification="signed_in"
    )
    return grant(request_id=request.id, actor=f.StaffFactory(role="approver"))


def step_at(request: RightsRequest, processor: str) -> Step:
    return request.steps.get(name="processors.erase", target=processor)


def receipt_of(request: RightsRequest) -> dict[str, dict]:
    body = Receipt.objects.get(request=request).body
    return {item["processor"]: item for item in body["processors"]}
