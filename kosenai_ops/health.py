"""What a load balancer and a watchman ask: is the process alive, and can it do its work. No answer names a person."""

import logging

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from kosenai_ops.celery import app
from privacy.selectors import queue

log = logging.getLogger(__name__)

RUNS = "`manage.py work`"


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all. Depends on nothing: a restart would not mend a database."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 and `ready` when database and broker answer, due work is touched and the sweep runs, else 503. One word for
    anyone; with HEALTH_TOKEN as the bearer token the facts as JSON. What is wrong goes into the log in any case."""
    facts = look()
    status = 503 if facts["problems"] else 200
    if facts["problems"]:
        log.warning("not ready: %s", " ".join(facts["problems"]))
    if knows_the_token(request):
        return JsonResponse(facts, status=status)
    return HttpResponse("ready\n" if status == 200 else "not ready\n", status=status, content_type="text/plain")


def knows_the_token(request: HttpRequest) -> bool:
    """Not by address: behind a proxy every stranger comes from this machine."""
    given = request.headers.get("Authorization", "")
    return bool(settings.HEALTH_TOKEN) and constant_time_compare(given, f"Bearer {settings.HEALTH_TOKEN}")


def look() -> dict:
    """The facts: seconds, and `null` for none or unknown; `problems` has a sentence for each thing that is not well."""
    facts = {"broker": "ok" if broker_answers() else "unreachable"}
    try:
        connection.ensure_connection()
        facts |= {
            "database": "ok",
            "untouched_seconds": queue.untouched_seconds(),
            "last_sweep_seconds": queue.last_sweep_seconds(),
        }
    except DatabaseError:
        facts |= {"database": "unreachable", "untouched_seconds": None, "last_sweep_seconds": None}
    return facts | {"problems": problems_of(facts)}


def problems_of(facts: dict) -> list[str]:
    problems = [f"The {part} does not answer." for part in ("database", "broker") if facts[part] != "ok"]
    untouched, sweep = facts["untouched_seconds"], facts["last_sweep_seconds"]
    if untouched is not None and untouched > queue.PATIENCE_SECONDS:
        problems.append(f"Work is due and no worker has touched any for {untouched:.0f} seconds: does {RUNS} run?")
    if facts["database"] == "ok" and (sweep is None or sweep > queue.PATIENCE_SECONDS):
        ago = "never ran" if sweep is None else f"last ran {sweep:.0f} seconds ago"
        problems.append(f"The sweep {ago}: does {RUNS} run?")
    return problems


def broker_answers() -> bool:
    """Whether the broker takes a connection; the answer comes within a second, or two when the broker hangs."""
    with app.connection_for_write(connect_timeout=1) as broker:
        try:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1, reraise_as_library_errors=False)
        except (*broker.connection_errors, *broker.channel_errors, OSError):
            return False
        return True
