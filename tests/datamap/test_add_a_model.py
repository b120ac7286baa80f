"""A developer adds a model by writing the model and one class, in fifteen lines. Here the README's own lines run."""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal
from django.db import IntegrityError, connection

import privacy.models
from privacy.cases.requests import ask, grant
from privacy.datamap import registry
from privacy.datamap.checks import check_data_map, check_tables
from privacy.datamap.compiler import Scope
from privacy.datamap.readable import selection
from privacy.models import DataSubject
from tests import factories as f
from tests import working

LINES = Path(__file__).with_name("fifteen_lines.txt").read_text()
SHOWN = f"<!-- fifteen lines -->\n```python\n{LINES}```\n<!-- /fifteen lines -->\n"


def run_as_if_pasted(lines: str):
    """Runs each part in the names of the file that its first line tells; returns the new model."""
    of_models, of_map = (part.strip().splitlines() for part in lines.split("\n\n\n"))
    content = dict(vars(import_module(module_of(of_models[0]))))
    exec("\n".join(of_models), content)
    names = dict(vars(import_module(module_of(of_map[0]))))
    names["models"] = SimpleNamespace(**vars(privacy.models), Comment=content["Comment"])
    exec("\n".join(of_map), names)
    return content["Comment"]


def module_of(comment: str) -> str:
    return comment.removeprefix("# ").removesuffix(".py").replace("/", ".")


@pytest.fixture
def comment(throwaway, transactional_db):
    """The model of the README, declared, with its table."""
    model = run_as_if_pasted(LINES)
    with connection.schema_editor() as editor:
        editor.create_model(model)
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    yield model
    with connection.schema_editor() as editor:
        editor.delete_model(model)


def test_it_takes_fifteen_lines():
    assert len(LINES.splitlines()) <= 15


def test_the_readme_shows_these_lines():
    assert SHOWN in (settings.BASE_DIR / "README.md").read_text()


def test_the_model_alone_stops_the_start(throwaway):
    exec(LINES.split("\n\n\n")[0], dict(vars(import_module("privacy.models.content"))))
    assert [error.id for error in check_data_map(None)] == ["datamap.E002"]


def test_with_its_class_the_model_is_checked_exported_and_erased(comment):
    assert check_data_map(None) == []
    person, other = f.DataSubjectFactory(), f.DataSubjectFactory()
    script = f.ScriptFactory(owner=person)
    comment.objects.create(author=person, script=script, body="A mark of the person")
    theirs = comment.objects.create(author=other, script=script, body="A mark of another")

    assert exported(comment, person) == [("you", script.id, "A mark of the person")]
    assert erase(person).receipt.body["deleted"] == {"privacy.Comment": 1, "privacy.Script": 1}
    assert list(comment.objects.values("pk", "author_id", "script_id", "body")) == [
        {"pk": theirs.pk, "author_id": other.id, "script_id": None, "body": "A mark of another"}
    ]


def test_the_database_guards_it_without_a_migration_of_ours(comment):
    person = f.DataSubjectFactory()
    written = comment.objects.create(author=f.DataSubjectFactory(), body="Before")
    DataSubject.objects.filter(pk=person.pk).update(erased_at=datetime.now(UTC), full_name="", country="")
    with pytest.raises(IntegrityError, match="frozen or erased"):
        comment.objects.create(author=person, body="After")
    with pytest.raises(IntegrityError, match="may not move"):
        comment.objects.filter(pk=written.pk).update(author=person)


def test_its_table_belongs_to_the_map(comment):
    assert [error for error in check_tables(None, databases=["default"]) if "comment" in error.msg] == []


def exported(model, person) -> list[tuple]:
    names, (sql, params) = selection(registry.declarations[model], Scope.one(person.id))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [(row["author"], UUID(str(row["script"])), row["body"]) for row in found]


def erase(person):
    agent, approver = f.StaffFactory(), f.StaffFactory()
    [request] = ask(
        "erasure", subject_ids=[person.id], actor=agent, reason="The person asked for it", verification="signed_in"
    )
    grant(request_id=request.id, actor=approver)
    working.run(request.id)
    request.refresh_from_db()
    assert request.outcome == "fulfilled"
    return request
