"""What is overdue or due soon: conditions on requests, by the controller's day and so the same for every reader."""

from datetime import timedelta

from django.db.models import Q

from privacy import regimes
from privacy.models import ClockPause

SOON = timedelta(days=7)
NONE_VERIFIED = Q(regime=regimes.NONE_VERIFIED)


STANDING = Q(pk__in=ClockPause.objects.filter(ended_on=None).values("case"))


def overdue() -> Q:
    """The law's limit has passed, and no clock stands; the planned day before it is the index's."""
    today = regimes.today()
    return Q(due_on__lt=today, limit_on__lt=today) & ~STANDING


def due_soon() -> Q:
    today = regimes.today()
    return Q(due_on__lte=today + SOON, limit_on__gte=today)
