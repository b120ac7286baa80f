"""When a recurring duty last ran or a lane last moved, so that silence can be noticed."""

from datetime import datetime, timedelta

from django.db.models.functions import Now

from privacy.models import Heartbeat

# One row tells that a lane moves, and all its workers write it: not at every step.
BEAT_EVERY = timedelta(seconds=3)


def beat(name: str) -> None:
    """Notes it by the database's clock. Outside transactions: a step's would keep the row from all others."""
    if not Heartbeat.objects.filter(name=name, at__gt=Now() - BEAT_EVERY).exists():
        note(name, Now())


def note(name: str, at: datetime | Now) -> None:
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=at)], update_conflicts=True, unique_fields=["name"], update_fields=["at"]
    )


def heard() -> dict[str, float]:
    """{heartbeat: seconds since}, of all that there ever were."""
    rows = Heartbeat.objects.order_by().annotate(now=Now()).values_list("name", "at", "now")
    return {name: (now - at).total_seconds() for name, at, now in rows}
