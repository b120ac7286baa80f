"""Roles that decide take two, or a day; superusers keep the accounts and nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from privacy.cases.requests import ask
from privacy.catalogue import NotAllowed, case_kinds
from privacy.fulfilment import staff
from privacy.models import AuditEntry, Case, RoleGrant, Staff
from privacy.roles import ROLES
from privacy.selectors.staff import deciding_roles
from tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper():
    return f.StaffFactory(role="", is_superuser=True)


def roles_of(member: Staff) -> set[str]:
    return set(member.groups.values_list("name", flat=True))


def saved(client, keeper, member: Staff, roles) -> None:
    from django.contrib.auth.models import Group

    client.force_login(keeper)
    page = reverse("admin:privacy_staff_change", args=[member.pk])
    groups = [str(pk) for pk in Group.objects.filter(name__in=roles).values_list("pk", flat=True)]
    given = {
        "username": member.username, "email": member.email, "time_zone": "UTC", "is_active": "on", "is_staff": "on",
        "groups": groups, "first_name": "", "last_name": "", "deputy": "", "absent_until": "",
    }  # fmt: skip
    answer = client.post(page, given)
    assert answer.status_code == 302, answer.context["errors"]


def test_the_roles_that_decide_are_those_whose_declarations_say_so():
    assert deciding_roles() == {"approver", "manager"}


def test_a_role_that_decides_acts_when_a_third_has_confirmed_it(client, keeper):
    manager, member = f.StaffFactory(), f.StaffFactory(role="agent")
    saved(client, keeper, member, ["agent", "approver"])
    assert roles_of(member) == {"agent"}
    grant = RoleGrant.objects.get()
    assert (grant.role, grant.acts_from) == ("approver", None)
    for actor in (keeper, member, f.StaffFactory(role="agent")):
        with pytest.raises(PermissionDenied):
            staff.confirm_role(grant_id=grant.id, actor=actor)
    client.force_login(manager)
    assert "Roles that wait" in client.get(reverse("admin:index")).content.decode()
    confirm = reverse("admin:privacy_rolegrant_confirm_role", args=[grant.id])
    assert member.username in client.get(confirm).content.decode()
    client.post(confirm)
    assert roles_of(member) == {"agent", "approver"}
    with pytest.raises(NotAllowed):
        staff.refuse_role(grant_id=grant.id, actor=manager)
    events = AuditEntry.objects.filter(chain=staff.chain_of(member)).order_by("n").values_list("event", flat=True)
    assert list(events) == ["staff.changed", "staff.role_asked", "staff.role_acts"]


def test_a_role_that_decides_nothing_acts_at_once(client, keeper):
    member = f.StaffFactory(role="")
    saved(client, keeper, member, ["agent"])
    assert roles_of(member) == {"agent"} and not RoleGrant.objects.exists()


def test_a_refused_role_does_not_act(client, keeper):
    manager, member = f.StaffFactory(), f.StaffFactory(role="")
    saved(client, keeper, member, ["approver"])
    staff.refuse_role(grant_id=RoleGrant.objects.get().id, actor=manager)
    staff.let_act()
    assert roles_of(member) == set()


def test_where_nobody_could_confirm_it_acts_after_a_day(client, keeper, settings):
    settings.APPROVER_WAIT = timedelta(days=1)
    member = f.StaffFactory(role="")
    saved(client, keeper, member, ["manager"])
    assert roles_of(member) == set()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=23), tick=False):
        assert staff.let_act() == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25), tick=False):
        assert staff.let_act() == 1
    assert roles_of(member) == {"manager"}


def test_in_the_demo_it_acts_at_once_and_the_page_says_so(client, keeper, settings):
    settings.APPROVER_WAIT = timedelta(0)
    member = f.StaffFactory(role="")
    saved(client, keeper, member, ["manager"])
    assert roles_of(member) == {"manager"}
    client.force_login(member)
    assert "because this is the demo" in client.get(reverse("admin:privacy_rolegrant_changelist")).content.decode()


def test_nobody_gives_themselves_a_role_and_the_database_says_so_too(keeper):
    with pytest.raises(NotAllowed):
        staff.ask_role(member=keeper, role="approver", actor=keeper)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(member=keeper, role="approver", asked_by=keeper)
    other = f.StaffFactory()
    grant = RoleGrant.objects.create(member=other, role="approver", asked_by=keeper)
    for confirmed_by in (keeper, other):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.filter(pk=grant.pk).update(confirmed_by=confirmed_by)


def test_a_superuser_may_do_nothing_about_people(keeper):
    acts = {permit.name for kind in case_kinds.values() for permit in kind.may.permits()}
    reads = {f"privacy.view_{name}" for name in ("datasubject", "rightsrequest", "case", "job", "auditentry", "script")}
    assert not any(keeper.has_perm(name) for name in acts | reads | {"billing.view_customer", "privacy.reveal_content"})
    assert all(keeper.has_perm(f"privacy.{verb}_staff") for verb in ("view", "add", "change"))
    person = f.DataSubjectFactory()
    for key in case_kinds:
        with pytest.raises(PermissionDenied):
            ask(key, subject_ids=[person.id], actor=keeper, reason="Because I can", token=uuid4())
    assert not Case.objects.exists()


@pytest.mark.parametrize("role", ROLES)
def test_a_superuser_with_a_role_may_what_the_role_may(role):
    plain, keeper = f.StaffFactory(role=role), f.StaffFactory(role=role, is_superuser=True)
    acts = {permit.name for kind in case_kinds.values() for permit in kind.may.permits()}
    assert {name for name in acts if plain.has_perm(name)} == {name for name in acts if keeper.has_perm(name)}
