"""Web server and worker as real processes that are killed without notice, and a supervisor that starts them again."""

import random
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil


class Killable:
    """A command that runs until it is killed, and then runs again."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path):
        self.command, self.environment, self.log = [sys.executable, "-m", *command], environment, log
        self.start()

    def start(self) -> None:
        self.since = time.monotonic()
        with self.log.open("ab") as log:
            self.process = psutil.Popen(self.command, env=self.environment, stdout=log, stderr=log)

    def children(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return self.process.children(recursive=True)
        return []

    def kill_a_child(self) -> bool:
        """False while there is none, because it has not started yet."""
        children = self.children()
        if children:
            kill(random.choice(children))
        return bool(children)

    def kill(self) -> bool:
        """The whole of it, at once. False while it is starting."""
        children = self.children()
        if children:
            self.stop()
        return bool(children)

    def stop(self) -> None:
        for process in [self.process, *self.children()]:
            kill(process)
        self.process.wait()

    def supervise(self) -> None:
        if self.process.poll() is not None:
            self.start()


def kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
