"""Takes a set of jobs into a worker's hands."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from privacy.catalogue import JobKind, Standing, job_kinds
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.jobs import failpoints
from privacy.jobs.due import ANY, URGENCY, due
from privacy.jobs.reach import read_open_steps, within_reach
from privacy.models import Job, Step

# A step's slice is far shorter than the lease, and every record prolongs it; a slower remote handler calls `renew`.
LEASE = timedelta(seconds=90)
MAX_CLAIMS = 5
# What is read of the jobs that are taken; the rest when they are locked for a turn.
TAKEN = ("kind", "case", "at_step", "fence", "claims", "stopped_at")


@dataclass(frozen=True)
class Claim:
    """Jobs of one kind in a worker's hands, as {id: fence}. `at` names the step at which those stand that it can go on
    with; `tried` are the steps that it tries no more; `given_back` are no longer in its hands; `prolonged` is when the
    lease was; `whole` are all that were taken; `finished` are steps that it has finished, by their job. Parts of a
    claim share all but the fences."""

    kind: JobKind
    lane: str
    lease: UUID
    fences: dict[UUID, int]
    at: dict[UUID, str]
    whole: tuple[UUID, ...] = ()
    tried: set[UUID] = field(default_factory=set)
    given_back: set[UUID] = field(default_factory=set)
    prolonged: list[float] = field(default_factory=lambda: [monotonic()])
    finished: dict[UUID, list[Step]] = field(default_factory=dict)

    def together(self) -> "Claim | None":
        """Those that stand at the same step as the first; None when it can go on with none."""
        step = next(iter(self.at.values()), None)
        return self.of(pk for pk, name in self.at.items() if name == step) if step is not None else None

    def halves(self) -> "tuple[Claim, Claim]":
        ids, middle = list(self.fences), len(self.fences) // 2
        return self.of(ids[:middle]), self.of(ids[middle:])

    def of(self, ids: Iterable[UUID]) -> "Claim":
        return replace(self, fences={pk: self.fences[pk] for pk in ids})

    def leave(self, ids: Iterable[UUID]) -> None:
        """It does not go on with these."""
        for pk in ids:
            self.at.pop(pk, None)


def claim(among: Q = ANY) -> Claim | None:
    """Takes the most urgent due job, and with it those of its kind that stand at the same step; None when nothing is
    due. The UPDATE repeats the condition, so it alone decides who gets them.

    A claim that is never given back (see `settle`) stays counted, and the next one takes an eighth as many: what kills
    workers ends alone, and after five claims it is parked.
    """
    with transaction.atomic():
        known = due().filter(among, kind__in=job_kinds)
        first = known.order_by(*URGENCY).only("kind", "lane", "at_step", "claims").first()
        if first is None:
            return None
        kind, token = job_kinds[first.kind], uuid4()
        like = known.filter(kind=first.kind, lane=first.lane, at_step=first.at_step, claims=first.claims)
        few = skip_locked(like).only(*TAKEN).order_by(*URGENCY)
        taken = list(few[: max(1, kind.set_size // 8**first.claims)])
        fields = {"lease": token, "lease_until": Now() + LEASE, "fence": F("fence") + 1, "claims": F("claims") + 1}
        if due().filter(pk__in=[job.pk for job in taken]).update(**fields) < len(taken):
            taken = list(Job.objects.filter(pk__in=[job.pk for job in taken], lease=token).order_by(*URGENCY))
        else:
            count_in(taken)
        failpoints.strike("claiming")
        fit = park_beyond(kind, taken)
        fences = {job.pk: job.fence for job in fit}
        return Claim(kind, first.lane, token, fences, {job.pk: job.at_step for job in fit}, tuple(fences))


def skip_locked(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Locked; where the database can, without waiting for those in another worker's transaction."""
    return jobs.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)


def count_in(taken: list[Job]) -> None:
    """What the UPDATE has done to the rows, which were locked."""
    for job in taken:
        job.fence, job.claims = job.fence + 1, job.claims + 1


def park_beyond(kind: JobKind, taken: list[Job]) -> list[Job]:
    """Those that were not claimed too often. Whatever kills the workers, it is the others."""
    if deadly := [job for job in taken if job.claims > MAX_CLAIMS]:
        read_open_steps(deadly)
        for job in deadly:
            at = next(iter(within_reach(job.open_steps)), job.at_step)
            park(job, f"{at}: the worker died or stalled {MAX_CLAIMS} times without finishing it")
        Job.objects.filter(pk__in=[job.pk for job in deadly]).update(lease=None, lease_until=None)
        kind.follow({Standing.PARKED: deadly})
    return [job for job in taken if job.claims <= MAX_CLAIMS]


def park(job: Job, because: str) -> None:
    """Gives the job to a person, in the caller's transaction: no worker claims it again before `unpark`. The worker
    that holds it now still does the steps that can be done."""
    job.parked_because = because[:300]
    Job.objects.filter(pk=job.pk).update(parked_because=job.parked_because)
    audit.append(job.chain, Event.JOB_PARKED, actor=None)


def prolong(part: Claim) -> None:
    """The lease of the whole claim, in the caller's transaction."""
    held = [pk for pk in part.whole if pk not in part.given_back]
    Job.objects.filter(pk__in=held, lease=part.lease).update(lease_until=Now() + LEASE)
    part.prolonged[0] = monotonic()


def prolong_in_time(part: Claim) -> None:
    """The same, if that was not done a moment ago."""
    if monotonic() - part.prolonged[0] > LEASE.total_seconds() / 9:
        prolong(part)
