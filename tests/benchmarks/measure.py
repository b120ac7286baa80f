"""Wall clock, CPU and peak memory of one piece of work."""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter


@dataclass(frozen=True)
class Cost:
    """wall and cpu in seconds (cpu of this process and its children), memory growth in MiB."""

    wall: float
    cpu: float
    memory: float


def cost(work: Callable[[], object]) -> Cost:
    """Runs `work` once. The peak is the kernel's, reset before the run (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")
    before, cpu, started = peak_mib(), cpu_seconds(), perf_counter()
    work()
    return Cost(perf_counter() - started, cpu_seconds() - cpu, max(0.0, peak_mib() - before))


def cpu_seconds() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def peak_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this kernel does not tell the peak memory")
