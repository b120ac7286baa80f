"""The demo says what it is before it is there, is stopped by Ctrl-C at any time, and has something of everything."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db.models import Count

from kosenai_ops.demo import processes, requests
from kosenai_ops.demo.staff import ensure_staff
from kosenai_ops.demo.studio import ensure_studio
from privacy.models import Batch, Case, ChildFlag, DataSubject, Job, LegalHold, State
from privacy.selectors import cases, deadlines, packages
from tests import working

SLOW_TO_END = """import signal, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), exit(0)))
print("begun", flush=True)
time.sleep(60)"""


def test_it_says_what_it_is_within_a_second_and_stops_within_two(tmp_path):
    started = time.monotonic()
    demo = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", "--port", "1"], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, env=os.environ | {"VAR_DIR": str(tmp_path)}, start_new_session=True,
    )  # fmt: skip
    first = demo.stdout.readline()
    assert "invented people" in first and "Ctrl-C" in first and time.monotonic() - started < 1
    stopped = time.monotonic()
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=10)
    assert said.startswith("Stopped.") and time.monotonic() - stopped < 2


def test_its_processes_end_at_the_same_time(tmp_path):
    ignores = signal.getsignal(signal.SIGINT)
    commands = {name: [sys.executable, "-c", SLOW_TO_END] for name in ("one", "two", "three", "four")}
    try:
        with processes.running(commands, tmp_path) as running:
            while not all(process_has_begun(tmp_path / f"{name}.log") for name in commands):
                time.sleep(0.05)
            stopped = time.monotonic()
    finally:
        signal.signal(signal.SIGINT, ignores)
    assert [process.returncode for process in running.values()] == [0] * 4
    assert time.monotonic() - stopped < 4 * 0.5


def process_has_begun(log) -> bool:
    return bool(log.read_bytes())


@pytest.mark.django_db(transaction=True)  # packages are read on a connection of their own
def test_it_has_something_of_everything(monkeypatch):
    monkeypatch.setattr(requests, "wait_for", lambda cases: working.run_all())
    staff = ensure_staff()
    ensure_studio()
    requests.ensure_requests(staff)
    assert Case.objects.filter(deadlines.overdue()).exists()
    [parked] = Job.objects.exclude(parked_because="")
    assert parked.subject.full_name == "Pia Lundqvist" and "Not as it was approved" in parked.parked_because
    assert [packages.of_batch(batch) for batch in Batch.objects.all()] == [
        {"ready": 8, "being_built": 0, "parked": 0, "unproved": 0, "otherwise": 0, "closed": 0}
    ]
    namesakes = DataSubject.objects.values("full_name").annotate(n=Count("id")).filter(n=2)
    assert {row["full_name"] for row in namesakes} == {"Amara Okafor", "Jonas Weber"}
    assert Case.objects.filter(cases.IS_CONFIRMING).count() == 1
    assert Case.objects.filter(kind="erasure", jobs__stopped_at__isnull=False).count() == 1
    assert LegalHold.objects.filter(released_at=None).count() == 2
    assert set(ChildFlag.objects.values_list("state", flat=True)) == {"suspected", "child"}
    waiting = Case.objects.filter(state=State.DECIDING).values_list("kind", flat=True)
    assert set(waiting) == {
        "erasure", "erasure_of_one", "rectification", "complaint", "appeal", "limit_lift", "hold_release",
        "child_clear",
    }  # fmt: skip
    assert set(Case.objects.values_list("state", flat=True)) >= {State.DECIDING, State.ANSWERING, State.CLOSED}
    requests.ensure_requests(staff)
    assert Job.objects.exclude(parked_because="").count() == 1
