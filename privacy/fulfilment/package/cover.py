"""index.html: the page a person opens first. It needs no network and no program but a browser.

What it must say is GDPR art. 15(1)(a) to (h) and (2): purposes, categories, recipients, storage periods, rights,
the authority, the source, and the safeguards of transfers.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from privacy.catalogue import case_kinds
from privacy.connectors.base import connectors
from privacy.connectors.recipients import references_of_all
from privacy.datamap import Use, spreadsheet
from privacy.datamap.registry import named
from privacy.fulfilment.package import wording
from privacy.fulfilment.package.tables import Table
from privacy.fulfilment.package.uploads import Gap
from privacy.models import Case, Processor
from privacy.selectors.authorities import Authority, authorities_for
from privacy.selectors.languages import as_read_by

CONTACT = "support@kosenai.com"  # policy, section 13
PREVIEW_ROWS = 5


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
    """The page in the language and time zone of the person. `counts` is {model label: rows}; `previews` holds the
    first rows of each table that has any."""
    with as_read_by(request.subject_id):
        held = sorted((t for t in tables if counts.get(t.label)), key=_by_purpose)
        receivers = _receivers(request, held)
        sections = [_section(t, counts[t.label], previews.get(t.label, []), receivers) for t in held]
        return render_to_string(
            "privacy/package/index.html",
            {
                "language": get_language(),
                "request_id": request.id,
                "created_at": wording.moment(created_at),
                "asked_at": request.received_at,
                "days": expires_after.days,
                "contact": CONTACT,
                "given_only": case_kinds[request.kind].given_only,
                "answered_within": wording.answered_within(
                    request.kind, request.subject.country, request.subject.region
                ),
                "sections": [section for section in sections if not section["machinery"]],
                "machinery": [section for section in sections if section["machinery"]],
                "nothing_held": [wording.title(t.declaration) for t in tables if t not in held],
                "rows": sum(counts.values()),
                "files": files,
                "gaps": _by_reason(gaps, {t.label: t for t in tables}),
                "recipients": [facts | {"what": _given_to(key, held)} for key, facts in receivers.items()],
                "authorities": [_authority(a) for a in authorities_for(request.subject.country)],
                "neutralised": spreadsheet.SIGNS_IN_WORDS,
            },
        )


def _section(
    table: Table, rows: int, preview: list[dict[str, Any]], receivers: dict[str, dict[str, str]]
) -> dict[str, Any]:
    declaration, said = table.declaration, wording.said
    return {
        "id": table.label,
        "title": wording.title(declaration),
        "rows": rows,
        "jsonl": table.path("jsonl"),
        "csv": table.path("csv"),
        "machinery": declaration.machinery,
        "purpose": said(declaration.purpose.text),
        "basis": said(declaration.lawful_basis.value),
        "article": declaration.lawful_basis.article,
        "further": [(said(use.text), said(basis.value), basis.article) for use, basis in declaration.further.items()],
        "retention": wording.period(declaration.retention),
        "retention_because": said(declaration.retention.because),
        "keeps": [(said(keep.because), wording.period(keep.until)) for keep in declaration.keeps()],
        "categories": sorted({said(_category(p.category.name)) for p in declaration.fields.values()}),
        "recipients": [receivers[key]["name"] for key in declaration.recipients if key in receivers],
        "source": said(declaration.source),
        "shared": said(declaration.joint.because) if declaration.joint else "",
        "columns": [wording.column(table, name) for name in wording.readable(table)],
        "preview": [[wording.value(table, name, row) for name in wording.readable(table)] for row in preview],
        "technical_columns": [wording.column(table, name) for name in wording.technical(table)],
        "technical": [[wording.plain(row[name]) for name in wording.technical(table)] for row in preview],
    }


def _category(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _by_reason(gaps: Sequence[Gap], tables: dict[str, Table]) -> list[tuple[str, list[str]]]:
    """[(reason, what it keeps out)], in the order in which the reasons first come."""
    found: dict[str, list[str]] = {}
    for gap in gaps:
        found.setdefault(wording.said(gap.reason), []).append(_words(gap, tables))
    return list(found.items())


def _words(gap: Gap, tables: dict[str, Table]) -> str:
    if gap.kind == "table":
        return wording.title(named(gap.what))
    if gap.kind != "field":
        return wording.said(gap.what) if gap.kind == "processor" else gap.what
    label, _, name = gap.what.rpartition(".")
    return f"{wording.title(tables[label].declaration)}: {wording.column(tables[label], name)}"


def _by_purpose(table: Table) -> int:
    """The vocabulary's order: the studio first, our own records last."""
    return list(Use).index(table.declaration.purpose)


def _authority(authority: Authority) -> dict[str, str]:
    return {"name": wording.said(authority.name), "web": authority.web, "note": wording.said(authority.note)}


def _receivers(request: Case, held: Sequence[Table]) -> dict[str, dict[str, str]]:
    """{key: facts} of those who have got something of this person: what the map names and who knows them."""
    named = {key for table in held for key in table.declaration.recipients}
    known = references_of_all([request.subject_id])
    keys = {key for key in named if known.get(key, {}).get(request.subject_id) or key not in known}
    rows = Processor.objects.in_bulk(keys)
    return {key: _facts(key, rows.get(key)) for key in sorted(keys)}


def _given_to(key: str, held: Sequence[Table]) -> list[str]:
    return [wording.title(table.declaration) for table in held if key in table.declaration.recipients]


def _facts(key: str, row: Processor | None) -> dict[str, str]:
    """One that has no row yet goes by the name that its connector has."""
    if row is None:
        name = connectors[key].name if key in connectors else key.replace("_", " ").capitalize()
        return {"name": wording.said(name), "purpose": "", "country": "", "safeguard": ""}
    unknown = row.safeguard == Processor.Safeguard.UNKNOWN
    return {
        "name": wording.said(row.name),
        "purpose": wording.said(row.purpose),
        "country": wording.country(row.country),
        "safeguard": "" if unknown else wording.said(row.get_safeguard_display()),
    }
