"""How far a long import is, and about how long it will still take: lines for a terminal or a log."""

import time
from collections.abc import Callable

from django.core.management.base import OutputWrapper

from privacy.selectors.progress import time_left

# A line that is written over may change each second; one in a file stays there.
SECONDS_ON_TERMINAL, SECONDS_IN_FILE = 1, 15


class Progress:
    """Counts rows and tells now and then. What takes less than the first interval tells nothing."""

    def __init__(self, out: OutputWrapper, clock: Callable[[], float] = time.monotonic):
        self.out, self.clock = out, clock
        self.on_terminal = out.isatty()
        self.done = self.total = self.before = 0
        self.started = self.told = clock()

    def expect(self, rows: int, before: int) -> None:
        """How many there are, and how many were done before: these tell nothing about the speed."""
        self.total, self.done, self.before, self.started = rows, before, before, self.clock()

    def reach(self, done: int) -> None:
        self.done = done
        if self.clock() - self.told >= (SECONDS_ON_TERMINAL if self.on_terminal else SECONDS_IN_FILE):
            self.told = self.clock()
            self.tell()

    def tell(self) -> None:
        left = time_left(self.done - self.before, self.total - self.before, self.elapsed())
        sentence = f"{self.done:,} of {self.total:,} rows; {left}"
        self.out.write(f"\r{sentence:<60}" if self.on_terminal else f"{sentence}\n", ending="")
        self.out.flush()

    def elapsed(self) -> float:
        return self.clock() - self.started

    def close(self) -> None:
        """Ends the line that was written over."""
        if self.on_terminal and self.told > self.started:
            self.out.write("\n", ending="")
