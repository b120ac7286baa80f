"""index.html: the page a person opens first. It needs no network and no program but a browser.

What it must say is GDPR art. 15(1)(a) to (h) and (2): purposes, categories, recipients, storage periods, rights,
the authority, the source, and the safeguards of transfers.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string

from privacy import regimes
from privacy.datamap import PersonalData, Use, spreadsheet
from privacy.fulfilment.package.tables import Kind, Table
from privacy.fulfilment.package.uploads import Gap
from privacy.models import Case, Processor
from privacy.selectors.authorities import authorities_for

CONTACT = "support@kosenai.com"  # policy, section 13
PREVIEW_ROWS = 5
PREVIEW_LETTERS = 120


def render(
    request: Case,
    tables: Sequence[Table],
    counts: dict[str, int],
    previews: dict[str, list[dict[str, Any]]],
    files: int,
    gaps: Sequence[Gap],
    created_at: datetime,
    expires_after: timedelta,
) -> str:
    """The page. `counts` is {model label: rows}; `previews` holds the first rows of each table that has any."""
    held = sorted((t for t in tables if counts.get(t.label)), key=_by_purpose)
    named = _processors(tables)
    return render_to_string(
        "privacy/package/index.html",
        {
            "request_id": request.id,
            "created_at": created_at,
            "asked_at": request.received_at,
            "days": expires_after.days,
            "contact": CONTACT,
            "answered_within": regimes.period_for(request.kind, request.subject.country),
            "sections": [_section(t, counts[t.label], previews.get(t.label, []), named) for t in held],
            "nothing_held": [_title(t.declaration) for t in tables if t not in held],
            "rows": sum(counts.values()),
            "files": files,
            "gaps": _by_reason(gaps, {t.label: _title(t.declaration) for t in tables}),
            "recipients": [r for r in named.values() if r["key"] in _recipient_keys(held)],
            "authorities": authorities_for(request.subject.country),
            "neutralised": spreadsheet.NOTE,
        },
    )


def _section(
    table: Table, rows: int, preview: list[dict[str, Any]], named: dict[str, dict[str, str]]
) -> dict[str, Any]:
    declaration = table.declaration
    return {
        "id": table.label,
        "title": _title(declaration),
        "rows": rows,
        "jsonl": table.path("jsonl"),
        "csv": table.path("csv"),
        "purpose": declaration.purpose.text,
        "basis": declaration.lawful_basis.value.lower(),
        "article": declaration.lawful_basis.article,
        "further": [(use.text, basis.value.lower(), basis.article) for use, basis in declaration.further.items()],
        "retention": declaration.retention.text,
        "retention_because": declaration.retention.because,
        "keeps": [(keep.because, keep.until.text) for keep in declaration.keeps()],
        "categories": sorted({p.category.name.replace("_", " ").lower() for p in declaration.fields.values()}),
        "recipients": [named[key]["name"] for key in declaration.recipients],
        "source": declaration.source,
        "shared": declaration.joint.because if declaration.joint else "",
        "columns": [name.replace("_", " ") for name in _readable(table)],
        "preview": [[_shown(row[name], kind) for name, kind in _readable(table).items()] for row in preview],
    }


def _by_reason(gaps: Sequence[Gap], titles: dict[str, str]) -> list[tuple[str, list[str]]]:
    """[(reason, what it keeps out)], in the order in which the reasons first come."""
    found: dict[str, list[str]] = {}
    for gap in gaps:
        found.setdefault(gap.reason, []).append(_words(gap, titles))
    return list(found.items())


def _words(gap: Gap, titles: dict[str, str]) -> str:
    if gap.kind != "field":
        return gap.what
    label, _, name = gap.what.rpartition(".")
    return f"{titles[label]}: {name.replace('_', ' ')}"


def _by_purpose(table: Table) -> int:
    """The vocabulary's order: the studio first, our own records last."""
    return list(Use).index(table.declaration.purpose)


def _title(declaration: type[PersonalData]) -> str:
    if declaration.subject == "self":
        return "Your account"
    return str(declaration.model._meta.verbose_name_plural).capitalize()


def _recipient_keys(tables: Sequence[Table]) -> set[str]:
    return {key for table in tables for key in table.declaration.recipients}


def _processors(tables: Sequence[Table]) -> dict[str, dict[str, str]]:
    """{key: facts} of every recipient; one that has no row yet goes by its key."""
    keys = _recipient_keys(tables)
    rows = Processor.objects.in_bulk(keys)
    return {key: _facts(key, rows.get(key)) for key in sorted(keys)}


def _facts(key: str, row: Processor | None) -> dict[str, str]:
    if row is None:
        return {"key": key, "name": key.replace("_", " ").capitalize(), "purpose": "", "country": "", "safeguard": ""}
    return {
        "key": key,
        "name": row.name,
        "purpose": row.purpose,
        "country": row.country,
        "safeguard": row.get_safeguard_display(),
    }


def _readable(table: Table) -> dict[str, Kind]:
    """The columns a person reads; keys are for programs, and stand in the files."""
    return {name: kind for name, kind in table.columns.items() if kind is not Kind.UUID}


def _shown(value: Any, kind: Kind) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case dict() | list():
            text = json.dumps(value, ensure_ascii=False)
        case _:
            text = str(value)
    if kind is Kind.MOMENT:
        return f"{text[:10]} {text[11:16]}"
    return text if len(text) <= PREVIEW_LETTERS else f"{text[:PREVIEW_LETTERS]}…"
