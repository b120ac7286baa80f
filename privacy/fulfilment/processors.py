"""Tells each processor to erase, and takes a person's attestation where no API can be asked."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from privacy.connectors.base import Call, connectors
from privacy.evidence.sealing import unseal
from privacy.fulfilment import reference_number
from privacy.fulfilment.reference_number import NotAReference
from privacy.fulfilment.requests import NotAllowed
from privacy.jobs import record
from privacy.jobs.bells import ring
from privacy.jobs.handlers import remote
from privacy.jobs.outcomes import Done, Failed, Outcome
from privacy.models import DataSubject, Job, RequestStatus, RightsRequest, Staff, Step

NOT_KNOWN = {"outcome": "the processor does not know this person"}


def answer_without_a_call(job: Job, step: Step) -> Outcome | None:
    """Where the processor does not know the person, a person has to ask, or what it has goes by a stated day."""
    known = unseal(step.sealed)
    if not any(known.values()):
        return Done(NOT_KNOWN)
    connector = connectors.get(step.target)
    if connector is None:
        return Failed(f"No connector for {step.target} any more")
    if connector.mode == "API":
        return None
    return connector.erase(Call(known, step.key, no_lease, step.result))


def no_lease() -> None:
    """Where no call is made there is nothing to renew."""


@remote("processors.erase", known=answer_without_a_call)
def erase_at_processor(job: Job, step: Step, renew: Callable[..., None]) -> Outcome:
    """Calls the step's connector with the sealed references."""
    return connectors[step.target].erase(Call(unseal(step.sealed), step.key, renew, step.result))


def attest(*, step_id: UUID, actor: Staff, evidence: str) -> RightsRequest:
    """Closes a processor's step on a person's word. `evidence` is the processor's ticket or letter number.

    Raises NotAllowed for anything but a number, because receipts and the audit trail are never erased; for a step
    that is finished, is not a processor's, or was asked for by `actor`: nobody both asks for an erasure and
    attests it.
    """
    evidence = evidence.strip()
    with transaction.atomic():
        job = Job.objects.select_for_update().get(steps=step_id)
        request = RightsRequest.objects.select_for_update().get(pk=job.case_id)
        step = Step.objects.annotate(now=Now()).get(pk=step_id)
        check_evidence(evidence, step, request)
        if step.name != "processors.erase" or not step.is_open:
            raise NotAllowed("Only an open step of a processor can be attested.")
        if not job.is_open or request.status not in RequestStatus.carried_out():
            raise NotAllowed("This request is not being carried out.")
        if request.requested_by_id == actor.pk:
            raise NotAllowed("The person who asked for the erasure may not attest it.")
        attested = {"outcome": "attested", "evidence": evidence, "attested_by": actor.pk}
        record.attest(job, step, step.result | attested, actor=actor)  # beside what was done by API before
        Job.objects.filter(pk=job.pk).update(not_before=Now(), parked_because="")
        ring([job])
    return request


def check_evidence(evidence: str, step: Step, request: RightsRequest) -> None:
    """Raises NotAllowed for what is no number, or names the person: by what we hold, and by what is sealed in the step,
    because most of it is erased here before the processors answer."""
    sealed = [value for values in unseal(step.sealed).values() for value in values]
    held = reference_number.words_of(DataSubject.objects.filter(pk=request.subject_id))
    try:
        reference_number.check(evidence, words=held | reference_number.words_in(sealed))
    except NotAReference as refusal:
        raise NotAllowed(str(refusal)) from refusal
