"""What waits, and for how long. Times are the database's own."""

from collections.abc import Mapping, Sequence
from math import inf

from django.db.models import Min
from django.db.models.functions import Coalesce, Now

from privacy.jobs import heartbeats
from privacy.jobs.due import due
from privacy.models import Lane

# Due work that nobody has touched for so long, or a sweep unheard for so long, is a fault. A step's slice is 20 seconds
# at most, and the sweep runs every 15.
PATIENCE_SECONDS = 60


def untouched_seconds(
    lanes: Sequence[str] = tuple(Lane.values), heard: Mapping[str, float] | None = None
) -> float | None:
    """The longest that work has been due in one of the lanes with no worker moving anything in it; None when nothing is
    due. A long queue that is being worked off is touched all the time. `heard`, if given, are the heartbeats."""
    waited = _waited(lanes)
    beats = (heartbeats.heard() if heard is None else heard) if waited else {}
    return max((min(seconds, beats.get(lane, seconds)) for lane, seconds in waited.items()), default=None)


def _waited(lanes: Sequence[str]) -> dict[str, float]:
    """{lane: seconds since the oldest of it became due}."""
    since = Coalesce("lease_until", "not_before", "ordered_at")
    oldest = due().filter(lane__in=lanes).order_by().values("lane").annotate(oldest=Min(since), now=Now())
    return {row["lane"]: (row["now"] - row["oldest"]).total_seconds() for row in oldest}


def last_sweep_seconds() -> float | None:
    """Seconds since the sweep last ran; None when it never did."""
    return heartbeats.heard().get("sweep")


def workers_are_silent() -> bool:
    """Whether nobody sweeps, or nobody touches what is due: work is safe in the database but stands still."""
    heard = heartbeats.heard()
    return max(heard.get("sweep", inf), untouched_seconds(heard=heard) or 0) > PATIENCE_SECONDS
