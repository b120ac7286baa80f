"""What waits for a person to say whether somebody else is named in it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import OuterRef, QuerySet
from django.db.models.functions import Now

from privacy.datamap import compiler
from privacy.models import Case, Job, Redaction, Step, StepState

PLACES_SHOWN = 200  # on one page; a form has no room for more than 1,000 answers

# The steps at which a case waits for that: the one that looks, and the one that found the texts changed since.
LOOK, BUILD = "access.others", "access.package"
# Steps of the jobs in OuterRef("pk") that wait for it.
AWAITING = Step.objects.filter(job=OuterRef("pk"), state=StepState.WAITING, name__in=(LOOK, BUILD))


def is_awaited(steps: Iterable[Step]) -> bool:
    """Whether one of the steps of a case waits for it."""
    return any(step.state == StepState.WAITING and step.name in (LOOK, BUILD) for step in steps)


def to_search(rows: Mapping[str, int]) -> int:
    """Of a package's rows, {model label: rows}, how many are searched for other people."""
    return sum(rows.get(d.label(), 0) for d in compiler.all_declarations() if d.by_others())


def undecided_of(case: Case) -> QuerySet[Redaction]:
    """Of the case, or of the one whose work it has joined."""
    return undecided(case.joined.case_id if case.joined and case.joined.case_id else case.pk)


def undecided(case_id: UUID) -> QuerySet[Redaction]:
    return Redaction.objects.filter(case=case_id, decision="")


def waiting_step(job: Job) -> Step | None:
    """The step of the job that waits for it, with `now`."""
    steps = Step.objects.annotate(now=Now())  # type: ignore[no-redef]  # the model declares it, as a type
    return steps.filter(job=job, state=StepState.WAITING, name__in=(LOOK, BUILD)).first()
