"""`manage.py work`: everything that carries requests out, as one process to start and to stop."""

import gc
import logging
import signal
import sys
import time

from django.core.management.base import BaseCommand
from django.db import connection

from kosenai_ops.supervision import GRACE_SECONDS, Workers
from privacy import tasks
from privacy.selectors import queue

log = logging.getLogger(__name__)

SWEEP_EVERY = 15  # seconds


class Command(BaseCommand):
    help = (
        "Runs the workers and the sweep, and keeps them running: a worker that has ended, or that lives and consumes "
        "nothing, is started anew. SIGTERM or Ctrl-C stops all of it. Any number may run, on any number of machines."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--patience", type=float, default=queue.PATIENCE_SECONDS, metavar="SECONDS",
            help="Replace a worker when what is due for it has not been touched for so long (default: %(default)s).",
        )  # fmt: skip
        parser.add_argument(
            "--grace", type=float, default=GRACE_SECONDS, metavar="SECONDS",
            help="When stopped, let workers finish what they are at for so long (default: %(default)s).",
        )  # fmt: skip

    def handle(self, *args, patience: float, grace: float, **options):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: sys.exit(128 + number))
        workers = Workers(patience=patience, grace=grace)
        try:
            self.look_after(workers)
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)  # or an impatient second one would leave workers behind
            workers.stop()
            gc.freeze()  # or Python looks for cycles for a second before it ends

    def look_after(self, workers: Workers) -> None:
        """The sweep runs here and not as a task, so that no queue can be long enough to keep it waiting. A worker just
        started anew is rung for at once, because its predecessor took the bells with it."""
        swept = float("-inf")
        while True:
            try:
                if workers.look() or time.monotonic() - swept > SWEEP_EVERY:
                    swept = time.monotonic()
                    tasks.sweep()
            except Exception:  # a database that is away, or any fault of the sweep: the workers are looked after still
                log.exception("the sweep failed; it is tried again")
                connection.close()
                time.sleep(4)
            time.sleep(1)
