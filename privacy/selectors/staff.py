"""Roles that are asked for and do not act yet, and who may agree to them."""

from django.db.models import Q, QuerySet

from privacy.catalogue import case_kinds
from privacy.models import RoleGrant, Staff


def deciding_roles() -> set[str]:
    """The roles that decide or release what another has asked for: giving one takes two."""
    deciding = [kind.may.decide for kind in case_kinds.values() if kind.deciders == 2]
    return {role for permit in deciding if permit for role in permit.roles}


def who_may_confirm(member: Staff, asked_by: Staff) -> QuerySet[Staff]:
    """Those who could agree to a role for `member` that `asked_by` wants to give."""
    may = Q(is_superuser=True) | Q(groups__permissions__codename="confirm_role")
    return Staff.objects.filter(may, is_active=True).exclude(pk__in=[member.pk, asked_by.pk]).distinct()


def open_grants() -> QuerySet[RoleGrant]:
    return RoleGrant.objects.filter(acted_at=None, refused_at=None).select_related("member", "asked_by")
