"""The web server and the workers as processes of their own, stopped together."""

import gc
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

BIN = Path(sys.executable).parent


def web(port: int) -> list[str]:
    return [
        str(BIN / "gunicorn"), "kosenai_ops.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4",
        "--graceful-timeout", "1",
    ]  # fmt: skip


def work() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "work", "--grace", "0.5"]


@contextmanager
def running(commands: dict[str, list[str]], logs: Path) -> Iterator[dict[str, subprocess.Popen]]:
    """Runs the commands, each with its log file in `logs`, and stops them all at the end, whatever happens."""
    logs.mkdir(parents=True, exist_ok=True)
    processes = {}
    try:
        for name, command in commands.items():
            with (logs / f"{name}.log").open("ab") as log:
                processes[name] = subprocess.Popen(  # noqa: S603  (our own commands)
                    command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                    start_new_session=True, env=os.environ,
                )  # fmt: skip
        yield processes
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C would leave some of them behind
        stop(processes.values())
        gc.freeze()  # or Python looks for cycles for a second before it ends


def stop(processes: Collection[subprocess.Popen]) -> None:
    """Ends the processes and their children, all at the same time: gently, and after ten seconds not gently."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + 10
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(until - time.monotonic(), 0))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def died(processes: dict[str, subprocess.Popen]) -> str | None:
    """The name of a process that has ended by itself."""
    return next((name for name, process in processes.items() if process.poll() is not None), None)


def wait_until_it_answers(url: str, processes: dict[str, subprocess.Popen], seconds: float = 60) -> None:
    """Raises RuntimeError when a process ends or the time is up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if name := died(processes):
            raise RuntimeError(f"The {name} process ended at once; its log says why.")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  (our own address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer after {seconds:.0f} seconds.")
