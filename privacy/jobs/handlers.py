"""What does a step: found by the step's name, registered by whoever knows what it is about."""

from collections.abc import Callable, Mapping, Sequence

from privacy.jobs.outcomes import Later, Outcome
from privacy.models import Job, Step

Local = Callable[[Sequence[Job]], Mapping[Job, Outcome]]
Remote = Callable[[Job, Step, Callable[..., None]], Outcome]
Known = Callable[[Job, Step], Outcome | None]

local_handlers: dict[str, Local] = {}
remote_handlers: dict[str, Remote] = {}
known_answers: dict[str, Known] = {}


def local(name: str) -> Callable[[Local], Local]:
    """Registers a handler of jobs that stand at this step, inside one guarded transaction: {job: Outcome}, one for
    each. `job.step` is the step at hand, `job.open_steps` are all that are open, in order; others that it changes go
    into `job.changed_steps`."""

    def wrap(handler: Local) -> Local:
        local_handlers[name] = handler
        return handler

    return wrap


def one_by_one(handler: Callable[[Job, Step], Outcome]) -> Local:
    """A local handler made of one for a single job."""
    return lambda jobs: {job: handler(job, job.step) for job in jobs}


def remote(name: str, known: Known | None = None) -> Callable[[Remote], Remote]:
    """Registers a handler `(job, step, renew) -> Outcome` that runs outside transactions, after the intent was
    recorded. It may run again with the same `step.key`, so a second run must do no harm. `renew()` prolongs the lease,
    `renew(result)` stores the evidence so far as well; both raise LeaseLost or Stopped.

    `known` gives the answer where no call has to be made, which then costs neither an intent nor a transaction.
    """

    def wrap(handler: Remote) -> Remote:
        remote_handlers[name] = handler
        if known:
            known_answers[name] = known
        return handler

    return wrap


def unknown(job: Job, step: Step, renew: Callable[..., None]) -> Later:
    """For a handler that this process does not have, as while a new version is rolled out."""
    return Later(f"This worker does not know how to do {step.name}")
