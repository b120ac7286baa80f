"""What a load balancer and a watchman ask: is the process alive, and can it do its work. No answer names a person."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from kosenai_ops.celery import app
from privacy.selectors import queue

# Seconds. The sweep runs every 15; work that is due is claimed at once, or by the next sweep.
STALE_SWEEP = 120
STALE_WORK = 120


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all. Depends on nothing: a restart would not mend a database."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker, queue and sweep are well, else 503; seconds, and `null` for none or unknown."""
    answer = {"broker": "ok" if broker_answers() else "unreachable"}
    try:
        connection.ensure_connection()
        answer |= {
            "database": "ok",
            "oldest_due_seconds": queue.oldest_due_seconds(),
            "last_sweep_seconds": queue.last_sweep_seconds(),
        }
    except DatabaseError:
        answer |= {"database": "unreachable", "oldest_due_seconds": None, "last_sweep_seconds": None}
    answer["problems"] = problems_of(answer)
    return JsonResponse(answer, status=503 if answer["problems"] else 200)


def problems_of(answer: dict) -> list[str]:
    """One sentence for each thing that is not well."""
    problems = [f"The {part} does not answer." for part in ("database", "broker") if answer[part] != "ok"]
    due, sweep = answer["oldest_due_seconds"], answer["last_sweep_seconds"]
    if due is not None and due > STALE_WORK:
        problems.append(f"Work has been due for {due:.0f} seconds and no worker takes it: is the worker running?")
    if answer["database"] == "ok" and (sweep is None or sweep > STALE_SWEEP):
        ago = "never ran" if sweep is None else f"last ran {sweep:.0f} seconds ago"
        problems.append(f"The sweep {ago}: are beat and the worker running?")
    return problems


def broker_answers() -> bool:
    """Whether the broker takes a connection; the answer comes within a second, or two when the broker hangs."""
    with app.connection_for_write(connect_timeout=1) as broker:
        try:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1, reraise_as_library_errors=False)
        except (*broker.connection_errors, *broker.channel_errors, OSError):
            return False
        return True
