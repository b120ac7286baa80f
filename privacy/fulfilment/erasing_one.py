"""Forgets one thing of a person by the same compiled erasure, over the rows that are meant and no others."""

from collections.abc import Sequence

from privacy.catalogue import Planned
from privacy.fulfilment.erasure import erase_files_of, erased_among, execute
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done, More
from privacy.models import CaseJob, DataSubject, Step
from privacy.selectors import parts, plans


def plan_one(jobs: Sequence[CaseJob]) -> dict[CaseJob, list[Planned]]:
    """Each job's plan: the files while their names are known, the rows, the processors that know them."""
    return {job: list(_steps(job)) for job in jobs}


def _steps(job: CaseJob) -> list[Planned]:
    there = plans.look([job.subject_id], parts.of_case(job.case))
    return [
        Planned("erasure_of_one.files", units=there.files[job.subject_id]),
        Planned("erasure_of_one.rows", units=sum(map(erased_among, there.rows[job.subject_id].values()))),
        Planned("erasure.vacuum"),
        *(Planned("processors.erase", key) for key, known in sorted(there.known.items()) if known),
        Planned("receipts.issue"),
    ]


@local("erasure_of_one.files")
@one_by_one
def erase_files(job: CaseJob, step: Step) -> Done | More:
    return erase_files_of(job, parts.of_case(job.case))


@local("erasure_of_one.rows")
@one_by_one
def erase_rows(job: CaseJob, step: Step) -> Done:
    """Seals what the processors call it, and erases it, in one transaction."""
    DataSubject.objects.select_for_update().get(pk=job.subject_id)
    scope = parts.of_case(job.case)
    there = plans.look([job.subject_id], scope)
    counted = there.rows[job.subject_id]
    for asked in job.open_steps:
        if asked.name == "processors.erase":
            asked.names = there.known[asked.target].get(job.subject_id, {})
            job.changed_steps.append(asked)
    execute(scope)
    rows = sum(map(erased_among, counted.values()))
    return Done({"rows": counted, "erased": rows}, units=rows)
