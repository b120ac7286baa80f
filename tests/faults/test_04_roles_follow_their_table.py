"""The groups follow the one table of roles on every migrated database, not only on a fresh one."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.core.management.sql import emit_post_migrate_signal

from privacy import roles
from privacy.catalogue import Permit
from privacy.catalogue.cases import permits
from privacy.rights.access import EXPORT

pytestmark = pytest.mark.django_db


def migrate() -> None:
    """What `migrate` does at its end, migrations or none."""
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")


def permissions_of(group: str) -> set[str]:
    rows = Permission.objects.filter(group__name=group).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def test_a_fresh_database_has_the_groups_of_the_table():
    assert {role: permissions_of(role) for role in roles.ROLES} == roles.matrix()


def test_a_changed_table_reaches_a_migrated_database(monkeypatch):
    """A role more for an action of the table, all roles but one fewer for what a right declares, another reader."""
    monkeypatch.setattr(roles, "ACTIONS", roles.ACTIONS | {"privacy.reveal_content": roles.ROLES})
    fewer = {"privacy.export_datasubject": replace(EXPORT, roles=(roles.MANAGER,))}
    monkeypatch.setattr(roles, "permits", lambda: permits() | fewer)
    monkeypatch.setattr(roles, "READERS", roles.READERS | {"privacy.batch": roles.ROLES})
    migrate()
    assert "privacy.reveal_content" in permissions_of(roles.DEVELOPER)
    assert "privacy.export_datasubject" not in permissions_of(roles.AGENT)
    assert {role: permissions_of(role) for role in roles.ROLES} == roles.matrix()


def test_a_new_role_becomes_a_group(monkeypatch):
    monkeypatch.setattr(roles, "ROLES", (*roles.ROLES, "counsel"))
    monkeypatch.setattr(roles, "READERS", roles.READERS | {"privacy.legalhold": ("counsel",)})
    migrate()
    assert permissions_of("counsel") == {"privacy.view_legalhold"}


def test_what_the_table_does_not_name_is_taken_from_a_role_and_other_groups_are_left_alone():
    granted = Permission.objects.get(content_type__app_label="privacy", codename="delete_auditentry")
    for name in (roles.AUDITOR, "Translators"):
        Group.objects.get_or_create(name=name)[0].permissions.add(granted)
    migrate()
    assert "privacy.delete_auditentry" not in permissions_of(roles.AUDITOR)
    assert permissions_of("Translators") == {"privacy.delete_auditentry"}


@pytest.mark.parametrize("codename", ["reveal_content", "flag_child"])
def test_a_permission_that_a_model_or_a_duty_declares_anew_is_given_by_the_migrate_that_makes_it(codename):
    Permission.objects.filter(content_type__app_label="privacy", codename=codename).delete()
    migrate()
    assert f"privacy.{codename}" in permissions_of(roles.AGENT)
    assert Permission.objects.filter(content_type__app_label="privacy", codename=codename).count() == 1


def test_a_kind_that_declares_a_permission_of_its_own_brings_it_by_the_next_migrate(monkeypatch):
    new = Permit("port_datasubject", "Can move a person's data", (roles.AGENT,))
    monkeypatch.setattr(roles, "permits", lambda: permits() | {new.name: new})
    migrate()
    assert {role for role in roles.ROLES if new.name in permissions_of(role)} == {roles.AGENT}
    assert Permission.objects.get(codename=new.codename).name == new.label


def test_a_permission_that_nothing_declares_stops_the_start_and_the_migrate(monkeypatch):
    monkeypatch.setattr(roles, "ACTIONS", roles.ACTIONS | {"privacy.release_the_kraken": (roles.MANAGER,)})
    [error] = roles.check_roles(None)
    assert "'privacy.release_the_kraken', which nothing declares" in error.msg
    with pytest.raises(ImproperlyConfigured, match="release_the_kraken"):
        migrate()


def test_nothing_is_written_where_nothing_changed(django_assert_num_queries):
    with django_assert_num_queries(3):
        roles.sync_groups("default")


def test_a_database_without_the_tables_of_groups_is_left_for_a_later_migrate(monkeypatch):
    """As after `migrate contenttypes` on an empty one."""
    monkeypatch.setattr(Group.permissions.through._meta, "db_table", "not_made_yet")
    roles.sync_groups("default")
