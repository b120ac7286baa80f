"""The plan that a case was asked for and decided with, and what has come to it since."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from privacy.catalogue import CaseKind, NotAllowed, case_kinds
from privacy.models import Case, CaseJob
from privacy.selectors import plans


class PlanChanged(NotAllowed):
    """The plan has got more than what was shown to whoever decides."""


def note_plan(kind: type[CaseKind], cases: Sequence[Case]) -> None:
    """Enters in memory what it would do now, so that whoever decides later is told what has changed since."""
    if kind.deciders == 2 and kind.parts and cases:
        parts = kind.parts([case.subject_id for case in cases])
        for case in cases:
            case.planned = sorted(parts.get(case.subject_id, ()))


def check_shown(parts: Mapping[UUID, Collection[str]], shown: Collection[str] | None) -> None:
    """Raises PlanChanged when there is more than what was shown."""
    if shown is None:
        return
    if new := set().union(*parts.values()) - set(shown):
        raise PlanChanged(f"The plan has changed since you read it. New: {plans.in_words(new)}. Look again.")


def since_approved(job: CaseJob) -> list[str]:
    """The parts of its plan that are new since another person decided."""
    parts_of = case_kinds[job.kind].parts
    return plans.since_approved([job], parts_of([job.subject_id])).get(job, []) if parts_of and job.approved else []
