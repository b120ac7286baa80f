"""Tells each processor to erase, and takes a person's attestation where no API can be asked."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from privacy.connectors.base import Call, Outcome, connectors
from privacy.fulfilment import engine, reference_number
from privacy.fulfilment.engine import Done, Failed
from privacy.fulfilment.reference_number import NotAReference
from privacy.fulfilment.references import unseal
from privacy.fulfilment.requests import NotAllowed, lock
from privacy.models import DataSubject, FulfilmentStep, RequestStatus, RightsRequest, Staff, StepState


@engine.remote("processor")
def erase_at_processor(request: RightsRequest, step: FulfilmentStep, renew: Callable[[], None]) -> Outcome:
    """Calls the step's connector with the sealed references."""
    known = unseal(step.references)
    if not any(known.values()):
        return Done({"outcome": "the processor does not know this person"})
    connector = connectors.get(step.target)
    if connector is None:
        return Failed(f"No connector for {step.target} any more")
    return connector.erase(Call(known, step.idempotency_key, renew, step.result))


def attest(*, step_id: UUID, actor: Staff, evidence: str) -> RightsRequest:
    """Closes a processor's step on a person's word. `evidence` is the processor's ticket or letter number.

    Raises NotAllowed for anything but a number, because receipts and the audit trail are never erased; for a step
    that is finished, is not a processor's, or was asked for by `actor`: nobody both asks for an erasure and
    attests it.
    """
    evidence = evidence.strip()
    with transaction.atomic():
        step = FulfilmentStep.objects.get(pk=step_id)
        request = lock(step.request_id)
        step.refresh_from_db()
        check_evidence(evidence, step, request)
        if step.handler != "processor" or step.state not in engine.OPEN_STEPS:
            raise NotAllowed("Only an open step of a processor can be attested.")
        if request.status not in (RequestStatus.IN_PROGRESS, RequestStatus.AWAITING_PROCESSORS):
            raise NotAllowed("This request is not being carried out.")
        if request.requested_by_id == actor.pk:
            raise NotAllowed("The person who asked for the erasure may not attest it.")
        attested = {"outcome": "attested", "evidence": evidence, "attested_by": actor.pk}
        result = step.result | attested  # beside what was done by API before
        engine.finish(request, step, StepState.DONE, result, None, actor=actor)
        RightsRequest.objects.filter(pk=request.pk).update(not_before=Now(), parked_because="")
    return request


def check_evidence(evidence: str, step: FulfilmentStep, request: RightsRequest) -> None:
    """Raises NotAllowed for what is no number, or names the person: by what we hold, and by what is sealed in the step,
    because most of it is erased here before the processors answer."""
    sealed = [value for values in unseal(step.references).values() for value in values]
    held = reference_number.words_of(DataSubject.objects.filter(pk=request.subject_id))
    try:
        reference_number.check(evidence, words=held | reference_number.words_in(sealed))
    except NotAReference as refusal:
        raise NotAllowed(str(refusal)) from refusal
