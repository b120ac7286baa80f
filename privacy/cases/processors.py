"""What staff say about processors that no API reaches."""

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from privacy.cases.states import must_have
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence.sealing import unseal
from privacy.fulfilment import reference_number
from privacy.fulfilment.reference_number import NotAReference
from privacy.jobs import record
from privacy.jobs.bells import ring
from privacy.models import Case, CaseJob, DataSubject, Job, Staff, Step


def attest(*, step_id: UUID, actor: Staff, evidence: str) -> Case:
    """Closes a processor's step on a person's word. `evidence` is the processor's ticket or letter number.

    Raises NotAllowed for anything but a number, because receipts and the audit trail are never erased; for a step
    that is finished, is not a processor's, or was asked for by `actor`: nobody both asks for an erasure and
    attests it. Raises PermissionDenied by the kind's `may`.
    """
    evidence = evidence.strip()
    with transaction.atomic():
        job = CaseJob.objects.select_for_update().get(steps=step_id)
        case = Case.objects.select_for_update().filter(pk=job.case_id).first()
        if case is None:
            raise NotAllowed("Nobody asked for this work, so nobody attests it.")
        must_have(actor, case_kinds[case.kind].may.attest)
        steps = Step.objects.annotate(now=Now())  # type: ignore[no-redef]  # the model declares it, as a type
        step = steps.get(pk=step_id)
        check_evidence(evidence, step, case)
        if step.name != "processors.erase" or not step.is_open:
            raise NotAllowed("Only an open step of a processor can be attested.")
        if not job.is_open or job.stopped_at:
            raise NotAllowed("This request is not being carried out.")
        if case.requested_by_id == actor.pk:
            raise NotAllowed("The person who asked for the erasure may not attest it.")
        attested = {"outcome": "attested", "evidence": evidence, "attested_by": actor.pk}
        record.attest(job, step, step.result | attested, actor=actor)  # beside what was done by API before
        Job.objects.filter(pk=job.pk).update(not_before=Now(), parked_because="")
        ring([job])
    return case


def check_evidence(evidence: str, step: Step, case: Case) -> None:
    """Raises NotAllowed for what is no number, or names the person: by what we hold, and by what is sealed in the step,
    because most of it is erased here before the processors answer."""
    sealed = [value for values in unseal(step.sealed).values() for value in values]
    held = reference_number.words_of(DataSubject.objects.filter(pk=case.subject_id))
    try:
        reference_number.check(evidence, words=held | reference_number.words_in(sealed))
    except NotAReference as refusal:
        raise NotAllowed(str(refusal)) from refusal
