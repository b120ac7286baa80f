"""What is shown of linked tables lets nobody reckon a figure about fewer than k people."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.selectors.small_numbers import ALL, Cell, Published, Sum

K = 3


def table(rows: list[list[int]], k: int = K) -> Published:
    """Rows and columns with both margins and the whole, a case a person."""
    cells, sums = {}, []
    for r, row in enumerate(rows):
        cells |= {(str(r), str(c)): number for c, number in enumerate(row)}
        cells["row", str(r)] = sum(row)
        sums.append(Sum(("row", str(r)), tuple((str(r), str(c)) for c in range(len(row)))))
    for c in range(len(rows[0])):
        cells["column", str(c)] = sum(row[c] for row in rows)
        sums.append(Sum(("column", str(c)), tuple((str(r), str(c)) for r in range(len(rows)))))
    cells[ALL] = sum(map(sum, rows))
    sums += [Sum(ALL, tuple(key for key in cells if key[0] == kind)) for kind in ("row", "column")]
    return Published(k, {key: Cell(number, number) for key, number in cells.items()}, sums)


def possible(published: Published, of: tuple[str, ...], enough: int = 2) -> set[int]:
    """What an attacker finds possible of a cell, who knows all that is shown, and of what is hidden why: that a small
    one is about one to k - 1 people, or nobody where its total is small too, and every other about k at least. Stops at
    `enough` values."""
    of_small = {part for one in published.sums if one.total in published.small for part in one.parts}
    hidden = sorted(published.small | published.beside)
    whole = max(cell.number for cell in published.cells.values()) + 2 * K
    values = {key: published.shown(key) for key in published.cells if not published.is_hidden(key)}
    order = [of, *(key for key in hidden if key != of)]
    found = set()

    def range_of(key) -> range:
        low, high = (0 if key in of_small else 1, K) if key in published.small else (K, whole + 1)
        low, high = (low, high) if published.tells_why else (0, whole + 1)
        for one in published.sums:  # what the sums leave room for
            known = sum(values.get(part, 0) for part in one.parts if part != key)
            if key in one.parts and one.total in values:
                high = min(high, values[one.total] - sum(values.get(p, 0) for p in one.parts if p != key) + 1)
                if all(part in values for part in one.parts if part != key):
                    low = max(low, values[one.total] - known)
            if key == one.total:
                low = max(low, sum(values.get(part, 0) for part in one.parts))
                if all(part in values for part in one.parts):
                    high = min(high, sum(values[part] for part in one.parts) + 1)
        return range(low, high)

    def fill(place: int) -> bool:
        if place == len(order):
            return True
        key = order[place]
        for value in range_of(key):
            values[key] = value
            if fill(place + 1):
                return True
            del values[key]
        values.pop(key, None)
        return False

    for value in range_of(of):
        for key in hidden:
            values.pop(key, None)
        values[of] = value
        if fill(1):
            found.add(value)
        if len(found) >= enough:
            break
    return found


def exposed(published: Published) -> dict:
    about_somebody = [key for key in published.small if published.cells[key].number]
    return {key: numbers for key in about_somebody if len(numbers := possible(published, key)) < 2}


SMALL_TABLES = st.integers(1, 3).flatmap(
    lambda width: st.lists(
        st.lists(st.one_of(st.integers(0, 4), st.integers(0, 12)), min_size=width, max_size=width),
        min_size=1, max_size=3,
    )
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(SMALL_TABLES)
def test_no_small_cell_can_be_reckoned(rows):
    published = table(rows)
    assert exposed(published) == {}
    shown = {key: published.shown(key) for key in published.cells}
    assert not [key for key, number in shown.items() if number and number < K]


@settings(max_examples=400, deadline=None)
@given(SMALL_TABLES)
def test_what_is_left_of_a_sum_is_nothing_or_about_enough_people(rows):
    published = table(rows)
    for one in published.sums:
        if published.shown(one.total) is not None:
            rest = sum(published.cells[part].number for part in one.parts if published.is_hidden(part))
            assert rest == 0 or rest >= K


def test_a_table_in_which_nothing_is_small_is_shown_whole():
    published = table([[5, 9], [3, 0]])
    assert not published.small and not published.beside


def test_a_total_does_not_give_its_only_small_part_away():
    cells = {ALL: Cell(30, 30), ("a",): Cell(20, 20), ("b",): Cell(9, 9), ("c",): Cell(1, 1)}
    published = Published(K, cells, [Sum(ALL, (("a",), ("b",), ("c",)))])
    assert (published.small, published.beside) == ({("c",)}, {("b",)})


def test_totals_of_two_tables_do_not_give_a_small_one_away_together():
    """A small group of one table is that of another: each table alone would hide too little."""
    cells = {key: Cell(n, n) for key, n in {
        ALL: 40, ("x",): 22, ("y",): 18, ("x", "1"): 20, ("x", "2"): 2, ("y", "1"): 17, ("y", "2"): 1,
        ("1",): 37, ("2",): 3,
    }.items()}  # fmt: skip
    sums = [
        Sum(ALL, (("x",), ("y",))), Sum(ALL, (("1",), ("2",))), Sum(("x",), (("x", "1"), ("x", "2"))),
        Sum(("y",), (("y", "1"), ("y", "2"))), Sum(("1",), (("x", "1"), ("y", "1"))),
        Sum(("2",), (("x", "2"), ("y", "2"))),
    ]  # fmt: skip
    assert exposed(Published(K, cells, sums)) == {}


def test_many_cases_of_few_people_are_a_small_figure():
    published = Published(10, {ALL: Cell(15, 1)}, [])
    assert published.shown(ALL) is None and published.is_hidden(ALL)


@pytest.mark.parametrize("number", [0, 10])
def test_nobody_and_enough_are_told(number):
    assert Published(10, {ALL: Cell(number, number)}, []).shown(ALL) == number
