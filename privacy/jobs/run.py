"""Carries claimed jobs as far as they go now: a transaction of local steps, calls outside, and so on in turn."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from django.db import OperationalError
from django.db.models import Q
from django.db.models.functions import Now

from privacy.evidence import audit
from privacy.jobs import collector, failpoints
from privacy.jobs.claim import Claim, claim, prolong_in_time
from privacy.jobs.due import ANY, due
from privacy.jobs.guard import LeaseLost, Stopped, guarded, renewal, unstopped
from privacy.jobs.handlers import known_answers, local_handlers, own_errands, remote_handlers, unknown
from privacy.jobs.heartbeats import beat
from privacy.jobs.outcomes import Done, Failed, Later, More, Outcome, Waiting
from privacy.jobs.reach import due_steps, read_open_steps
from privacy.jobs.record import Answer, Minutes, begin, fault
from privacy.jobs.settle import give_back, settle
from privacy.jobs.slices import let_others_write
from privacy.models import Job, Lane, Step

log = logging.getLogger(__name__)

SLICE_SECONDS = 20
# Answers from outside are written down at least so often, and the lease is prolonged with them.
CALLING_SECONDS = 5
# Rows or files that one transaction takes on: a step beyond that gets one of its own.
LIGHT_UNITS = 20_000

Errand = tuple[Job, Step]


class AnswerFault(Exception):
    """What an answer brought with it could not be written."""


class StepFault(Exception):
    """A local step failed for these jobs, and its transaction was rolled back; its cause says why."""

    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


def run_due(among: Q = ANY) -> bool:
    """Works off, for one time slice, whatever is the most urgent among these. Whether the slice was too short: the
    caller rings again."""
    ends = monotonic() + SLICE_SECONDS
    while run(among):
        if monotonic() > ends:
            return due().filter(among).exists()
    return False


def run(among: Q = ANY) -> bool:
    """Takes one set and carries it as far as it goes now; whether there was any. Safe to call at any time, from any
    number of workers."""
    taken = claim(among)
    if taken is None:
        return False
    failpoints.strike("claimed")
    beat(taken.lane)
    work(taken)
    settle(taken)
    return True


def work(taken: Claim) -> None:
    """Runs steps until the plans, the time slice or the patience of everybody outside ends."""
    ends = monotonic() + SLICE_SECONDS
    while monotonic() < ends and (part := taken.together()):
        errands = take_a_turn(part)
        while errands:
            answers, errands = call(part, errands)
            more = take_a_turn(part, answers, onward=not errands and monotonic() < ends)
            if errands:
                beat(taken.lane)
            errands = errands or more


def take_a_turn(part: Claim, answers: Sequence[Answer] = (), *, onward: bool = True) -> list[Errand]:
    """One transaction, after which what is asked for many at once lets others write."""
    with collector.at_rest():
        errands = advance(part, answers, onward=onward)
    failpoints.strike("advanced")
    if part.lane == Lane.BULK:
        let_others_write()
    return errands


def advance(part: Claim, answers: Sequence[Answer] = (), *, onward: bool = True) -> list[Errand]:
    """One transaction: takes in what came from outside, does local steps as long as there are any, and intends the
    calls that follow. Returns those. What has come as far as it goes is given back. A fault in a local step is found by
    halves: it harms no other job."""
    minutes = Minutes()
    try:
        with guarded(part) as jobs:
            prolong_in_time(part)
            read_open_steps(jobs)
            recall(part, jobs)
            take_in(minutes, at_open_steps(jobs, answers))
            free = unstopped(part, jobs) if onward else jobs
            errands = go_on(part, free, minutes) if onward else []
            with audit.together():
                minutes.write()
                note(part, free)
                if onward:
                    give_back(part, at_rest(part, jobs, errands), free=free)
            failpoints.strike("advancing")
        remember(part, jobs)
        return errands
    except AnswerFault as failed:
        advance(part, [(job, step, fault(failed.__cause__ or failed)) for job, step, _ in answers], onward=False)
        return []
    except StepFault as failed:
        return look_closer(part, answers, failed)
    except Stopped:  # by what an answer brought with it
        part.leave(part.fences)
        return []


def recall(part: Claim, jobs: Sequence[Job]) -> None:
    """What this claim has finished of the jobs does not change any more, so nobody reads it again."""
    for job in jobs:
        job.finished_steps = part.finished.get(job.pk, ())


def remember(part: Claim, jobs: Sequence[Job]) -> None:
    for job in jobs:
        part.finished.setdefault(job.pk, []).extend(step for step in job.open_steps if not step.is_open)


def take_in(minutes: Minutes, answers: Sequence[Answer]) -> None:
    """Raises AnswerFault; Stopped passes."""
    try:
        minutes.record(answers)
    except Stopped:
        raise
    except Exception as error:
        log.exception("an answer could not be written down")
        raise AnswerFault from error


def look_closer(part: Claim, answers: Sequence[Answer], failed: StepFault) -> list[Errand]:
    """What has happened outside is recorded in any case; then the jobs try the step again by halves, until the faulty
    one is alone and backs off. What the database does not take is no job's own fault: all back off."""
    log.error("%s failed in a set of %s", failed.name, len(part.fences), exc_info=failed.__cause__)
    if answers:
        advance(part, answers, onward=False)
    if len(part.fences) == 1 or isinstance(failed.__cause__, OperationalError):
        back_off(part, failed)
        return []
    return [errand for half in part.halves() for errand in advance(half)]


