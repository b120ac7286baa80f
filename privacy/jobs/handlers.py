"""What does a step: found by the step's name, registered by whoever knows what it is about."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from privacy.jobs.outcomes import Later, Outcome
from privacy.models import Job, Step

# J are the jobs that the handler takes, such as CaseJob. That no others have its step in their plans is for those who
# declare steps to see to; to the engine all are jobs, hence the casts.
type Local[J: Job] = Callable[[Sequence[J]], Mapping[J, Outcome]]
type Remote[J: Job] = Callable[[J, Step, Callable[..., None]], Outcome]
type Known[J: Job] = Callable[[J, Step], Outcome | None]

local_handlers: dict[str, Local[Job]] = {}
remote_handlers: dict[str, Remote[Job]] = {}
known_answers: dict[str, Known[Job]] = {}
own_errands: set[str] = set()


def local[J: Job](name: str) -> Callable[[Local[J]], Local[J]]:
    """Registers a handler of jobs that stand at this step, inside one guarded transaction: {job: Outcome}, one for
    each. `job.step` is the step at hand, `job.open_steps` are all that are open, in order; others that it changes go
    into `job.changed_steps`."""

    def wrap(handler: Local[J]) -> Local[J]:
        local_handlers[name] = cast(Local[Job], handler)
        return handler

    return wrap


def one_by_one[J: Job](handler: Callable[[J, Step], Outcome]) -> Local[J]:
    """A local handler made of one for a single job."""
    return lambda jobs: {job: handler(job, job.step) for job in jobs}


def remote[J: Job](name: str, known: Known[J] | None = None, *, ours: bool = False) -> Callable[[Remote[J]], Remote[J]]:
    """Registers a handler `(job, step, renew) -> Outcome` that runs outside transactions, after the intent was
    recorded. It may run again with the same `step.key`, so a second run must do no harm. `renew()` prolongs the lease,
    `renew(result)` stores the evidence so far as well; both raise LeaseLost or Stopped.

    `known` gives the answer where no call has to be made, which then costs neither an intent nor a transaction. `ours`
    asks nobody outside, and only fits in no transaction, such as deleting files: no intent has to be on record before
    it, for nobody has to be asked what came of it.
    """

    def wrap(handler: Remote[J]) -> Remote[J]:
        remote_handlers[name] = cast(Remote[Job], handler)
        if known:
            known_answers[name] = cast(Known[Job], known)
        if ours:
            own_errands.add(name)
        return handler

    return wrap


def unknown(job: Job, step: Step, renew: Callable[..., None]) -> Later:
    """For a handler that this process does not have, as while a new version is rolled out."""
    return Later(f"This worker does not know how to do {step.name}")
