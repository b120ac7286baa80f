"""The receipt of a right that has no other: what its steps did, in the words that staff read."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

from privacy.catalogue import job_kinds
from privacy.evidence.commitments import canonical_digest
from privacy.jobs.handlers import local
from privacy.jobs.outcomes import Done, Outcome
from privacy.jobs.reach import OPEN_STEPS
from privacy.models import CaseJob, Receipt, Step, sets


@local("receipts.issue")
def issue(jobs: Sequence[CaseJob]) -> dict[CaseJob, Outcome]:
    """One receipt a job. Its body is {kind, steps: [{name, label, target, units, result}]} of the steps before."""
    steps = steps_of(jobs)
    bodies = {}
    for job in jobs:
        done = [step for step in steps[job.id] if step.state not in OPEN_STEPS]
        bodies[job] = {"kind": job.kind, "steps": [told(job.kind, step) for step in done]}
    return write(bodies)


def write(bodies: Mapping[CaseJob, dict[str, Any]]) -> dict[CaseJob, Outcome]:
    """A receipt for each of these jobs."""
    ids, digests = [uuid4() for _ in bodies], list(map(canonical_digest, bodies.values()))
    columns: sets.Columns = {
        "id": ids,
        "request_id": [job.case_id for job in bodies],
        "body": list(bodies.values()),
        "sha256": digests,
        "issued_at": [job.step.now for job in bodies],
    }
    sets.insert(Receipt, columns)
    evidence = ({"receipt": str(pk), "sha256": digest} for pk, digest in zip(ids, digests, strict=True))
    return dict(zip(bodies, map(Done, evidence), strict=True))


def steps_of(jobs: Sequence[CaseJob]) -> dict[UUID, list[Step]]:
    """{job id: its steps in order}: those finished earlier, read no further than the receipt tells of them, and those
    of this transaction, not written yet."""
    found = {job.id: list(job.open_steps) for job in jobs}
    finished = Step.objects.filter(job__in=found).exclude(state__in=OPEN_STEPS).order_by()
    for step in finished.values_list("job_id", "seq", "name", "target", "state", "result", "units_done", named=True):
        found[step.job_id].append(step)  # type: ignore[arg-type]  # it has what the receipt tells of
    return {job_id: sorted(steps, key=attrgetter("seq")) for job_id, steps in found.items()}


def told(kind: str, step: Step) -> dict[str, Any]:
    label = next((s.label for s in job_kinds[kind].steps if s.name == step.name), step.name)
    return {
        "name": step.name, "label": label, "target": step.target, "units": step.units_done, "result": step.result,
    }  # fmt: skip