def back_off(part: Claim, failed: StepFault) -> None:
    with guarded(part) as jobs:
        read_open_steps(jobs)
        faulty = [(job, step) for job in jobs for step in due_steps(job, part.tried) if step.name == failed.name]
        for _, step in faulty:
            begin(step)  # the attempt was rolled back together with its count
        minutes = Minutes()
        minutes.record([(job, step, fault(failed.__cause__ or failed)) for job, step in faulty])
        minutes.write()
        part.tried.update(step.id for _, step in faulty)
        part.leave(part.fences)


def go_on(part: Claim, jobs: Sequence[Job], minutes: Minutes) -> list[Errand]:
    """Local steps, then the intents of remote ones, of jobs that nothing stops. Where a claim came to nothing before,
    each step has a transaction of its own, so that the one that kills workers is found and those before it are kept."""
    units, is_careful = 0, any(job.claims > 1 for job in jobs)
    while ready := at_a_local_step(part, jobs):
        ahead = sum(job.step.units_planned for job in ready)
        if units and (is_careful or units + ahead > LIGHT_UNITS):
            return []
        units += max(ahead, 1)
        if any(isinstance(outcome, More) for outcome in do(part, ready, minutes)):
            return []
    return [] if units and is_careful else intend(part, jobs, minutes)


def at_a_local_step(part: Claim, jobs: Sequence[Job]) -> list[Job]:
    """Those that stand at the same local step, which `step` of each then is."""
    ready: list[Job] = []
    for job in jobs:
        first = next((step for step in job.open_steps if step.is_open), None)
        if first is None or first.name not in local_handlers or (ready and first.name != ready[0].step.name):
            continue
        if due_steps(job, part.tried):
            job.step = first
            ready.append(job)
    return ready


def do(part: Claim, jobs: Sequence[Job], minutes: Minutes) -> list[Outcome]:
    """One local step of these jobs. Raises StepFault; LeaseLost and Stopped pass."""
    name = jobs[0].step.name
    try:
        for job in jobs:
            begin(job.step)
        failpoints.strike("before effect")
        outcomes = local_handlers[name](jobs)
        failpoints.strike("after effect")
        for job in jobs:
            for step in job.changed_steps:
                minutes.change(job, step)
        minutes.record([(job, job.step, outcomes[job]) for job in jobs])
        failpoints.strike("recorded")
    except (LeaseLost, Stopped):
        raise
    except Exception as error:
        raise StepFault(name) from error
    part.tried.update(job.step.id for job in jobs if not isinstance(outcomes[job], Done | More))
    return [outcomes[job] for job in jobs]


def intend(part: Claim, jobs: Sequence[Job], minutes: Minutes) -> list[Errand]:
    """Takes in which calls are about to be made; where the answer is known without one, the answer."""
    errands = []
    for job in jobs:
        for step in due_steps(job, part.tried):
            begin(step)
            answer = known_answers[step.name](job, step) if step.name in known_answers else None
            if not isinstance(answer, Done) and step.name not in own_errands:
                minutes.intend(job, step)
            if answer is None:
                errands.append((job, step))
            else:
                minutes.record([(job, step, answer)])
            part.tried.add(step.id)
    failpoints.strike("intending")
    return errands


def call(part: Claim, errands: Sequence[Errand]) -> tuple[list[Answer], list[Errand]]:
    """(answers, errands not run yet): calls one after the other, outside transactions, until it is time to write down
    what came of it."""
    ends, answers = monotonic() + CALLING_SECONDS, []
    stamp(errands)
    for place, (job, step) in enumerate(errands, start=1):
        failpoints.strike("intended")
        with suppress(LeaseLost, Stopped):
            answers.append((job, step, ask(part, job, step)))
        failpoints.strike("called")
        if monotonic() > ends:
            return answers, list(errands[place:])
    return answers, []


def stamp(errands: Sequence[Errand]) -> None:
    """`now` of the steps becomes the database's clock after what went before them was committed."""
    now = Job.objects.order_by().values_list(Now(), flat=True)[:1].get()
    for _, step in errands:
        step.now = now


def ask(part: Claim, job: Job, step: Step) -> Outcome:
    """One call. A fault in a handler is an outcome like any other. Raises LeaseLost, Stopped."""
    try:
        outcome = remote_handlers.get(step.name, unknown)(job, step, renewal(part, job, step))
        if not isinstance(outcome, Done | More | Later | Waiting | Failed):
            raise TypeError(f"{step} answered with a {type(outcome).__name__}")
    except (LeaseLost, Stopped):
        part.leave([job.pk])
        raise
    except Exception as error:
        log.exception("job %s: %s failed", job.pk, step)
        return fault(error)
    if isinstance(outcome, More):
        part.tried.discard(step.id)
    return outcome


def at_open_steps(jobs: Sequence[Job], answers: Sequence[Answer]) -> list[Answer]:
    """The answers to steps that are still open, on the rows as they are now: where a person has attested during the
    call, their evidence stands. An attempt of which no intent was written down is counted now."""
    now_open = {step.id: (job, step) for job in jobs for step in job.open_steps}
    found = [(*now_open[step.id], outcome) for _, step, outcome in answers if step.id in now_open]
    for _, step, _ in found:
        if step.name in own_errands:
            begin(step)
    return found


def note(part: Claim, jobs: Sequence[Job]) -> None:
    """Where the jobs stand now, and with which of them the claim can go on."""
    mine = {job.pk for job in jobs}
    part.leave(pk for pk in part.fences if pk not in mine)
    for job in jobs:
        steps = due_steps(job, part.tried)
        if steps:
            part.at[job.pk] = steps[0].name
        else:
            part.leave([job.pk])


def at_rest(part: Claim, jobs: Sequence[Job], errands: Sequence[Errand]) -> list[Job]:
    """Those with which the claim cannot go on now."""
    called_for = {job.pk for job, _ in errands}
    return [job for job in jobs if job.pk not in part.at and job.pk not in called_for]
