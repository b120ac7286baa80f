"""The freeze and the tombstone hold against UPDATE too, for every declared model, and no migration says so by hand."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations import Migration

from privacy.cases.requests import ask, grant
from privacy.datamap import registry, triggers
from privacy.datamap.checks import check_tables
from privacy.models import DataSubject, MarketingPreference, Note, Team
from tests import factories as f
from tests import working
from tests.models.test_constraints import FACTORIES

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, tzinfo=UTC)
STATES = ("frozen", "erased")


def put(person: DataSubject, state: str) -> DataSubject:
    if state == "frozen":
        f.LimitFactory(subject=person)
    else:
        DataSubject.objects.filter(pk=person.pk).update(erased_at=NOW, full_name="", country="")
    return person


def declared() -> list[type[models.Model]]:
    """Models with a path to a person whose rows are not evidence."""
    return [model for model, d in registry.declarations.items() if d.path() and not d.evidence]


def guarded() -> list[type[models.Model]]:
    return [model for model in declared() if not registry.declarations[model].despite_freeze]


def owned_by(model: type[models.Model], person: DataSubject) -> dict:
    """Arguments for a factory that make the row this person's, along the declared path."""
    return {registry.declarations[model].subject: person}


def in_database() -> set[str]:
    return set(triggers.DIALECTS[connection.vendor](connection).found())


def named(model: type[models.Model], rule: str) -> str:
    return triggers.Trigger(model._meta.db_table, rule, "", "").name


def refused(match: str):
    return pytest.raises(IntegrityError, match=match)


def test_every_model_of_the_map_has_its_triggers():
    found = in_database()
    assert {model for model in guarded() if named(model, "insert") not in found} == set()
    assert {model for model in declared() if named(model, "move") not in found} == set()
    assert {model for model in registry.evidence() if named(model, "change") not in found} == set()


def test_who_comes_in_despite_a_freeze_has_a_reason_and_the_others_are_refused():
    despite = {model for model in declared() if registry.declarations[model].despite_freeze}
    facts = {"billing.Invoice", "billing.InvoiceLine", "billing.Refund", "billing.CreditNote"}
    assert {model._meta.label for model in despite} == facts | {
        "privacy.NameToken",
        "privacy.Redaction",
        "privacy.Likeness",
        "privacy.Clock",
    }


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("model", guarded(), ids=lambda model: model.__name__)
def test_a_frozen_or_erased_person_takes_no_new_row_under_a_parent_either(model, state):
    """The parent is made while the account is open: a shot for a list, a message for a conversation."""
    person, path = f.DataSubjectFactory(), registry.declarations[model].path()
    parent = {path[0]: person}
    if len(path) > 1:
        link = model._meta.get_field(path[0]).related_model
        parent = {path[0]: FACTORIES[link](**owned_by(link, person))}
    put(person, state)
    with refused("frozen or erased"), transaction.atomic():
        FACTORIES[model](**parent)


@pytest.mark.parametrize("state", STATES)
def test_facts_that_tax_law_wants_kept_come_in(state):
    customer = f.CustomerFactory()
    put(customer.subject, state)
    invoice = f.InvoiceFactory(customer=customer)
    assert f.InvoiceLineFactory(invoice=invoice).pk
    assert f.RefundFactory(customer=customer, invoice=invoice).pk
    assert f.CreditNoteFactory(customer=customer, invoice=invoice).pk


@pytest.mark.parametrize("model", declared(), ids=lambda model: model.__name__)
def test_no_row_moves_to_a_tombstone(model):
    path = registry.declarations[model].path()
    row, target = FACTORIES[model](), f.DataSubjectFactory()
    if len(path) > 1:
        link = model._meta.get_field(path[0]).related_model
        parent = FACTORIES[link](**owned_by(link, target))
    else:
        parent = target
    put(target, "erased")
    with refused("erased"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{path[0]: parent})


@pytest.mark.parametrize("state", STATES)
def test_nobody_is_opted_in_by_a_change(state):
    choice = f.MarketingPreferenceFactory(opted_in=False)
    put(choice.subject, state)
    choice.opted_in = True
    with refused("frozen or erased"), transaction.atomic():
        choice.save()
    with refused("frozen or erased"), transaction.atomic():
        MarketingPreference.objects.bulk_update([choice], ["opted_in"])


def test_a_choice_that_is_on_does_not_move_to_a_frozen_person():
    choice = f.MarketingPreferenceFactory(opted_in=True)
    frozen = put(f.DataSubjectFactory(), "frozen")
    with refused("frozen or erased"), transaction.atomic():
        MarketingPreference.objects.filter(pk=choice.pk).update(subject=frozen)


