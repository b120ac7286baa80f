"""The receipt of a right that has no other: what its steps did, in the words that staff read."""

from collections.abc import Sequence
from typing import Any

from privacy.catalogue import job_kinds
from privacy.evidence.commitments import canonical_digest
from privacy.jobs.handlers import local
from privacy.jobs.outcomes import Done, Outcome
from privacy.models import CaseJob, Receipt, Step, StepState


@local("receipts.issue")
def issue(jobs: Sequence[CaseJob]) -> dict[CaseJob, Outcome]:
    """One receipt a job. Its body is {kind, steps: [{name, label, target, units, result}]} of the steps before."""
    steps = Step.objects.filter(job__in=jobs, state__in=[StepState.DONE, StepState.WAIVED]).order_by("job", "seq")
    found = {job.id: [step for step in steps if step.job_id == job.id] for job in jobs}
    receipts = {}
    for job in jobs:
        body = {"kind": job.kind, "steps": [told(job.kind, step) for step in found[job.id]]}
        receipts[job] = Receipt(request_id=job.case_id, body=body, sha256=canonical_digest(body))
    Receipt.objects.bulk_create(receipts.values())
    return {job: Done({"receipt": str(r.id), "sha256": r.sha256}) for job, r in receipts.items()}


def told(kind: str, step: Step) -> dict[str, Any]:
    label = next((s.label for s in job_kinds[kind].steps if s.name == step.name), step.name)
    return {
        "name": step.name, "label": label, "target": step.target, "units": step.units_done, "result": step.result,
    }  # fmt: skip
