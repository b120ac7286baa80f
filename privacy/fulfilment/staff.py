"""Accounts and roles of the staff. Who gave whom which role is evidence as much as an erasure is."""

import uuid
from collections.abc import Collection

from django.db import transaction

from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.models import Staff

NAMESPACE = uuid.UUID("b1f5f1f0-8f7b-5a39-8f6e-6f0b6b0c3b57")


def chain_of(member: Staff) -> uuid.UUID:
    """The audit chain of a member's account."""
    return uuid.uuid5(NAMESPACE, str(member.pk))


def save(*, member: Staff, changed: Collection[str], roles: Collection[str], actor: Staff) -> None:
    """Saves the account. `roles` are those it will have; the groups themselves are set by the caller's form."""
    is_new = member._state.adding
    with transaction.atomic():
        member.save()
        audit.append(
            chain_of(member), Event.STAFF_ADDED if is_new else Event.STAFF_CHANGED, actor=actor,
            member=member.pk, fields=sorted(changed), roles=sorted(roles), superuser=member.is_superuser,
            active=member.is_active,
        )  # fmt: skip


def record_password_change(*, member: Staff, actor: Staff) -> None:
    """That `actor` set another member's password; nothing of the password."""
    with transaction.atomic():
        audit.append(chain_of(member), Event.STAFF_PASSWORD_SET, actor=actor, member=member.pk)
