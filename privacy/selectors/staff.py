"""Roles that are asked for and do not act yet, who may agree to them, and whose access nobody has looked at lately."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from privacy.catalogue import case_kinds
from privacy.models import AccessReview, RoleGrant, Staff

REVIEW_EVERY = timedelta(days=90)


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


def with_reviews(rows: QuerySet[Staff]) -> QuerySet[Staff, Any]:
    """Each with when, by whom and with what finding their access was last reviewed."""
    last = AccessReview.objects.filter(member=OuterRef("pk")).order_by("-reviewed_at")
    return rows.annotate(
        reviewed_at=Subquery(last.values("reviewed_at")[:1]),
        reviewer=Subquery(last.values("reviewed_by__username")[:1]),
        finding=Subquery(last.values("finding")[:1]),
    )


def due_for_review() -> QuerySet[Staff, Any]:
    """Not reviewed for REVIEW_EVERY, counted from the account's first day, or found to be wrong."""
    seen = with_reviews(Staff.objects.filter(is_active=True)).annotate(seen_at=Coalesce("reviewed_at", "date_joined"))
    is_old = Q(seen_at__lt=datetime.now(UTC) - REVIEW_EVERY)
    return seen.filter(is_old | Q(finding=AccessReview.Finding.CHANGE))
