"""Staff come in by a link that works once, and every role that it brings takes a second manager."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from privacy.catalogue import NotAllowed
from privacy.fulfilment import invitations, staff
from privacy.fulfilment.invitations import Standing
from privacy.models import AccessReview, AuditEntry, Invitation, RoleGrant, Staff
from privacy.selectors.staff import due_for_review
from tests import factories as f

pytestmark = pytest.mark.django_db
WORD = "correct horse battery staple"
INVITED = {"username": "newcomer", "email": "newcomer@kosenai.example"}


@pytest.fixture
def manager():
    return f.StaffFactory()


@pytest.fixture(autouse=True)
def another_manager():
    """Else nobody could confirm what the first asks for."""
    return f.StaffFactory()


@pytest.fixture
def token(manager) -> str:
    return invitations.invite(**INVITED, roles=["agent"], actor=manager)


def newcomer() -> Staff:
    return Staff.objects.get(username="newcomer")


def roles_of(member: Staff) -> set[str]:
    return set(member.groups.values_list("name", flat=True))


def test_the_account_is_closed_until_its_link_is_used(token):
    member = newcomer()
    assert (member.is_active, member.has_usable_password()) == (False, False)
    invitations.accept(token=token, password=WORD)
    member = newcomer()
    assert member.is_active and member.check_password(WORD)


def test_of_the_link_only_a_hash_is_kept(token):
    kept = str([list(model.objects.values()) for model in (Invitation, Staff, AuditEntry)])
    assert token not in kept and Invitation.objects.get().token_sha256 in kept


def test_every_role_of_an_invitation_waits_for_a_second(token, manager):
    """Whoever makes a link could use it, and ask as one what they decide as the other."""
    assert roles_of(newcomer()) == set()
    grant = RoleGrant.objects.get()
    with pytest.raises(PermissionDenied):
        staff.confirm_role(grant_id=grant.id, actor=manager)
    staff.confirm_role(grant_id=grant.id, actor=f.StaffFactory())
    assert roles_of(newcomer()) == {"agent"}


def test_it_works_once(token):
    invitations.accept(token=token, password=WORD)
    with pytest.raises(NotAllowed):
        invitations.accept(token=token, password="another long passphrase")
    assert newcomer().check_password(WORD)


def test_what_a_link_is_good_for_is_known_in_each_case(token, manager):
    def standing(token):
        return invitations.by_token(token)[0]

    assert standing(token) == Standing.OPEN
    assert standing(token + "x") == Standing.UNKNOWN
    with time_machine.travel(datetime.now(UTC) + timedelta(days=7, seconds=1), tick=False):
        assert standing(token) == Standing.EXPIRED
    newer = invitations.invite_again(member=newcomer(), actor=manager)
    assert (standing(token), standing(newer)) == (Standing.WITHDRAWN, Standing.OPEN)
    invitations.accept(token=newer, password=WORD)
    assert standing(newer) == Standing.USED


@pytest.mark.parametrize("standing", ["expired", "withdrawn", "password_set_by_another"])
def test_a_link_that_is_not_open_sets_nothing(token, manager, standing):
    member, later = newcomer(), timedelta(0)
    if standing == "expired":
        later = timedelta(days=8)
    elif standing == "withdrawn":
        invitations.withdraw(member=member, actor=manager)
    else:
        member.set_password("set by who keeps the accounts")
        member.save()
    with time_machine.travel(datetime.now(UTC) + later, tick=False), pytest.raises(NotAllowed):
        invitations.accept(token=token, password=WORD)
    assert not newcomer().is_active and not newcomer().check_password(WORD)


def test_a_withdrawn_invitation_leaves_no_role_behind(manager):
    invitations.invite(**INVITED, roles=["agent", "approver"], actor=manager)
    staff.confirm_role(grant_id=RoleGrant.objects.get(role="agent").id, actor=f.StaffFactory())
    invitations.withdraw(member=newcomer(), actor=manager)
    assert roles_of(newcomer()) == set()
    assert RoleGrant.objects.get(role="approver").refused_at and not newcomer().invitations.filter(invitations.OPEN)


def test_who_has_joined_is_not_invited_again(token, manager):
    invitations.accept(token=token, password=WORD)
    for verb in (invitations.invite_again, invitations.withdraw):
        with pytest.raises(NotAllowed):
            verb(member=newcomer(), actor=manager)
    assert newcomer().is_active


@pytest.mark.parametrize(
    "given", [{"username": "NewComer"}, {"email": "NEWCOMER@kosenai.example"}, {"username": "no blanks"}]
)
def test_a_name_or_address_that_is_taken_or_none_is_refused(token, manager, given):
    asked = {"username": "other", "email": "other@kosenai.example"} | given
    with pytest.raises(NotAllowed):
        invitations.invite(**asked, roles=[], actor=manager)
    assert Staff.objects.filter(is_active=False).count() == 1


@pytest.mark.parametrize("role", ["agent", "approver", "auditor", "developer"])
def test_only_managers_and_who_keeps_accounts_invite_and_review(role):
    actor, member = f.StaffFactory(role=role), f.StaffFactory(role="agent")
    with pytest.raises(PermissionDenied):
        invitations.invite(**INVITED, roles=[], actor=actor)
    with pytest.raises(PermissionDenied):
        staff.ask_role(member=member, role="approver", actor=actor)
    with pytest.raises(PermissionDenied):
        staff.review(member=member, finding="right", actor=actor)
    assert not Invitation.objects.exists() and not AccessReview.objects.exists()


def test_a_review_is_a_row_with_a_name_and_is_evidence(manager):
    member = f.StaffFactory(role="agent")
    staff.review(member=member, finding="right", actor=manager)
    row = AccessReview.objects.get()
    assert (row.roles, row.reviewed_by) == (["agent"], manager)
    entry = AuditEntry.objects.get(chain=staff.chain_of(member))
    assert (entry.event, entry.actor, entry.data["roles"]) == ("staff.reviewed", manager, ["agent"])
    with pytest.raises(NotAllowed):
        staff.review(member=manager, finding="right", actor=manager)


def test_who_was_not_reviewed_for_90_days_is_due_and_who_is_closed_is_not(manager, another_manager):
    long_ago = datetime.now(UTC) - timedelta(days=91)
    old = f.StaffFactory(role="agent", date_joined=long_ago)
    f.StaffFactory(role="agent", date_joined=long_ago, is_active=False)
    seen = f.StaffFactory(role="agent", date_joined=long_ago)
    staff.review(member=seen, finding="right", actor=manager)
    assert set(due_for_review()) == {old}
    staff.review(member=old, finding="change", actor=manager)
    assert set(due_for_review()) == {old}
    staff.review(member=old, finding="right", actor=manager)
    assert set(due_for_review()) == set()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91), tick=False):
        assert set(due_for_review()) == {old, seen, manager, another_manager}
