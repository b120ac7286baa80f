"""The workers, looked after: started, started again when they end, replaced when they live and consume nothing.

A Celery worker can do that after its children were killed or its broker went away and came back (celery #8030,
#10205), so being alive counts for nothing here: what counts is whether due work is touched, by the database.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from privacy.jobs.bells import queue_of
from privacy.models import Lane
from privacy.selectors import queue

log = logging.getLogger(__name__)

# Processes a lane. What many were asked for at once has one, so that it leaves room on a small machine.
PROCESSES = {Lane.PROMPT: 2, Lane.BULK: 1}
GRACE_SECONDS = 5.0
# A worker that cannot start is not started in a tight circle.
RESTART_SECONDS = 5
MOST_PATIENT = 16


class Worker:
    """The Celery worker of one lane. `app` is the Celery application's module."""

    def __init__(self, lane: str, app: str, patience: float):
        self.lane, self.patience = lane, patience
        self.command = [
            sys.executable, "-m", "celery", "-A", app, "worker", "-Q", queue_of(lane), "-c", str(PROCESSES[lane]),
            "-n", f"{lane}-{os.getpid()}@%h", "-l", "INFO",
            "--without-gossip", "--without-mingle", "--without-heartbeat",  # nobody listens to them here
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        """A session of its own: Ctrl-C does not reach it past us, and its children are killed with it."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603  (our own command)

    @property
    def age(self) -> float:
        return time.monotonic() - self.started

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        """Ends it and its children at once: what they were doing is due again when its lease runs out."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Workers:
    """One worker a lane. `patience` is how many seconds due work may go untouched, `grace` how many they get to end."""

    def __init__(
        self, *, app: str = "kosenai_ops", patience: float = queue.PATIENCE_SECONDS, grace: float = GRACE_SECONDS
    ):
        self.patience, self.grace = patience, grace
        self.all = [Worker(lane, app, patience) for lane in Lane.values]

    def look(self) -> bool:
        """Starts anew what has ended or consumes nothing; whether there was any such."""
        ended = [worker for worker in self.all if worker.has_ended() and worker.age > RESTART_SECONDS]
        deaf = [worker for worker in self.all if not worker.has_ended() and self.is_deaf(worker)]
        for worker in deaf:
            # A new one that does not help either may be slow to start, or the broker is away.
            worker.patience = min(2 * worker.patience, MOST_PATIENT * self.patience)
        for worker in [*ended, *deaf]:
            log.warning("the %s worker has ended or consumes nothing; it is started anew", worker.lane)
            worker.kill()
            worker.start()
        return bool(ended or deaf)

    def is_deaf(self, worker: Worker) -> bool:
        untouched = queue.untouched_seconds([worker.lane]) or 0
        if untouched < self.patience:
            worker.patience = self.patience
        return min(untouched, worker.age) > worker.patience

    def stop(self) -> None:
        """Lets them finish what they are at for a few seconds, all at the same time, and then ends them."""
        for worker in self.all:
            worker.process.terminate()
        until = time.monotonic() + self.grace
        for worker in self.all:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(timeout=max(until - time.monotonic(), 0))
            worker.kill()
