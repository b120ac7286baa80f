"""What waits, and for how long. Times are the database's own."""

from collections.abc import Mapping, Sequence
from math import inf

from django.db.models import Min, Value
from django.db.models.functions import Coalesce, Now

from privacy.jobs import heartbeats
from privacy.jobs.due import due
from privacy.models import Heartbeat, Lane

# Due work that nobody has touched for so long, or a sweep unheard for so long, is a fault. A step's slice is 20 seconds
# at most, and the sweep runs every 15.
PATIENCE_SECONDS = 60
LOOK, YES, NO = ("name", "at", "now", "is_beat"), Value(True), Value(False)


def untouched_seconds(lanes: Sequence[str] = tuple(Lane.values)) -> float | None:
    """The longest that work has been due in one of the lanes with no worker moving anything in it; None when nothing is
    due. A long queue that is being worked off is touched all the time."""
    return longest(*look(lanes))


def longest(heard: Mapping[str, float], waited: Mapping[str, float]) -> float | None:
    """`untouched_seconds`, from a look."""
    return max((min(seconds, heard.get(lane, seconds)) for lane, seconds in waited.items()), default=None)


def look(lanes: Sequence[str] = tuple(Lane.values)) -> tuple[dict[str, float], dict[str, float]]:
    """({heartbeat: seconds since}, {lane: seconds since the oldest of it became due}), in one query."""
    since = Coalesce("lease_until", "not_before", "ordered_at")
    oldest = due().filter(lane__in=lanes).order_by().values("lane").annotate(at=Min(since), now=Now(), is_beat=NO)
    beats = Heartbeat.objects.order_by().annotate(now=Now(), is_beat=YES)
    heard, waited = dict[str, float](), dict[str, float]()
    for name, at, now, is_beat in beats.values_list(*LOOK).union(oldest.values_list("lane", *LOOK[1:]), all=True):
        (heard if is_beat else waited)[name] = (now - at).total_seconds()
    return heard, waited


def last_sweep_seconds() -> float | None:
    """Seconds since the sweep last ran; None when it never did."""
    return heartbeats.heard().get("sweep")


def workers_are_silent() -> bool:
    """Whether nobody sweeps, or nobody touches what is due: work is safe in the database but stands still."""
    heard, waited = look()
    return max(heard.get("sweep", inf), longest(heard, waited) or 0) > PATIENCE_SECONDS
