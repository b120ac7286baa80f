"""What a page asks for while it is open: how far the work is, and when to look again."""

from datetime import timedelta

from django.http import JsonResponse
from django.utils import timezone

from privacy.admin.requests.base import on_request
from privacy.models import Case, Job, Step
from privacy.selectors import progress

# Milliseconds between two looks at a request: moving, and waiting for a person or a processor.
SOON, LATER = 1_500, 15_000


def work_of(row: Case) -> tuple[Job | None, list[Step]]:
    """(its last job, the steps of all), with one query: no job is without steps."""
    steps = list(row.steps.select_related("job"))
    return steps[-1].job if steps else None, steps


def next_look(row: Case, job: Job | None) -> int:
    """Milliseconds until the page asks again; 0 when nothing will change any more. Soon while a worker has something to
    do, also for an answer that was attested a moment ago."""
    if job is None or not job.is_open:
        return LATER if row.is_open else 0
    if job.parked_because or job.stopped_at:
        return LATER
    is_due = job.not_before is None or job.not_before <= timezone.now() + timedelta(milliseconds=SOON)
    return SOON if is_due else LATER


@on_request
def progress_view(request, row: Case):
    """What the page asks for while it is open: numbers, and whether to read the page again."""
    job, steps = work_of(row)
    how_far = progress.of_case(row, job, steps)
    return answer_poll(request, how_far, next_look(row, job))


def answer_poll(request, how_far: progress.Progress, poll_after: int) -> JsonResponse:
    """`bars` are [done, planned, words] by step; `next` is in milliseconds, 0 for never again."""
    request.session.modified = False  # a page that looks by itself must not keep an idle session alive
    bars = {str(bar.id): [bar.done, bar.planned, bar.text] for bar in how_far.bars}
    return JsonResponse(
        {
            "next": poll_after,
            "version": how_far.version,
            "sentence": how_far.sentence,
            "bars": {"all": [how_far.done, how_far.total, ""], **bars},
        }
    )
