"""How a member of staff comes in: by a link that is shown once, works once, and of which a hash is kept.

The account is there from the invitation on, closed and without a password, so that its roles can be confirmed while the
link is on its way. Every role of it takes a second person, not only those that decide: who makes a link could use it.
"""

import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import Enum

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from privacy.catalogue import NotAllowed
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment import staff
from privacy.models import Invitation, Staff
from privacy.roles import MANAGER, must_have
from privacy.selectors.packages import token_digest

GOOD_FOR = timedelta(days=7)
OPEN = Q(used_at=None, withdrawn_at=None)


class Standing(Enum):
    """What a link is good for."""

    OPEN = "open"
    UNKNOWN = "unknown"
    USED = "used"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def invite(*, username: str, email: str, roles: Collection[str], actor: Staff) -> str:
    """Makes the account and asks for its roles. Returns the token of the link, which is kept nowhere. Raises NotAllowed
    for a name or address that somebody has, and PermissionDenied."""
    must_have(actor, "privacy.invite_staff")
    with transaction.atomic():
        member = _account(username, email)
        audit.append(staff.chain_of(member), Event.STAFF_INVITED, actor=actor, member=member.pk, roles=sorted(roles))
        token = _link(member, actor)
        for role in sorted(roles):
            staff.ask_role(member=member, role=role, actor=actor)
    return token


def invite_again(*, member: Staff, actor: Staff) -> str:
    """A new link; the one before stops working. Raises NotAllowed for who has joined, and PermissionDenied."""
    must_have(actor, "privacy.invite_staff")
    with transaction.atomic():
        member = _who_has_not_joined(member)
        _withdraw(member)
        audit.append(staff.chain_of(member), Event.STAFF_INVITED, actor=actor, member=member.pk, roles=[])
        return _link(member, actor)


def withdraw(*, member: Staff, actor: Staff) -> None:
    """The link stops working, and what was asked for the account is refused. Raises like `invite_again`."""
    must_have(actor, "privacy.invite_staff")
    with transaction.atomic():
        member = _who_has_not_joined(member)
        _withdraw(member)
        member.grants.filter(acted_at=None, refused_at=None).update(refused_at=datetime.now(UTC))
        member.groups.clear()
        audit.append(staff.chain_of(member), Event.STAFF_INVITATION_WITHDRAWN, actor=actor, member=member.pk)


def first(*, username: str, email: str) -> str:
    """The first account of a new back office, asked for on its server: a manager who keeps the accounts, too. Until its
    link is used it can be asked for anew. Raises NotAllowed when there is other staff."""
    with transaction.atomic():
        manager = Group.objects.select_for_update().get(name=MANAGER)  # two at once would make two accounts
        unused = Invitation.objects.filter(made_by=None, used_at=None, member__is_active=False).values("member")
        if Staff.objects.exclude(pk__in=unused).exists():
            raise NotAllowed("There is staff already: ask a manager for an invitation.")
        member = _saved(Staff.objects.first() or Staff(), username, email, is_superuser=True)
        _withdraw(member)
        member.groups.set([manager])
        audit.append(staff.chain_of(member), Event.STAFF_INVITED, actor=None, member=member.pk, roles=[MANAGER])
        return _link(member, None)


def by_token(token: str) -> tuple[Standing, Invitation | None]:
    """What the link is good for, and its row unless nobody ever made it."""
    found = Invitation.objects.select_related("member").filter(token_sha256=token_digest(token)).first()
    return (_standing(found), found) if found else (Standing.UNKNOWN, None)


def accept(*, token: str, password: str) -> Staff:
    """Sets the invited member's password and opens the account; the link is spent. The caller has validated the
    password. Raises NotAllowed for a link that is not open any more."""
    with transaction.atomic():
        row = Invitation.objects.select_for_update(of=("self",)).filter(token_sha256=token_digest(token)).first()
        if row is None or _standing(row) != Standing.OPEN:
            raise NotAllowed("This link does not work any more.")
        member = Staff.objects.select_for_update().get(pk=row.member_id)
        member.set_password(password)
        member.is_active = True
        member.save(update_fields=["password", "is_active"])
        row.used_at = datetime.now(UTC)
        row.save(update_fields=["used_at"])
        audit.append(staff.chain_of(member), Event.STAFF_JOINED, actor=member, member=member.pk)
    return member


def _standing(row: Invitation) -> Standing:
    if row.used_at or row.member.has_usable_password():  # somebody who keeps the accounts may have set one
        return Standing.USED
    if row.withdrawn_at:
        return Standing.WITHDRAWN
    return Standing.EXPIRED if row.expires_at <= datetime.now(UTC) else Standing.OPEN


def _account(username: str, email: str) -> Staff:
    if Staff.objects.filter(username__iexact=username).exists():
        raise NotAllowed("Somebody has this name already. Choose another.")
    if Staff.objects.filter(email__iexact=email).exists():
        raise NotAllowed("Somebody has this e-mail address already.")
    return _saved(Staff(), username, email)


def _saved(member: Staff, username: str, email: str, *, is_superuser: bool = False) -> Staff:
    member.username, member.email = username, email
    member.is_active, member.is_staff, member.is_superuser = False, True, is_superuser
    member.set_unusable_password()
    try:
        member.full_clean()
    except ValidationError as error:
        raise NotAllowed(" ".join(error.messages)) from error
    member.save()
    return member


def _who_has_not_joined(member: Staff) -> Staff:
    locked = Staff.objects.select_for_update().get(pk=member.pk)
    if not has_not_joined(locked):
        raise NotAllowed("They have joined already.")
    return locked


def has_not_joined(member: Staff) -> bool:
    return not member.is_active and not member.has_usable_password()


def _withdraw(member: Staff) -> None:
    member.invitations.filter(OPEN).update(withdrawn_at=datetime.now(UTC))


def _link(member: Staff, actor: Staff | None) -> str:
    token = secrets.token_urlsafe(32)
    member.invitations.create(token_sha256=token_digest(token), made_by=actor, expires_at=datetime.now(UTC) + GOOD_FOR)
    return token
