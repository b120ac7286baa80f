"""How far imports are."""

from django.db.models.functions import Now

from privacy.models import ImportRun
from privacy.selectors.progress import Progress, time_left


def of_run(run: ImportRun) -> Progress:
    return Progress(
        is_open=run.finished_at is None,
        version=f"{run.outcome}-{bool(run.done)}",
        sentence=sentence(run),
        done=run.done,
        total=run.total,
    )


def sentence(run: ImportRun) -> str:
    match run.outcome:
        case ImportRun.Outcome.DONE:
            return f"Imported: {run.summary}."
        case ImportRun.Outcome.REFUSED:
            return "Nothing was imported."
        case ImportRun.Outcome.STOPPED:
            return f"Stopped after {run.done:,} of {run.total:,} rows. What is in stays: {run.summary}."
    if not run.started_at:
        return f"{run.total:,} rows wait for a worker."
    if not run.done:
        return f"All {run.total:,} rows are checked before the first is written."
    return f"{run.done:,} of {run.total:,} rows; {time_left(run.done, run.total, seconds_so_far(run))}"


def seconds_so_far(run: ImportRun) -> float:
    """By the database's clock, whose times the row has."""
    now = ImportRun.objects.filter(pk=run.pk).values_list(Now(), flat=True).get()
    return float((now - run.started_at).total_seconds())
