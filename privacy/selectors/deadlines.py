"""What is overdue or due soon: conditions on requests, by the controller's day and so the same for every reader."""

from datetime import timedelta

from django.db.models import Q

from privacy import regimes

SOON = timedelta(days=7)
NONE_VERIFIED = Q(regime=regimes.NONE_VERIFIED)


def overdue() -> Q:
    return Q(due_on__lt=regimes.today())


def due_soon() -> Q:
    today = regimes.today()
    return Q(due_on__gte=today, due_on__lte=today + SOON)
