"""What staff say about processors that no API reaches."""

from collections.abc import Collection, Sequence
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
from privacy.selectors.processors import OF_A_PROCESSOR


def attest(*, step_id: UUID, actor: Staff, evidence: str) -> Case:
    """`attest_all` for one."""
    return attest_all(step_ids=[step_id], actor=actor, evidence=evidence)[0]


def attest_all(*, step_ids: Collection[UUID], actor: Staff, evidence: str) -> list[Case]:
    """Closes processors' steps on a person's word, all or none, with as few queries as for one. `evidence` is the
    processor's ticket or letter number: one may be about many people.

    Raises NotAllowed for anything but a number, because receipts and the audit trail are never erased; for a step
    that is finished, is not a processor's, or was asked for by `actor`: nobody both asks for an erasure and
    attests it. Raises PermissionDenied by the kind's `may`.
    """
    evidence = evidence.strip()
    with transaction.atomic():
        its = Step.objects.filter(pk__in=step_ids).values("job")
        jobs = {job.pk: job for job in CaseJob.objects.select_for_update().filter(pk__in=its).order_by("id")}
        cases = locked_cases(list(jobs.values()), actor)
        annotated = Step.objects.annotate(now=Now())  # type: ignore[no-redef]  # the model declares it, as a type
        steps = list(annotated.filter(pk__in=step_ids).order_by("id"))
        check_evidence(evidence, steps, cases)
        for step in steps:
            must_await_a_word(step, jobs[step.job_id])
        if any(case.requested_by_id == actor.pk for case in cases):
            raise NotAllowed("The person who asked for it may not attest it.")
        attested = {"outcome": "attested", "evidence": evidence, "attested_by": actor.pk}
        # Beside what was done by API before.
        record.attest([(jobs[step.job_id], step, step.result | attested) for step in steps], actor=actor)
        Job.objects.filter(pk__in=jobs).update(not_before=Now(), parked_because="")
        ring(jobs.values())
    return cases


def locked_cases(jobs: Sequence[Job], actor: Staff) -> list[Case]:
    """The cases that ordered these locked jobs, locked, if the member may attest about them. Raises NotAllowed where
    there is none, and PermissionDenied."""
    cases = list(Case.objects.select_for_update().filter(pk__in=[job.case_id for job in jobs]).order_by("id"))
    if not cases or any(job.case_id is None for job in jobs):
        raise NotAllowed("Nobody asked for this work, so nobody attests it.")
    for key in sorted({case.kind for case in cases}):
        must_have(actor, case_kinds[key].may.attest)
    return cases


def must_await_a_word(step: Step, job: Job) -> None:
    if not step.name.startswith(OF_A_PROCESSOR) or not step.is_open:
        raise NotAllowed("Only an open step of a processor can be attested.")
    if not job.is_open or job.stopped_at:
        raise NotAllowed("This request is not being carried out.")


def check_evidence(evidence: str, steps: Sequence[Step], cases: Sequence[Case]) -> None:
    """Raises NotAllowed for what is no number, or names one of the people: by what we hold, and by what is sealed in
    the steps, because most of it is erased here before the processors answer."""
    sealed = [value for step in steps for values in unseal(step.sealed).values() for value in values]
    held = reference_number.words_of(DataSubject.objects.filter(pk__in=[case.subject_id for case in cases]))
    try:
        reference_number.check(evidence, words=held | reference_number.words_in(sealed))
    except NotAReference as refusal:
        raise NotAllowed(str(refusal)) from refusal
