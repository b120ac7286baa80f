"""Workers in the test's own process, as often as a test wants."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from privacy.jobs import run as engine
from privacy.jobs.claim import Claim, claim
from privacy.jobs.due import due
from privacy.models import AuditEntry, Case, Job, Step


def of(request_id: UUID) -> Q:
    """The jobs of a request, or the job of this id."""
    return Q(case=request_id) | Q(pk=request_id)


def of_any(requests: Iterable[Case]) -> Q:
    return Q(case__in=list(requests))


def run(request_id: UUID) -> bool:
    """As a worker does that was rung for it: one claim, if it is due."""
    return engine.run(of(request_id))


def run_all() -> None:
    while engine.run():
        pass


def claimed(request_id: UUID) -> Claim | None:
    taken = claim(of(request_id))
    return taken if taken and taken.fences else None


def is_due(request_id: UUID) -> bool:
    return due().filter(of(request_id)).exists()


def let_time_pass(among: Q | None = None) -> None:
    """Leases, back-off and polls are over; the steps that wait for a person still do."""
    jobs, past = Job.objects.filter(among or Q()), Now() - timedelta(seconds=1)
    jobs.filter(lease_until__isnull=False).update(lease_until=past)
    jobs.filter(not_before__isnull=False).update(not_before=past)
    Step.objects.filter(job__in=jobs, not_before__isnull=False).update(not_before=past)


def run_again(request: Case, times: int = 1) -> Case:
    """As workers do, once every lease, back-off and poll is over."""
    for _ in range(times):
        let_time_pass(of(request.id))
        run(request.id)
    request.refresh_from_db()
    return request


def parts_of(entry: AuditEntry) -> list[tuple[str, dict]]:
    """(event, data) of what the entry tells, a step at a time: which of them fall into one transaction of the engine is
    a matter of time."""
    if entry.event != "job.advanced":
        return [(entry.event, entry.data)]
    return [
        *(("step.done", {"step": step, "result": result}) for step, result in entry.data.get("done", {}).items()),
        *(("step.intended", {"step": step, "attempt": n}) for step, n in entry.data.get("intended", {}).items()),
        *(("step.joined", {"step": step}) for step in entry.data.get("joined", [])),
    ]
