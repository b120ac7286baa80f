"""The receipt of a right that has no other: what its steps did, in the words that staff read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

from privacy.catalogue import job_kinds
from privacy.evidence.commitments import canonical, digest_of_text
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
    ids, texts, digests = [uuid4() for _ in bodies], *zip(*written(bodies.values()), strict=True)
    columns: sets.Columns = {
        "id": ids,
        "request_id": [job.case_id for job in bodies],
        "body": texts,
        "sha256": digests,
        "issued_at": [job.step.now for job in bodies],
    }
    sets.insert(Receipt, columns)
    evidence = ({"receipt": str(pk), "sha256": digest} for pk, digest in zip(ids, digests, strict=True))
    return dict(zip(bodies, map(Done, evidence), strict=True))


def written(bodies: Iterable[dict[str, Any]]) -> Iterator[tuple[sets.Json, str]]:
    """(its text, the digest of that) of each; of a set most are like the one before."""
    last, text, digest = None, sets.Json(), ""
    for body in bodies:
        if body != last:
            last, text = body, sets.Json(canonical(body))
            digest = digest_of_text(text)
        yield text, digest


def steps_of(jobs: Sequence[CaseJob]) -> dict[UUID, list[Step]]:
    """{job id: its steps in order}: those finished earlier, and those of this transaction, not written yet. What this
    worker has not finished itself is read, no further than the receipt tells of it."""
    found = {job.id: [*job.finished_steps, *job.open_steps] for job in jobs}
    lacking = {job.id: list(job.open_steps) for job in jobs if len(found[job.id]) < job.open_steps[-1].seq}
    finished = Step.objects.filter(job__in=lacking).exclude(state__in=OPEN_STEPS).order_by()
    for step in finished.values_list("job_id", "seq", "name", "target", "state", "result", "units_done", named=True):
        lacking[step.job_id].append(step)  # type: ignore[arg-type]  # it has what the receipt tells of
    return {job_id: sorted(steps, key=attrgetter("seq")) for job_id, steps in (found | lacking).items()}


def told(kind: str, step: Step) -> dict[str, Any]:
    label = next((s.label for s in job_kinds[kind].steps if s.name == step.name), step.name)
    return {
        "name": step.name, "label": label, "target": step.target, "units": step.units_done, "result": step.result,
    }  # fmt: skip
