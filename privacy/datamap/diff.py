"""What a change of the data map touches: the map as it was at a revision beside the map as it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from privacy.datamap import export

type Column = Mapping[str, str]
type Columns = dict[str, Column]


UNKNOWN = "the map of that revision does not say what a package tells"


@dataclass(frozen=True)
class Section:
    """Something that people read, and in which sentences it will read otherwise."""

    title: str
    sentences: list[str]


def columns_now() -> Columns:
    """{`table.column`: all that the map says of it}."""
    return {f"{line.table}.{line.column}": asdict(line) for line in export.lines()}


def columns_of(printed: Mapping[str, Any]) -> Columns:
    """The same, of what `datamap --format json` has printed, there or then."""
    tables = ((table, column) for table in printed["tables"] for column in table["columns"])
    return {f"{table['table']}.{column['column']}": {**table, **column, "columns": ""} for table, column in tables}


def touched(before: Columns, now: Columns) -> list[Section]:
    """Receipts, packages, lines of the record of processing and recipients, in this order."""
    return [
        Section("Receipts", list(_changed(before, now, _erased))),
        Section(
            "Access packages", list(_changed(before, now, _told)) if any(map(_told, before.values())) else [UNKNOWN]
        ),
        Section("Record of processing", list(_changed(_record(before), _record(now), _said))),
        Section("Recipients", list(_recipients(_sent(before), _sent(now)))),
    ]


def _changed(before: Columns, now: Columns, says: Callable[[Column], str]) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        was, is_now = (says(columns[name]) if name in columns else "" for columns in (before, now))
        if was != is_now:
            yield f"{name}: {was or 'nothing'} -> {is_now or 'nothing'}"


def _erased(column: Column) -> str:
    """What erasure does to it: a treatment, or that rows go which name the person."""
    if column.get("treatment") or column["says"] in ("personal", "not personal", "exempt"):
        return column.get("treatment", "")
    return column["says"]


def _told(column: Column) -> str:
    return column.get("package", "")


def _said(part: Column) -> str:
    return part["says"]


def _record(columns: Columns) -> Columns:
    """{`table, part of its line in the record`: what it says}."""
    found: dict[str, dict[str, str]] = {}
    for column in columns.values():
        for part in ("purpose", "lawful_basis", "retention", "category", "special"):
            said = found.setdefault(f"{column['table']}, {part.replace('_', ' ')}", {"says": ""})
            said["says"] = _joined(said["says"], column.get(part, ""))
    return dict(found)


def _joined(words: str, more: str) -> str:
    return " | ".join(sorted({*filter(None, words.split(" | ")), *filter(None, [more])}))


def _sent(columns: Columns) -> dict[str, set[str]]:
    """{recipient: kinds of data that it gets}."""
    found: dict[str, set[str]] = {}
    for column in columns.values():
        for key in column.get("recipients", "").split():
            found.setdefault(key, set()).update(filter(None, [column.get("category", "")]))
    return found


def _recipients(before: Mapping[str, set[str]], now: Mapping[str, set[str]]) -> Iterator[str]:
    for key in sorted(before.keys() | now.keys()):
        gets, got = now.get(key, set()), before.get(key, set())
        if more := gets - got:
            yield f"{key} gets {_listed(more)} now"
        if less := got - gets:
            yield f"{key} gets {_listed(less)} no longer"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
