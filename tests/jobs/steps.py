"""Steps that do as a test tells them, and a processor outside the database that remembers what it was asked."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Value

from privacy.catalogue import Planned
from privacy.connectors.base import Call, Connector
from privacy.jobs import handlers
from privacy.jobs.order import freeze
from privacy.jobs.outcomes import Done, Later, More, Waiting
from privacy.models import Case, DataSubject, State
from tests import factories as f

# What the scripted steps answer, by target; a step without a script is done at once.
scripts: dict[str, list] = {}
ran: Counter = Counter()


def play(job, step, renew=None):
    """A script that is a function gets the job's request, the step and how to renew."""
    ran[step.target] += 1
    script = scripts.get(step.target)
    answer = script.pop(0) if script else Done(units=1)
    if callable(answer):
        answer = answer(job.case, step, renew)
    if isinstance(answer, Exception):
        raise answer
    return answer


handlers.local("test local")(handlers.one_by_one(play))
handlers.remote("test remote")(play)


@handlers.local("test poison")
def poison(jobs):
    os.kill(os.getpid(), signal.SIGKILL)


@handlers.local("test count")
@handlers.one_by_one
def count(job, step):
    """Ten slices; units say how far it is."""
    return More(step.units_done + 1) if step.units_done < 9 else Done(units=10)


@handlers.remote("test effect")
def effect(job, step, renew):
    """Takes effect outside the database, once a key: a repeat leaves the file as it is."""
    time.sleep(0.05)
    folder = Path(settings.VAR_DIR) / "effects"
    folder.mkdir(exist_ok=True)
    (folder / str(step.key)).touch()
    time.sleep(0.05)
    return Done(units=1)


WORK = ("due_on", "not_before", "parked_because", "lane", "claims")  # fields of the job


def given(*plan: Planned, kind: str = "access", **fields) -> Case:
    """A request in progress whose job has this plan. An erasure has its approver."""
    if kind == "erasure":
        fields = {"deciders": 2, "approved_by": f.StaffFactory(), "approved_at": "2026-11-01T00:00Z"} | fields
    work = {name: fields.pop(name) for name in WORK if name in fields}
    request = f.CaseFactory(kind=kind, **{"state": State.FULFILLING, "due_on": work.get("due_on")} | fields)
    job = f.JobFactory(case=request, at_step=plan[0].name, **work)
    with transaction.atomic():
        freeze({job: list(plan)})
    return request


def local(target: str, **script) -> Planned:
    return Planned("test local", target, **script)


def remote(target: str) -> Planned:
    return Planned("test remote", target)


class RememberingProcessor(Connector):
    """Keeps one file for each idempotency key, made by the first call; a repeat finds it and changes nothing.

    The first call is answered with 'busy' and the second with 'accepted', so that the engine comes back twice.
    """

    key = "remembering"
    name = "Remembering processor"

    def __init__(self, folder: Path | None = None):
        self.folder = folder

    def names_of(self, accounts):
        return [DataSubject.objects.filter(pk__in=accounts).order_by().values_list("pk", Value("id"), Value(""))]

    def erase(self, call: Call):
        effects = self.folder / str(call.idempotency_key)
        try:
            os.close(os.open(effects, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            pass
        else:
            with (self.folder / "effects").open("a") as log:
                log.write(f"{call.idempotency_key}\n")
            return Later("busy", seconds=1)
        polled = effects.with_suffix(".polled")
        if not polled.exists():
            polled.touch()
            return Waiting("accepted", seconds=1)
        return Done({"outcome": "erased"})
