"""Joins lines to blocks of about 64 KiB: fewer and larger writes, and no table in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SIZE = 64 * 1024


@dataclass(frozen=True)
class Block:
    data: bytes
    rows: int


def of(lines: Iterable[bytes], *, header: bytes = b"") -> Iterator[Block]:
    """Blocks of whole lines; `header` is a line that is no row."""
    parts, size, rows = [header], len(header), 0
    for line in lines:
        parts.append(line)
        size += len(line)
        rows += 1
        if size >= SIZE:
            yield Block(b"".join(parts), rows)
            parts, size, rows = [], 0, 0
    if size:
        yield Block(b"".join(parts), rows)
