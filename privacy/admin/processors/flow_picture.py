"""The data flow as a picture: three columns of names and a ribbon for each flow. Geometry only; the template draws."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from privacy.selectors.processing import Flow

WIDTH = 1120
TOP = 48
ROW = 34  # from one name to the next in a column
TALL = 24.0  # height of a name's bar or box
BAR, BOX = 6, 320  # widths: of the bar beside a name, of the box around a purpose
COLUMNS = (210, 440, 980)  # where the bars and boxes of the columns begin
HERE = "Kosenai only"


@dataclass(frozen=True)
class Node:
    """A name in a column: beside its bar on the outside, within its box in the middle."""

    name: str
    x: int
    y: float
    width: int
    label_x: int
    anchor: str
    height: float = TALL

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def is_box(self) -> bool:
        return self.width == BOX


@dataclass(frozen=True)
class Ribbon:
    """A flow between two names, and its text for those who point at it or hear it."""

    path: str
    width: float
    text: str
    shade: int


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    nodes: list[Node]
    ribbons: list[Ribbon]
    headings: list[tuple[int, str, str]]


@dataclass(frozen=True)
class Row:
    """A line of the table beneath the picture."""

    category: str
    key: str
    purpose: str
    recipients: str
    fields: int


def table(flows: Sequence[Flow], names: dict[str, str]) -> list[Row]:
    """The same facts in words, a line for each category and purpose, for reading, searching and screen readers."""
    fields: Counter = Counter()
    goes_to: dict[tuple, set[str]] = defaultdict(set)
    for flow in flows:
        line = (flow.category_name, str(flow.category), flow.use.text)
        fields[line] += flow.fields
        goes_to[line] |= {*recipients(flow, names)}
    return [Row(*line, ", ".join(sorted(goes_to[line])), fields[line]) for line in sorted(fields)]


def recipients(flow: Flow, names: dict[str, str]) -> list[str]:
    return [names.get(key, key) for key in flow.recipients] or [HERE]


def draw(flows: Sequence[Flow], names: dict[str, str]) -> Picture:
    first, second = Counter(), Counter()
    for flow in flows:
        first[flow.category_name, flow.use.text] += flow.fields
        for name in recipients(flow, names):
            second[flow.use.text, name] += flow.fields
    columns = [ranked(first, 0), ranked(first, 1), ranked(second, 1)]
    tallest = max(map(len, columns), default=0)
    nodes = [
        {name: node(name, column, place, len(order), tallest) for place, name in enumerate(order)}
        for column, order in enumerate(columns)
    ]
    shades = {name: place % 6 for place, name in enumerate(columns[1])}
    ribbons = [ribbon(nodes[0][a], nodes[1][b], number, shades[b]) for (a, b), number in first.items()]
    ribbons += [ribbon(nodes[1][a], nodes[2][b], number, shades[a]) for (a, b), number in second.items()]
    headings = [
        (COLUMNS[0] - 10, "end", "Data"),
        (COLUMNS[1] + BOX // 2, "middle", "Purpose"),
        (COLUMNS[2] + BAR + 10, "start", "Processor"),
    ]
    everyone = [n for column in nodes for n in column.values()]
    return Picture(WIDTH, TOP + ROW * tallest + 12, everyone, ribbons, headings)


def ranked(counted: Counter, end: int) -> list[str]:
    """The names at one end of the counted pairs, the widest first."""
    totals: Counter = Counter()
    for pair, number in counted.items():
        totals[pair[end]] += number
    return [name for name, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))]


def node(name: str, column: int, place: int, of: int, tallest: int) -> Node:
    """Columns of fewer names are spread over the height of the tallest."""
    step = ROW * tallest / of
    x, y = COLUMNS[column], TOP + step * place + (step - TALL) / 2
    width, label_x, anchor = (
        (BAR, x - 10, "end"),
        (BOX, x + BOX // 2, "middle"),
        (BAR, x + BAR + 10, "start"),
    )[column]
    return Node(name, x, y, width, label_x, anchor)


def ribbon(a: Node, b: Node, number: int, shade: int) -> Ribbon:
    start, end = a.right, b.x
    bend = (start + end) / 2
    path = f"M{start} {a.middle:.1f} C{bend:.0f} {a.middle:.1f} {bend:.0f} {b.middle:.1f} {end} {b.middle:.1f}"
    fields = "1 field" if number == 1 else f"{number} fields"
    return Ribbon(path, min(1.5 + number * 0.7, 14), f"{a.name} → {b.name}: {fields}", shade)
