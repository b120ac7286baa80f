"""The data map for others to read: for people, for programs, for spreadsheets, and for tools that speak fideslang.

fideslang is described at https://ethyca.github.io/fideslang/; its manifests are YAML, of which JSON is a part. Lawful
bases also carry their IRI in the W3C Data Privacy Vocabulary (https://w3id.org/dpv/legal/eu/gdpr).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db import models

from privacy.datamap import registry, spreadsheet
from privacy.datamap.declaration import PersonalData
from privacy.datamap.fields import Column
from privacy.datamap.treatments import Keep, Treatment
from privacy.datamap.vocabulary import LawfulBasis, Use

DATASET = "kosenai_ops"
SUBJECTS = ["customer"]


@dataclass(frozen=True)
class Line:
    """One column of one table. `says` is personal, not personal, exempt, or that rows go which name the person;
    `special` the ground on which special categories of data may stand in it; `package` how an access package tells it:
    told, veiled in some rows, withheld, or not at all."""

    model: str
    table: str
    field: str
    column: str
    says: str
    category: str = ""
    treatment: str = ""
    purpose: str = ""
    lawful_basis: str = ""
    lawful_basis_iri: str = ""
    retention: str = ""
    recipients: str = ""
    because: str = ""
    special: str = ""
    package: str = ""


def lines() -> list[Line]:
    """Every column of every table, tables in order."""
    found: list[Line] = []
    for model in sorted(registry.models_with_tables(), key=lambda m: m._meta.label):
        declared = registry.declarations.get(model)
        found += _declared(declared) if declared else _exempted(model)
    return found


def as_table() -> str:
    """For a terminal: a heading a table, a line a column, then the reasons."""
    out = []
    for rows in _by_table(lines()):
        out += ["", *_heading(rows[0])]
        name, category = (max(len(getattr(row, part)) for row in rows) for part in ("column", "category"))
        for row in rows:
            said = f"{row.category:{category}}  {row.treatment}" if row.says == "personal" else row.says
            out.append(f"    {row.column:{name}}  {said}")
        out += [f"  because: {reason}" for reason in dict.fromkeys(row.because for row in rows if row.because)]
    return "\n".join(out[1:])


def as_json() -> str:
    tables = [_without_repetition(rows) for rows in _by_table(lines())]
    return json.dumps({"tables": tables}, indent=2, ensure_ascii=False)


def as_csv() -> str:
    """Every line in full, so that a spreadsheet can sort and filter them."""
    columns = [f.name for f in fields(Line)]
    table = spreadsheet.table(columns, (asdict(line).values() for line in lines())).decode()
    return table.removeprefix(spreadsheet.BOM)  # it is printed, and pipes know UTF-8 without a mark


def as_fideslang() -> str:
    """A dataset (what stands where), our system (why we process it) and a system for each recipient."""
    recipients = sorted({key for d in registry.declarations.values() for key in d.recipients})
    manifest = {
        "dataset": [
            {
                "fides_key": DATASET,
                "name": "Kosenai Ops",
                "description": "The tables of the back office.",
                "collections": [_collection(rows) for rows in _by_table(lines())],
            }
        ],
        "system": [_our_system(), *(_recipient(key) for key in recipients)],
    }
    return json.dumps(manifest, indent=2, ensure_ascii=False)


def _declared(declaration: type[PersonalData]) -> Iterator[Line]:
    treatments = declaration.treatments()
    common = {
        "purpose": " ".join(declaration.purposes()),
        "lawful_basis": "; ".join(f"{basis}, {basis.article}" for basis in _bases(declaration)),
        "lawful_basis_iri": " ".join(basis.dpv for basis in _bases(declaration)),
        "retention": declaration.retention.text,
        "recipients": " ".join(declaration.recipients),
    }
    for field in declaration.model._meta.concrete_fields:
        where = _where(declaration.model, field) | {"package": _told(declaration, field.name)}
        if treatment := treatments.get(field.name):
            yield Line(
                **where, **common, says="personal",
                category=str(declaration.fields[field.name].category),
                treatment=_words(declaration, field.name, treatment),
                because=_because(declaration, field.name, treatment),
                special=declaration.fields[field.name].special,
            )  # fmt: skip
        else:
            yield Line(**where, **common, says="not personal")


def _exempted(model: type[models.Model]) -> Iterator[Line]:
    eraser = registry.erasers.get(model)
    says = "exempt" if eraser is None else "erased where it names the person"
    because = registry.exemptions.get(model, "NOT DECLARED") if eraser is None else eraser.because
    for field in model._meta.local_concrete_fields:
        yield Line(**_where(model, field), says=says, because=because)


def _bases(declaration: type[PersonalData]) -> list[LawfulBasis]:
    return list(dict.fromkeys(declaration.purposes().values()))


def _told(declaration: type[PersonalData], name: str) -> str:
    if name == declaration.silent:
        return ""
    if name in declaration.withheld:
        return "withheld"
    return "veiled" if name in declaration.veiled else "told"


def _where(model: type[models.Model], field: Column) -> dict[str, str]:
    return {"model": model._meta.label, "table": model._meta.db_table, "field": field.name, "column": field.column}


def _words(declaration: type[PersonalData], name: str, treatment: Treatment) -> str:
    words = f"keep: {treatment.until.text}" if isinstance(treatment, Keep) else treatment.word
    if not declaration.joint:
        return words
    shared = declaration.joint.fields.get(name)
    return f"{words}; if shared: {shared.word if shared else 'left to the others'}"


def _because(declaration: type[PersonalData], name: str, treatment: Treatment) -> str:
    reasons = [treatment.because if isinstance(treatment, Keep) else declaration.retention.because]
    if declaration.joint:
        reasons.append(declaration.joint.because)
    if name in declaration.withheld:
        reasons.append(f"Not in the access package: {declaration.withheld[name]}")
    if name in declaration.veiled:
        reasons.append(f"Not in every row of the access package: {declaration.veiled[name].because}")
    return ". ".join(reasons)


def _by_table(found: Sequence[Line]) -> list[list[Line]]:
    tables: dict[str, list[Line]] = {}
    for line in found:
        tables.setdefault(line.table, []).append(line)
    return list(tables.values())


def _heading(line: Line) -> list[str]:
    if not line.purpose:
        return [f"{line.model} ({line.table})", f"  {line.says}"]
    why = [line.purpose, line.lawful_basis, line.retention, f"to {line.recipients or 'nobody'}"]
    return [f"{line.model} ({line.table})", f"  {'; '.join(why)}"]


def _without_repetition(rows: Sequence[Line]) -> dict[str, Any]:
    """What all columns of a table say alike stands at the table, once."""
    said = [{name: value for name, value in asdict(row).items() if value} for row in rows]
    alike = {name: value for name, value in said[0].items() if all(line.get(name) == value for line in said)}
    columns = [{name: line[name] for name in line if name in ("field", "column") or name not in alike} for line in said]
    return {name: alike[name] for name in alike if name not in ("field", "column")} | {"columns": columns}


def _collection(rows: Sequence[Line]) -> dict[str, Any]:
    first = rows[0]
    said: dict[str, Any] = {"description": first.because} if not first.purpose else {
        "description": f"Kept: {first.retention}", "data_uses": first.purpose.split(), "data_subjects": SUBJECTS,
    }  # fmt: skip
    return {"name": first.table, **said, "fields": [_field(row) for row in rows]}


def _field(row: Line) -> dict[str, Any]:
    if row.says != "personal":
        return {"name": row.column}
    return {
        "name": row.column,
        "description": f"On erasure: {row.treatment}",
        "data_categories": [row.category],
        "data_subjects": SUBJECTS,
    }


def _our_system() -> dict[str, Any]:
    by_activity: dict[tuple[Use, LawfulBasis, str], list[type[PersonalData]]] = {}
    for declaration in sorted(registry.declarations.values(), key=lambda d: d.label()):
        for purpose, basis in declaration.purposes().items():
            by_activity.setdefault((purpose, basis, declaration.retention.text), []).append(declaration)
    return {
        "fides_key": f"{DATASET}_system",
        "name": "Kosenai",
        "description": "The studio and its back office.",
        "system_type": "Application",
        "dataset_references": [DATASET],
        "egress": [{"fides_key": key, "type": "system", "data_categories": c} for key, c in sorted(_sent().items())],
        "privacy_declarations": [_activity(*key, declarations) for key, declarations in by_activity.items()],
    }


def _activity(
    purpose: Use, basis: LawfulBasis, retention: str, declarations: Sequence[type[PersonalData]]
) -> dict[str, Any]:
    third_parties = sorted({key for d in declarations for key in d.recipients})
    return {
        "name": purpose.text,
        "data_categories": _categories(declarations),
        "data_use": str(purpose),
        "data_subjects": SUBJECTS,
        "dataset_references": [DATASET],
        "legal_basis_for_processing": str(basis),
        "flexible_legal_basis_for_processing": False,
        "retention_period": retention,
        "data_shared_with_third_parties": bool(third_parties),
        **({"third_parties": ", ".join(third_parties)} if third_parties else {}),
    }


def _sent() -> dict[str, list[str]]:
    """{recipient: categories}."""
    sent: dict[str, list[type[PersonalData]]] = {}
    for declaration in registry.declarations.values():
        for key in declaration.recipients:
            sent.setdefault(key, []).append(declaration)
    return {key: _categories(declarations) for key, declarations in sent.items()}


def _categories(declarations: Sequence[type[PersonalData]]) -> list[str]:
    return sorted({str(personal.category) for d in declarations for personal in d.fields.values()})


def _recipient(key: str) -> dict[str, Any]:
    return {"fides_key": key, "name": key, "system_type": "Third Party", "privacy_declarations": []}
