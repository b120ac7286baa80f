"""Accounts and roles of the staff. Who gave whom which role is evidence as much as an erasure is."""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction

from privacy.catalogue import NotAllowed
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.models import AccessReview, RoleGrant, Staff
from privacy.models.staff import validate_time_zone
from privacy.roles import must_have
from privacy.selectors.staff import who_may_confirm

NAMESPACE = uuid.UUID("b1f5f1f0-8f7b-5a39-8f6e-6f0b6b0c3b57")


def chain_of(member: Staff) -> uuid.UUID:
    """The audit chain of a member's account."""
    return uuid.uuid5(NAMESPACE, str(member.pk))


def save(*, member: Staff, changed: Collection[str], roles: Collection[str], actor: Staff) -> None:
    """Saves the account. `roles` are those it has from now on; the groups themselves are set by the caller's form.
    Raises PermissionDenied."""
    must_have(actor, "privacy.change_staff")
    is_new = member._state.adding
    with transaction.atomic():
        member.save()
        audit.append(
            chain_of(member), Event.STAFF_ADDED if is_new else Event.STAFF_CHANGED, actor=actor,
            member=member.pk, fields=sorted(changed), roles=sorted(roles), superuser=member.is_superuser,
            active=member.is_active,
        )  # fmt: skip


def record_password_change(*, member: Staff, actor: Staff) -> None:
    """That `actor` set another member's password; nothing of the password. Raises PermissionDenied."""
    must_have(actor, "privacy.change_staff")
    with transaction.atomic():
        audit.append(chain_of(member), Event.STAFF_PASSWORD_SET, actor=actor, member=member.pk)


def ask_role(*, member: Staff, role: str, actor: Staff) -> RoleGrant:
    """Asks for a role. A second who keeps accounts or roles has to confirm it; where there is none it acts after
    settings.APPROVER_WAIT. Raises NotAllowed for one's own account and for a role it has, and PermissionDenied."""
    must_have(actor, "privacy.ask_role")
    if member.pk == actor.pk:
        raise NotAllowed("Nobody gives themselves a role that decides: somebody else has to ask for it.")
    if member.groups.filter(name=role).exists():
        raise NotAllowed("They have this role already.")
    wait = None if who_may_confirm(member, actor).exists() else datetime.now(UTC) + settings.APPROVER_WAIT
    with transaction.atomic():
        grant, is_new = RoleGrant.objects.get_or_create(
            member=member, role=role, acted_at=None, refused_at=None, defaults={"asked_by": actor, "acts_from": wait}
        )
        if is_new:
            audit.append(
                chain_of(member), Event.STAFF_ROLE_ASKED, actor=actor, member=member.pk, role=role, acts_from=wait
            )
    let_act()
    return grant


def confirm_role(*, grant_id: uuid.UUID, actor: Staff) -> RoleGrant:
    """A second agrees, and the role acts. Raises NotAllowed when it is not open any more, and PermissionDenied for who
    asked for it, whom it is for, and who may not confirm roles."""
    with transaction.atomic():
        grant = _open(grant_id, actor)
        grant.confirmed_by, grant.acts_from = actor, datetime.now(UTC)
        grant.save(update_fields=["confirmed_by", "acts_from"])
        _act(grant, actor)
    return grant


def refuse_role(*, grant_id: uuid.UUID, actor: Staff) -> RoleGrant:
    """A second does not agree. Raises like `confirm_role`."""
    with transaction.atomic():
        grant = _open(grant_id, actor)
        grant.refused_at = datetime.now(UTC)
        grant.save(update_fields=["refused_at"])
        audit.append(
            chain_of(grant.member), Event.STAFF_ROLE_REFUSED, actor=actor, member=grant.member_id, role=grant.role
        )
    return grant


def review(*, member: Staff, finding: str, actor: Staff) -> AccessReview:
    """Signs off what a member may do, or says that it has to change. Raises NotAllowed for one's own access, and
    PermissionDenied."""
    must_have(actor, "privacy.review_staff")
    if member.pk == actor.pk:
        raise NotAllowed("Nobody reviews their own access: ask a colleague.")
    roles = sorted(member.groups.values_list("name", flat=True))
    with transaction.atomic():
        signed = AccessReview.objects.create(member=member, roles=roles, finding=finding, reviewed_by=actor)
        audit.append(
            chain_of(member), Event.STAFF_REVIEWED, actor=actor, member=member.pk, roles=roles, finding=finding
        )
    return signed


def set_preferences(*, member: Staff, time_zone: str, digest: bool) -> None:
    """Their own choice: in whose times pages are shown, and whether they are told in the morning what is due. Raises
    ValidationError for a zone that there is not."""
    validate_time_zone(time_zone)
    Staff.objects.filter(pk=member.pk).update(time_zone=time_zone, digest=digest)


def let_act() -> int:
    """Lets roles act whose wait is over. Returns how many."""
    due = RoleGrant.objects.filter(acted_at=None, refused_at=None, acts_from__lte=datetime.now(UTC))
    with transaction.atomic():
        grants = list(due.select_for_update(skip_locked=True).order_by("id"))
        for grant in grants:
            _act(grant, None)
    return len(grants)


def _open(grant_id: uuid.UUID, actor: Staff) -> RoleGrant:
    grant = RoleGrant.objects.select_for_update().get(pk=grant_id)
    if grant.acted_at or grant.refused_at:
        raise NotAllowed("This role is decided already.")
    if not actor.has_perm("privacy.confirm_role") or actor.pk in (grant.asked_by_id, grant.member_id):
        raise PermissionDenied("Another person has to confirm this role.")
    return grant


def _act(grant: RoleGrant, actor: Staff | None) -> None:
    grant.member.groups.add(Group.objects.get(name=grant.role))
    grant.acted_at = datetime.now(UTC)
    grant.save(update_fields=["acted_at"])
    audit.append(chain_of(grant.member), Event.STAFF_ROLE_ACTS, actor=actor, member=grant.member_id, role=grant.role)
