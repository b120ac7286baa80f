"""Steps that do as a test tells them, and a processor outside the database that remembers what it was asked."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

from django.conf import settings

from privacy.connectors.base import Call, Connector, Done, Later, Waiting
from privacy.fulfilment import engine
from privacy.fulfilment.engine import More, Planned
from privacy.models import RequestKind, RequestStatus, RightsRequest
from tests import factories as f

# What the scripted steps answer, by target; a step without a script is done at once.
scripts: dict[str, list] = {}
ran: Counter = Counter()


def play(request, step, renew=None):
    ran[step.target] += 1
    script = scripts.get(step.target)
    answer = script.pop(0) if script else Done(units=1)
    if callable(answer):
        answer = answer(request, step, renew)
    if isinstance(answer, Exception):
        raise answer
    return answer


engine.local("test local")(play)
engine.remote("test remote")(play)


@engine.local("test poison")
def poison(request, step):
    os.kill(os.getpid(), signal.SIGKILL)


@engine.local("test count")
def count(request, step):
    """Ten slices; units say how far it is."""
    return More(step.units_done + 1) if step.units_done < 9 else Done(units=10)


@engine.remote("test effect")
def effect(request, step, renew):
    """Takes effect outside the database, once a key: a repeat leaves the file as it is."""
    time.sleep(0.05)
    folder = Path(settings.VAR_DIR) / "effects"
    folder.mkdir(exist_ok=True)
    (folder / str(step.idempotency_key)).touch()
    time.sleep(0.05)
    return Done(units=1)


def given(*plan: Planned, kind: str = RequestKind.ACCESS, **fields) -> RightsRequest:
    """A request in progress with this plan. An erasure has its approver."""
    if kind == RequestKind.ERASURE:
        fields = {"approved_by": f.StaffFactory(), "approved_at": "2026-11-01T00:00Z"} | fields
    request = f.RightsRequestFactory(kind=kind, **{"status": RequestStatus.IN_PROGRESS} | fields)
    with engine.transaction.atomic():
        engine.freeze({request: list(plan)})
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

    def references(self, subject_id):
        return {"id": [f"ext-{subject_id}"]}

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
