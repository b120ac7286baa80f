"""Writes a whole package from one moment of the database."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.catalogue import case_kinds
from privacy.connectors.base import connectors
from privacy.connectors.recipients import references_of_all
from privacy.datamap.compiler import all_declarations
from privacy.fulfilment.package import cover, output, portable, postgres, snapshot, uploads
from privacy.fulfilment.package.archive import Archive
from privacy.fulfilment.package.blocks import Block
from privacy.fulfilment.package.tables import Table, tables_of
from privacy.fulfilment.package.uploads import Gap
from privacy.fulfilment.redaction import told
from privacy.fulfilment.redaction.texts import NOTHING
from privacy.fulfilment.redaction.told import Told
from privacy.models import Case

SCHEMA_VERSION = 1
SCHEMAS = {False: "kosenai-access", True: "kosenai-portability"}  # by whether it holds only what the person gave
READ = {"postgresql": postgres, "sqlite": portable}

# Called with the number of rows just written, after every block; may raise to stop the writing.
Tick = Callable[[int], None]


@dataclass
class Built:
    """What was written. `sha256` and `size` (bytes) are of the file as it lies on the disk, encrypted or not."""

    created_at: datetime
    counts: Counter[str] = field(default_factory=Counter)
    previews: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: int = 0
    gaps: list[Gap] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    sha256: str = ""
    size: int = 0

    @property
    def rows(self) -> int:
        return self.counts.total()

    @property
    def missing_files(self) -> int:
        return sum(gap.kind == "file" for gap in self.gaps)


def build(request: Case, path: Path, *, expires_after: timedelta, tick: Tick, looked: str = NOTHING) -> Built:
    """Writes the package of the request's subject to `path`, encrypted if the request names a key. `looked` is the
    digest of the texts that were searched for other people.

    Raises OSError when the disk is full or fails, and TextsChanged; then, and whenever `tick` raises, nothing is left
    at `path`.
    """
    built = Built(datetime.now(UTC))
    given_only = case_kinds[request.kind].given_only
    with snapshot.of_the_database() as reader, output.whole_file(path) as file:
        built.told = told.in_snapshot(reader, request, looked)
        tables = tables_of(request.subject_id, built.told, given_only=given_only)
        sealed = output.encrypted(file, request.recipient_key) if request.recipient_key else nullcontext(file)
        with sealed as sink, Archive(sink, built.created_at) as archive:
            write_json(archive, reader, tables, built, tick)
            write_csv(archive, reader, tables, tick)
            built.files, built.gaps = uploads.write(archive, reader, tables, lambda: tick(0))
            built.gaps += [*withheld_fields(tables, built.counts), *redacted_fields(built.told)]
            built.gaps += not_given() if given_only else [*derived_tables(), *unasked_processors(request)]
            write_cover(archive, request, tables, built, expires_after)
            write_manifest(archive, request, tables, built)
    built.sha256, built.size = file.sha256, file.size
    return built


def write_json(
    archive: Archive, reader: BaseDatabaseWrapper, tables: Sequence[Table], built: Built, tick: Tick
) -> None:
    """A line of JSON a row, every value as it is stored."""
    for table, blocks in READ[reader.vendor].json_tables(reader, tables):
        with archive.entry(table.path("jsonl")) as entry:
            for block in blocks:
                if table.label not in built.previews:
                    built.previews[table.label] = first_rows(block)
                built.counts[table.label] += block.rows
                entry.write(block.data)
                tick(block.rows)


def write_csv(archive: Archive, reader: BaseDatabaseWrapper, tables: Sequence[Table], tick: Tick) -> None:
    """The same rows for spreadsheets (see privacy.datamap.spreadsheet for what is changed in them)."""
    for table, blocks in READ[reader.vendor].csv_tables(reader, tables):
        with archive.entry(table.path("csv")) as entry:
            for block in blocks:
                entry.write(block.data)
                tick(block.rows)


def first_rows(block: Block) -> list[dict[str, Any]]:
    lines = block.data.split(b"\n", cover.PREVIEW_ROWS)
    return [json.loads(line) for line in islice(lines, min(block.rows, cover.PREVIEW_ROWS))]


def withheld_fields(tables: Sequence[Table], counts: Counter[str]) -> list[Gap]:
    return [
        Gap("field", f"{table.label}.{name}", because)
        for table in tables
        if counts[table.label]
        for name, because in [
            *table.declaration.withheld.items(),
            *((name, veiled.because) for name, veiled in table.declaration.veiled.items()),
        ]
    ]


def not_given() -> list[Gap]:
    """What is no part of a package for another controller."""
    because = "You did not give it to us yourself, or not for a contract or by consent (GDPR art. 20). Ask for access."
    told = [d for d in all_declarations() if not d.derived and not d.is_portable()]
    return [Gap("table", d.label(), because) for d in told]


def redacted_fields(shown: Told) -> list[Gap]:
    """Texts of which a part was left out, by why."""
    return [Gap("field", name, told.BECAUSE[mark]) for name, mark in sorted(shown.counts)]


def derived_tables() -> list[Gap]:
    """Tables that are made from others, and told of without their rows."""
    return [Gap("table", d.label(), d.derived) for d in all_declarations() if d.derived]


def unasked_processors(request: Case) -> list[Gap]:
    """Processors that know the person and are not asked yet for what they hold."""
    known = references_of_all([request.subject_id])
    return [
        Gap("processor", connector.name, "Its own copy is not part of this package; ask us, and we ask there.")
        for key, connector in sorted(connectors.items())
        if known[key]
    ]


def write_cover(
    archive: Archive, request: Case, tables: Sequence[Table], built: Built, expires_after: timedelta
) -> None:
    page = cover.render(
        request, tables, built.counts, built.previews, built.files, built.gaps, built.created_at, expires_after
    )
    archive.add("index.html", page)


def write_manifest(archive: Archive, request: Case, tables: Sequence[Table], built: Built) -> None:
    """For machines, and last, because it names every other entry with its size and SHA-256."""
    manifest = {
        "schema": SCHEMAS[case_kinds[request.kind].given_only],
        "schema_version": SCHEMA_VERSION,
        "request": str(request.id),
        "created_at": built.created_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "rows": built.rows,
        "files": built.files,
        "counts": {table.label: built.counts[table.label] for table in tables},
        "columns": {
            table.label: {name: kind.name.lower() for name, kind in table.columns.items()}
            for table in tables
            if built.counts[table.label]
        },
        "redacted": built.told.kinds,
        "entries": archive.entries,
        "gaps": [asdict(gap) for gap in built.gaps],
    }
    archive.add("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
