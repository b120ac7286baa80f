"""`manage.py datamap` names every column of the database, in every format, and speaks fideslang's own words."""

import csv
import io
import json
import re

import pytest
from django.core.management import call_command
from django.db import connection

from privacy.datamap import Category, Keep, LawfulBasis, Use, registry
from tests.datamap.conftest import ThrowAway

# fideslang 3.1, models.py: what a manifest may say. A key that is not here would be dropped in silence.
COLLECTION = {"name", "description", "data_categories", "data_uses", "data_subjects", "fields", "fides_meta"}
FIELD = {"name", "description", "data_categories", "data_uses", "data_subjects", "fields", "fides_meta"}
BASES = {"Consent", "Contract", "Legal obligations", "Vital interests", "Public interest", "Legitimate interests"}
FIDES_KEY = re.compile(r"[a-zA-Z0-9_.<>-]+")


def printed(form: str) -> str:
    out = io.StringIO()
    call_command("datamap", format=form, stdout=out)
    return out.getvalue()


def columns_of_the_database() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        return {
            (table, column.name)
            for table in connection.introspection.table_names(cursor)
            for column in connection.introspection.get_table_description(cursor, table)
        }


def from_table() -> set[tuple[str, str]]:
    found, table = set(), ""
    for line in printed("table").splitlines():
        if heading := re.fullmatch(r"\S+ \((\w+)\)", line):
            table = heading[1]
        elif line.startswith("    "):
            found.add((table, line.split()[0]))
    return found


def from_json() -> set[tuple[str, str]]:
    return {(t["table"], c["column"]) for t in json.loads(printed("json"))["tables"] for c in t["columns"]}


def from_csv() -> set[tuple[str, str]]:
    return {(row["table"], row["column"]) for row in csv.DictReader(io.StringIO(printed("csv")))}


def from_fideslang() -> set[tuple[str, str]]:
    return {(c["name"], field["name"]) for c in manifest()["dataset"][0]["collections"] for field in c["fields"]}


def manifest() -> dict:
    return json.loads(printed("fideslang"))


@pytest.mark.django_db
@pytest.mark.parametrize("read", [from_table, from_json, from_csv, from_fideslang])
def test_every_column_of_every_table_is_named_and_no_other(read):
    assert columns_of_the_database() ^ read() == set()


def test_every_line_says_what_the_law_asks_for():
    for row in csv.DictReader(io.StringIO(printed("csv"))):
        needed = {
            "personal": {
                "category",
                "treatment",
                "purpose",
                "lawful_basis",
                "lawful_basis_iri",
                "retention",
                "because",
            },
            "not personal": {"purpose", "lawful_basis", "retention"},
            "exempt": {"because"},
            "erased where it names the person": {"because"},
        }[row["says"]]
        assert {name for name in needed if not row[name]} == set(), row


def test_whatever_is_kept_says_why_and_until_when():
    kept = {(d.label(), name): t for d in registry.declarations.values() for name, t in d.treatments().items()}
    for row in csv.DictReader(io.StringIO(printed("csv"))):
        treatment = kept.get((row["model"], row["field"]))
        if isinstance(treatment, Keep):
            assert treatment.because in row["because"]
            assert row["treatment"].startswith(f"keep: {treatment.until.text}")


def test_a_model_that_nobody_declared_is_printed_all_the_same(throwaway):
    class Forgotten(ThrowAway):
        pass

    expected = "throwaway.Forgotten (throwaway_forgotten)\n  exempt\n    id  exempt\n  because: NOT DECLARED"
    assert expected in printed("table")


def test_the_manifest_says_only_what_fideslang_knows():
    dataset = manifest()["dataset"][0]
    assert {key for c in dataset["collections"] for key in c} - COLLECTION == set()
    assert {key for c in dataset["collections"] for field in c["fields"] for key in field} - FIELD == set()
    declarations = [p for system in manifest()["system"] for p in system["privacy_declarations"]]
    assert {p["legal_basis_for_processing"] for p in declarations} - BASES == set()
    keys = [system["fides_key"] for system in manifest()["system"]]
    assert [key for key in keys if not FIDES_KEY.fullmatch(key)] == []
    assert len(keys) == len(set(keys))


def test_whoever_gets_data_is_a_system_of_the_manifest():
    ours, *others = manifest()["system"]
    recipients = {key for d in registry.declarations.values() for key in d.recipients}
    assert {flow["fides_key"] for flow in ours["egress"]} ^ recipients == set()
    assert {system["fides_key"] for system in others} ^ recipients == set()


def taxonomy(folder, name: str) -> set[str]:
    """fides_key of every entry that is not deprecated."""
    entries = json.loads((folder / "fideslang-taxonomy" / f"{name}.json").read_text())[name.removesuffix("s")
        .replace("categorie", "category")]  # fmt: skip
    return {entry["fides_key"] for entry in entries if not entry["version_deprecated"]}


def test_every_category_and_use_is_in_fideslang_s_taxonomy(shared_data):
    assert {str(c) for c in Category} - taxonomy(shared_data, "data_categories") == set()
    assert {str(u) for u in Use} - taxonomy(shared_data, "data_uses") == set()
    assert {"customer"} - taxonomy(shared_data, "data_subjects") == set()


def test_every_lawful_basis_has_its_iri_in_the_data_privacy_vocabulary(shared_data):
    known = "".join(path.read_text(errors="replace") for path in (shared_data / "dpv-2.3").rglob("*") if path.is_file())
    assert {basis.dpv for basis in LawfulBasis if basis.dpv.rpartition("#")[2] not in known} == set()
