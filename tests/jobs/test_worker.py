"""A real worker in processes of its own, on the configured broker: killed, poisoned, its messages lost."""

import random
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from kombu.exceptions import KombuError

from kosenai_ops.celery import app
from kosenai_ops.supervision import Worker, Workers
from privacy.catalogue import Planned
from privacy.evidence import audit
from privacy.jobs import bells
from privacy.models import AuditEntry, Case, Job, Lane, Outcome, Step
from tests import factories as f
from tests import working
from tests.jobs.steps import given, local

pytestmark = pytest.mark.xdist_group("workers")  # one after the other: each is several processes

LEASE_SECONDS = 1.5
PATIENCE_SECONDS = 10


class Victims(Workers):
    """The shipped workers with the tests' own steps, killed without notice. Of the prompt lane only, which is that of
    the work that the tests give."""

    def __init__(self, *, app: str, patience: float):
        self.patience, self.victim = patience, Worker(Lane.PROMPT, app, patience)
        self.all = [self.victim]

    def children(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.victim.process.pid).children(recursive=True)
        return []

    def kill(self) -> bool:
        if not self.children():
            return False  # it has not started yet
        self.victim.kill()
        return True

    def kill_a_child(self) -> bool:
        children = self.children()
        if children:
            with suppress(psutil.NoSuchProcess):
                random.choice(children).kill()
        return bool(children)


@pytest.fixture
def worker(process_environment, monkeypatch):
    for name, value in (process_environment | {"LEASE_SECONDS": str(LEASE_SECONDS)}).items():
        monkeypatch.setenv(name, value)
    empty_the_broker()
    running = Victims(app="tests.jobs.worker", patience=PATIENCE_SECONDS)
    yield running
    running.victim.kill()  # how they are ended in peace is seen where `manage.py work` is
    empty_the_broker()


def empty_the_broker() -> bool:
    with app.connection_for_write() as broker, suppress(KombuError, *broker.channel_errors):  # no queue yet
        broker.channel().queue_purge(settings.CELERY_TASK_DEFAULT_QUEUE)
    return True


def sweep_until(is_over, seconds: float, meanwhile=lambda: None) -> None:
    """Sweeps as `manage.py work` does, only more often; fails when it is not over in time."""
    until = time.monotonic() + seconds
    while not is_over():
        assert time.monotonic() < until, list(Job.objects.values_list("at_step", "claims", "parked_because"))
        meanwhile()
        bells.sweep()
        time.sleep(0.3)


def ring(request_ids) -> None:
    bells.ring(Job.objects.filter(case__in=request_ids))


def fulfilled(requests) -> int:
    return Case.objects.filter(pk__in=requests, outcome=Outcome.FULFILLED).count()


def events_of(request_id) -> list[str]:
    """The chain's events, after a look at every link."""
    entries = list(AuditEntry.objects.filter(chain=request_id).order_by("n"))
    previous = audit.GENESIS
    for n, entry in enumerate(entries, start=1):
        assert (entry.n, entry.previous, entry.digest) == (n, previous, audit.digest_of(entry))
        previous = entry.digest
    return [event for entry in entries for event, _ in working.parts_of(entry)]


# (requests, killed children, lost messages, killed workers)
SOME, MANY = (16, 3, 2, 1), pytest.param((40, 8, 3, 2), marks=pytest.mark.attack)


@pytest.mark.parametrize("blows", [SOME, MANY], ids=["some", "many"])
def test_killed_workers_killed_children_and_lost_messages_lose_and_repeat_nothing(worker, blows):
    number, children, messages, workers = blows
    plan = [local("first"), Planned("test count", units=10), Planned("test effect"), local("last")]
    actor = f.StaffFactory()
    requests = [given(*plan, requested_by=actor).id for _ in range(number)]

    def restart():
        return worker.kill() and empty_the_broker()

    deeds = [worker.kill_a_child] * children + [empty_the_broker] * messages + [restart] * workers
    random.shuffle(deeds)

    def strike():
        """One deed, once the worker is at work."""
        worker.look()
        if deeds and fulfilled(requests) and deeds[-1]():
            deeds.pop()

    ring(requests)
    sweep_until(lambda: fulfilled(requests) == len(requests) and not deeds, 240, strike)
    for request_id in requests:
        events = events_of(request_id)
        assert events.count("step.done") == len(plan)
        assert events.count("case.job_ended") == 1
    keys = Step.objects.filter(name="test effect").values_list("key", flat=True)
    effects = Path(settings.VAR_DIR) / "effects"
    assert {file.name for file in effects.iterdir()} == {str(key) for key in keys}


def test_a_request_that_kills_every_worker_is_parked_after_five_and_its_neighbours_are_fulfilled(worker):
    poisoned = given(local("before"), Planned("test poison"))
    neighbours = [given(local("a"), Planned("test count", units=10)).id for _ in range(6)]
    ring([poisoned.id, *neighbours])

    def is_over():
        return poisoned.job.parked_because and fulfilled(neighbours) == len(neighbours)

    sweep_until(is_over, 90, worker.look)
    assert poisoned.job.parked_because.startswith("test poison: the worker died or stalled 5 times")
    assert (poisoned.job.claims, poisoned.job.fence) == (6, 7)  # once it came as far as the step before
    assert [s.state for s in poisoned.steps.all()] == ["done", "pending"]


def test_a_message_that_died_with_its_worker_is_not_needed(worker):
    """Redis and RabbitMQ would deliver it again some day; a folder of files has forgotten it."""
    requests = [given(Planned("test effect")).id for _ in range(20)]
    ring(requests[:1])
    until = time.monotonic() + 60
    while not Step.objects.filter(state="started").exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    worker.kill()
    empty_the_broker()
    assert Job.objects.filter(lease_until__isnull=False).exists()
    sweep_until(lambda: fulfilled(requests) == len(requests), 60, worker.look)


RING = """
import time, uuid
import kosenai_ops.celery, django
django.setup()
from privacy.jobs import bells
from privacy.models import Job
started = time.monotonic()
bells.ring([Job(id=uuid.uuid4(), lane="prompt") for _ in range(50)])
print(time.monotonic() - started)
"""


@pytest.fixture
def deaf_port():
    """A port that takes connections and never says a word, as a stopped server's does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


# One of each sort that refuses, that is deaf and that is gone; an attack tries the others.
@pytest.mark.parametrize(
    "broker",
    [
        "redis://127.0.0.1:1/0", "amqp deaf", "folder",
        *[pytest.param(broker, marks=pytest.mark.attack) for broker in ("amqp://127.0.0.1:1//", "redis deaf")],
    ],
)  # fmt: skip
def test_a_broker_that_does_not_answer_holds_up_nobody_and_leaves_the_work_due(
    broker, process_environment, deaf_port, tmp_path
):
    environment = dict(process_environment)
    if broker == "folder":
        environment |= {"CELERY_BROKER_URL": "filesystem://", "VAR_DIR": str(tmp_path)}
        script = RING.replace("started =", f"import shutil; shutil.rmtree({str(tmp_path / 'broker')!r}); started =")
    else:
        url = f"{broker.removesuffix(' deaf')}://127.0.0.1:{deaf_port}" if broker.endswith("deaf") else broker
        environment |= {"CELERY_BROKER_URL": url}
        script = RING
    request = given(local("a"))
    rung = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert rung.returncode == 0, rung.stderr
    assert float(rung.stdout) < 3
    assert "broker does not answer" in rung.stderr
    assert working.is_due(request.id)
