"""What waits, and for how long. Times are the database's own."""

from collections.abc import Sequence

from django.db.models.functions import Coalesce, Now

from privacy.jobs.due import due
from privacy.jobs.heartbeats import heard_seconds
from privacy.models import Lane

# Due work that nobody has touched for so long, or a sweep unheard for so long, is a fault. A step's slice is 20 seconds
# at most, and the sweep runs every 15.
PATIENCE_SECONDS = 60


def untouched_seconds(lanes: Sequence[str] = tuple(Lane.values)) -> float | None:
    """The longest that work has been due in one of the lanes with no worker moving anything in it; None when nothing is
    due. A long queue that is being worked off is touched all the time."""
    found = [_untouched(lane) for lane in lanes]
    return max((seconds for seconds in found if seconds is not None), default=None)


def _untouched(lane: str) -> float | None:
    waited, moved = _waited(lane), heard_seconds(lane)
    return waited if moved is None or waited is None else min(waited, moved)


def _waited(lane: str) -> float | None:
    """Seconds since the oldest became due."""
    since = Coalesce("lease_until", "not_before", "ordered_at")
    oldest = due().filter(lane=lane).annotate(since=since, now=Now()).order_by("since")
    found = oldest.values_list("since", "now").first()
    return (found[1] - found[0]).total_seconds() if found else None


def last_sweep_seconds() -> float | None:
    """Seconds since the sweep last ran; None when it never did."""
    return heard_seconds("sweep")


def workers_are_silent() -> bool:
    """Whether nobody sweeps, or nobody touches what is due: work is safe in the database but stands still."""
    swept = last_sweep_seconds()
    return swept is None or max(swept, untouched_seconds() or 0) > PATIENCE_SECONDS
