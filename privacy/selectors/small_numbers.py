"""No figure about fewer than k people: which cells of published tables are hidden, and which others with them, so that
no sum of what is shown gives a hidden one away.

Cells are linked by sums (a total and its parts), whichever tables they stand in. A cell about one to k - 1 people is
hidden as small. Then, until nothing more is exposed, cells about k people or more are hidden beside it:
- in each sum of which a part is hidden and the total shown, at least one part about k people or more is hidden, and
  these have one case more than they must: what is left over never is a figure about fewer than k people, and more than
  one number fits every small cell;
- no small cell follows from the sums as linear equations (Gauss): totals of different tables give none away together;
- none is pinned to one number by what the sums leave room for, to somebody who knows that a small cell is one to k - 1
  and another hidden one k or more.
That nobody is in a cell is told: a nought is about no one. But of a total that is small every part reads as small, the
noughts too but those that another nought gives away, or the number of parts would give the total away.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

type Key = tuple[str, ...]
ALL: Key = ("all",)
ROUNDS = 20


@dataclass(frozen=True)
class Cell:
    """So many cases, of so many people; of `people` it matters whether they are fewer than k."""

    number: int
    people: int


@dataclass(frozen=True)
class Sum:
    total: Key
    parts: tuple[Key, ...]


@dataclass
class Published:
    """Cells and their sums. `small` are hidden because they are about fewer than `k` people, or parts of such a one,
    `beside` so that these are not given away."""

    k: int
    cells: Mapping[Key, Cell]
    sums: Sequence[Sum]
    small: set[Key] = field(default_factory=set)
    beside: set[Key] = field(default_factory=set)
    tells_why: bool = (
        True  # of what is hidden, whether it is small: no, where that would pin a cell and nothing is left
    )

    def __post_init__(self) -> None:
        self.small = {key for key, cell in self.cells.items() if cell.number and cell.people < self.k}
        empty = {part for one in self.sums if not self.cells[one.total].number for part in one.parts}
        while parts := self._parts_of_small() - self.small - empty:
            self.small |= parts
        while (another := self._to_hide()) is not None:
            self.beside.add(another)
        self.tells_why = not self._pinned()

    def is_small(self, key: Key) -> bool:
        """Whether it may be said that the cell is hidden because it is small."""
        return self.tells_why and key in self.small

    def _parts_of_small(self) -> set[Key]:
        return {part for one in self.sums if one.total in self.small for part in one.parts}

    def is_hidden(self, key: Key) -> bool:
        return key in self.small or key in self.beside

    def shown(self, key: Key) -> int | None:
        """None of a hidden one."""
        return None if self.is_hidden(key) else self.cells[key].number

    def _to_hide(self) -> Key | None:
        """A cell that has to be hidden as well."""
        for one in self.sums:
            if self._is_exposed(one):
                return self._cheapest(one.parts) or one.total
        for key in sorted(self._derivable() or self._pinned()):
            near = {other for one in self.sums if key in (one.total, *one.parts) for other in (one.total, *one.parts)}
            if (found := self._cheapest(near) or self._cheapest(self.cells)) is not None:
                return found
        return None

    def _is_exposed(self, one: Sum) -> bool:
        hidden = [part for part in one.parts if self.is_hidden(part) and self.cells[part].number]
        if self.is_hidden(one.total):
            return not hidden and self.cells[one.total].number > 0
        if not hidden:
            return False
        large = [self.cells[part].number for part in hidden if part not in self.small]
        return not large or sum(large) <= self.k * len(large)

    def _cheapest(self, keys: Iterable[Key]) -> Key | None:
        """The smallest that is shown and about somebody; parts before totals, which are larger."""
        shown = [key for key in keys if not self.is_hidden(key) and self.cells[key].number]
        return min(shown, key=lambda key: (self.cells[key].number, key), default=None)

    def _derivable(self) -> set[Key]:
        """Small cells that what is shown gives away, alone or as a sum of small ones with one another."""
        found = set()
        for row in reduced(self._equations()):
            if not row.keys() & self.small:
                continue
            if len(row) == 1 or (row.keys() <= self.small and all(factor > 0 for factor in row.values())):
                found |= row.keys() & self.small
        return {key for key in found if self.cells[key].number}

    def _pinned(self) -> set[Key]:
        """Small cells for which, by the bounds of the others in each sum, no number near their own is possible."""
        bounds = self._narrowed({key: self._known(key) for key in self.cells})
        return {key for key in self.small if self.cells[key].number and not self._can_be_another(key, bounds)}

    def _can_be_another(self, key: Key, bounds: dict[Key, tuple[int, int]]) -> bool:
        number, (low, high) = self.cells[key].number, bounds[key]
        near = (other for other in (number - 1, number + 1, number - 2, number + 2) if low <= other <= high)
        return any(
            all(least <= most for least, most in self._narrowed(bounds | {key: (other, other)}).values())
            for other in near
        )

    def _narrowed(self, bounds: dict[Key, tuple[int, int]]) -> dict[Key, tuple[int, int]]:
        """The least and the most that each cell can be, by each sum in turn, ROUNDS times at most."""
        for _ in range(ROUNDS):
            before = dict(bounds)
            for one in self.sums:
                bounds.update(narrowed(one, bounds))
            if bounds == before:
                break
        return bounds

    def _known(self, key: Key) -> tuple[int, int]:
        """What the page says of a cell: its number, or from which to which one."""
        whole = max(cell.number for cell in self.cells.values()) + self.k
        if key in self.small:
            of_small = any(one.total in self.small and key in one.parts for one in self.sums)
            return (0 if of_small else 1, self.k - 1 if self.cells[key].number < self.k else whole)
        return (self.k, whole) if key in self.beside else (self.cells[key].number, self.cells[key].number)

    def _equations(self) -> Iterator[dict[Key, Fraction]]:
        """The hidden part of each sum: {cell: factor}; what is shown stands on the other side."""
        for one in self.sums:
            row = {part: Fraction(1) for part in one.parts if self.is_hidden(part)}
            if self.is_hidden(one.total):
                row[one.total] = Fraction(-1)
            if row:
                yield row


def narrowed(one: Sum, bounds: Mapping[Key, tuple[int, int]]) -> Iterator[tuple[Key, tuple[int, int]]]:
    """(cell, least and most that it can be) of the total and the parts of a sum."""
    least, most = (sum(bounds[part][side] for part in one.parts) for side in (0, 1))
    low, high = bounds[one.total]
    yield one.total, (max(low, least), min(high, most))
    for part in one.parts:
        of_part = bounds[part]
        yield part, (
            max(of_part[0], low - (most - of_part[1])), min(of_part[1], high - (least - of_part[0]))
        )  # fmt: skip


def reduced(rows: Iterable[dict[Key, Fraction]]) -> list[dict[Key, Fraction]]:
    """The reduced row echelon form of linear equations."""
    done: dict[Key, dict[Key, Fraction]] = {}
    for row in rows:
        for pivot, other in done.items():
            row = _less(row, other, row.get(pivot))
        if not row:
            continue
        pivot = min(row)
        row = {key: factor / row[pivot] for key, factor in row.items()}
        done = {other: _less(found, row, found.get(pivot)) for other, found in done.items()}
        done[pivot] = row
    return list(done.values())


def _less(row: dict[Key, Fraction], other: dict[Key, Fraction], times: Fraction | None) -> dict[Key, Fraction]:
    if not times:
        return row
    found = {key: row.get(key, Fraction(0)) - times * other.get(key, Fraction(0)) for key in {*row, *other}}
    return {key: factor for key, factor in found.items() if factor}