def test_a_frozen_person_may_opt_out_and_be_rectified_and_an_open_one_opt_in():
    choice, note = f.MarketingPreferenceFactory(opted_in=True), f.NoteFactory()
    for person in (choice.subject, note.author):
        put(person, "frozen")
    assert MarketingPreference.objects.filter(pk=choice.pk).update(opted_in=False) == 1
    assert Note.objects.filter(pk=note.pk).update(body="Put right") == 1
    assert DataSubject.objects.filter(pk=note.author_id).update(full_name="Ada Put-Right") == 1
    assert MarketingPreference.objects.filter(pk=f.MarketingPreferenceFactory(opted_in=False).pk).update(opted_in=True)


@pytest.mark.parametrize("value", [None, NOW + timedelta(days=1)])
def test_an_erasure_is_not_taken_back(value):
    person = put(f.DataSubjectFactory(), "erased")
    with refused("not taken back"), transaction.atomic():
        DataSubject.objects.filter(pk=person.pk).update(erased_at=value)


def test_a_frozen_person_is_erased_and_a_frozen_heir_gets_the_team():
    owner, heir = f.DataSubjectFactory(), f.DataSubjectFactory()
    team = f.TeamFactory(owner=owner)
    for member in (owner, heir):
        f.MembershipFactory(team=team, subject=member)
        put(member, "frozen")
    [request] = ask(
        "erasure", subject_ids=[owner.id], actor=f.StaffFactory(), reason="Asked by mail", verification="signed_in"
    )
    grant(request_id=request.id, actor=f.StaffFactory())
    working.run(request.id)
    request.refresh_from_db()
    assert (request.outcome, Team.objects.get().owner_id) == ("fulfilled", heir.id)


# --- How they come to be there ----------------------------------------------------------------------------------------


def test_the_database_has_exactly_what_the_map_says_and_it_takes_two_queries_to_know(django_assert_num_queries):
    assert triggers.differences(connection) == []
    with django_assert_num_queries(2):
        triggers.sync(connection)


def test_a_trigger_that_is_missing_changed_or_of_an_earlier_migration_is_put_right():
    missing, changed = named(Note, "insert"), named(Note, "move")
    sql = {
        "sqlite": [
            f"DROP TRIGGER {missing}",
            f"DROP TRIGGER {changed}",
            f"CREATE TRIGGER {changed} BEFORE UPDATE ON privacy_note BEGIN SELECT 1; END",
            "CREATE TRIGGER privacy_note_frozen BEFORE INSERT ON privacy_note BEGIN SELECT 1; END",
        ],
        "postgresql": [
            f"DROP TRIGGER {missing} ON privacy_note",
            f"CREATE OR REPLACE FUNCTION {changed}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE FUNCTION kosenai_refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER privacy_note_frozen BEFORE INSERT ON privacy_note "
            "FOR EACH ROW EXECUTE FUNCTION kosenai_refuse_frozen('author_id')",
        ],
    }[connection.vendor]
    with connection.cursor() as cursor:
        for statement in sql:
            cursor.execute(statement)
    assert triggers.differences(connection) == sorted([missing, changed, "privacy_note_frozen"])
    assert [e.id for e in check_tables(None, databases=["default"]) if "trigger" in e.msg] == ["datamap.E016"]
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert triggers.differences(connection) == []


@pytest.mark.service("postgresql")
def test_a_disabled_trigger_is_enabled_again():
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE privacy_note DISABLE TRIGGER {named(Note, 'insert')}")
    assert triggers.differences(connection) == [named(Note, "insert")]
    triggers.sync(connection)
    assert triggers.differences(connection) == []


@pytest.mark.django_db(transaction=True)
def test_a_migration_may_rebuild_the_table_of_people():
    """SQLite renames a copy, which fails while another table's trigger names it."""
    rule = next(c for c in DataSubject._meta.constraints if c.name == "subject_country_is_iso_3166")
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default", plan=[(Migration("0000", "privacy"), False)])
    for change in ("remove_constraint", "add_constraint"):
        with connection.schema_editor() as editor:
            getattr(editor, change)(DataSubject, rule)
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert triggers.differences(connection) == []


def test_no_migration_makes_a_trigger_by_hand():
    for app in ("privacy", "billing"):
        for path in Path(apps.get_app_config(app).path, "migrations").glob("0*.py"):
            texts = [n.value for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Constant)]
            assert [t for t in texts if isinstance(t, str) and "CREATE TRIGGER" in t] == [], path.name
