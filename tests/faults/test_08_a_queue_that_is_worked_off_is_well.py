"""Progress counts and not age, nothing prompt waits behind what many were asked for, and dead workers are replaced."""

import os
import signal
import sys
import time
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta

import psutil
import pytest
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from kosenai_ops.celery import app
from kosenai_ops.supervision import Worker
from privacy import tasks
from privacy.cases.requests import ask, ask_as_batch, grant
from privacy.jobs import bells
from privacy.jobs.due import due, next_due
from privacy.jobs.outcomes import Done
from privacy.jobs.run import run_due
from privacy.models import Heartbeat, Job, Lane, Outcome, RightsRequest, State
from privacy.selectors import queue
from tests import factories as f
from tests import working
from tests.jobs import steps
from tests.jobs.steps import given, local, remote
from tests.tampering import owner_of_the_tables

TOKEN = "a-token-for-the-watchman-of-the-tests"


@pytest.fixture
def swept(db):
    Heartbeat.objects.create(name="sweep")


def old(**fields) -> RightsRequest:
    """Due for an hour."""
    request = given(local("a"), **fields)
    with owner_of_the_tables():
        request.jobs.update(ordered_at=timezone.now() - timedelta(hours=1))
    return request


def of_a_batch(**fields) -> RightsRequest:
    return old(batch=f.BatchFactory(), lane=Lane.BULK, **fields)


def people(number: int) -> list:
    return [f.DataSubjectFactory().id for _ in range(number)]


def status_of(request: RightsRequest) -> str:
    request.refresh_from_db()
    return request.outcome or request.state


@pytest.fixture
def rung(monkeypatch) -> dict[str, list[str]]:
    """{queue: ids of the jobs that were rung for in it}."""
    found = defaultdict(list)
    monkeypatch.setattr(app, "send_task", lambda task, args, queue: found[queue].extend(args))
    return found


def moved(lane: str, seconds: float) -> None:
    Heartbeat.objects.update_or_create(name=lane, defaults={"at": timezone.now() - timedelta(seconds=seconds)})


@pytest.mark.usefixtures("swept")
class TestReadiness:
    def test_a_long_queue_that_is_being_worked_off_is_ready(self, client):
        first, *_ = [old() for _ in range(3)]
        assert client.get("/readyz").status_code == 503
        working.run(first.id)
        assert due().count() == 2
        assert client.get("/readyz").status_code == 200
        assert not queue.workers_are_silent()

    def test_a_worker_at_one_long_call_touches_its_lane_whenever_it_renews(self, client):
        def build(request, step, renew):
            moved(Lane.PROMPT, 300)
            before = client.get("/readyz").status_code
            renew()
            return Done({"ready": [before, client.get("/readyz").status_code]})

        steps.scripts["a package"] = [build]
        long = given(remote("a package"))
        old()
        working.run(long.id)
        assert long.steps.get().result == {"ready": [503, 200]}

    def test_due_work_that_nobody_touches_is_not_ready(self, client):
        old()
        moved(Lane.PROMPT, 300)
        assert client.get("/readyz").status_code == 503
        assert queue.workers_are_silent()

    def test_work_that_has_only_just_become_due_is_ready_however_long_nothing_was_to_do(self, client):
        given(local("a"))
        moved(Lane.PROMPT, 90_000)
        assert client.get("/readyz").status_code == 200

    def test_progress_in_bulk_does_not_hide_that_a_single_request_is_untouched(self, client):
        of_a_batch()
        old()
        moved(Lane.BULK, 1)
        assert client.get("/readyz").status_code == 503

    def test_a_stranger_learns_one_word_and_the_holder_of_the_token_what_is_wrong(self, client, settings):
        old()
        for token, headers in [
            ("", {"Authorization": "Bearer "}),
            (TOKEN, {}),
            (TOKEN, {"Authorization": "Bearer x"}),
            (TOKEN, {"X-Forwarded-For": "127.0.0.1"}),
        ]:
            settings.HEALTH_TOKEN = token
            answer = client.get("/readyz", headers=headers)
            assert (answer.status_code, answer.content) == (503, b"not ready\n")
        facts = client.get("/readyz", headers={"Authorization": f"Bearer {TOKEN}"}).json()
        assert facts["untouched_seconds"] > 3500
        assert "no worker has touched any" in facts["problems"][0]


@pytest.mark.django_db
class TestLanes:
    def test_bells_of_what_many_were_asked_for_lie_in_a_queue_of_their_own(self, monkeypatch):
        monkeypatch.setattr(Worker, "start", lambda worker: None)
        assert {lane: bells.queue_of(lane) for lane in Lane.values} == {
            "prompt": "kosenai-prompt", "bulk": "kosenai-bulk",
        }  # fmt: skip
        for lane in Lane.values:
            command = Worker(lane, "kosenai_ops", 60).command
            assert command[command.index("-Q") + 1] == bells.queue_of(lane)
        assert tasks.work.name == bells.TASK

    def test_a_bell_goes_to_the_lane_of_its_job(self, rung, django_capture_on_commit_callbacks):
        asked = {"actor": f.StaffFactory(), "reason": "Asked by mail"}
        proved = asked | {"verification": "signed_in"}
        approver = f.StaffFactory()
        with django_capture_on_commit_callbacks(execute=True):
            [of_many] = ask("access", subject_ids=people(1), batch=f.BatchFactory(), **proved)
            [single] = ask("access", subject_ids=people(1), **proved)
            [held] = ask("hold_place", subject_ids=people(1), batch=f.BatchFactory(), **asked)
            erasures = [
                ask("erasure", subject_ids=people(1), batch=batch, **proved)[0]
                for batch in (None, f.BatchFactory(kind="erasure"))
            ]
            for request in erasures:
                grant(request_id=request.id, actor=approver)
        prompt, bulk = [single, held, erasures[0]], [of_many, erasures[1]]
        assert {name: set(ids) for name, ids in rung.items()} == {
            "kosenai-prompt": {str(request.job.id) for request in prompt},
            "kosenai-bulk": {str(request.job.id) for request in bulk},
        }

    @pytest.mark.parametrize("kind", ["hold_place", "child_flag"])
    def test_a_hold_or_flag_of_many_people_is_as_prompt_as_one(self, kind):
        opened = ask_as_batch(kind, subject_ids=people(2), actor=f.StaffFactory(), reason="A court asks")
        assert len(opened) == 2 and opened[0].batch
        assert {request.job.lane for request in opened} == {Lane.PROMPT}
        assert set(next_due(10, Q(lane=Lane.PROMPT))) == {request.job.id for request in opened}

    def test_the_workers_of_single_requests_leave_what_many_were_asked_for_to_its_own(self):
        bulk, single = of_a_batch(), old()
        tasks.work(str(single.job.id))
        assert status_of(single) == Outcome.FULFILLED
        assert status_of(bulk) == State.FULFILLING
        tasks.work(str(bulk.job.id))
        assert status_of(bulk) == Outcome.FULFILLED

    def test_a_batch_whose_erasure_by_the_hundred_fails_goes_by_halves_and_one_harms_no_other(self):
        requests = [of_a_batch(kind="erasure") for _ in range(5)]
        faulty, *others = requests

        def erase(request, step, renew):
            return 1 / 0 if request == faulty else Done()

        steps.scripts["a"] = [erase] * 20
        tasks.work(str(others[0].job.id))
        assert {status_of(request) for request in others} == {Outcome.FULFILLED}
        assert [(s.state, s.problem, s.attempts) for s in faulty.steps] == [("started", "ZeroDivisionError", 1)]
        assert not due().exists() and not Job.objects.filter(lease__isnull=False).exists()
        assert faulty.job.not_before and status_of(faulty) == State.FULFILLING

    def test_what_comes_in_during_a_slice_and_is_more_urgent_is_next(self):
        order = []

        def ask(request, step, renew):
            order.append(step.target)
            given(local("hold"), kind="hold_place", due_on=None)
            return Done()

        steps.scripts["first"] = [ask]
        for name in ("hold", "later"):
            steps.scripts[name] = [lambda request, step, renew: order.append(step.target) or Done()]
        given(local("first"), due_on="2026-12-01")
        given(local("later"), due_on="2026-12-24")
        run_due(Q(lane=Lane.PROMPT))
        assert order == ["first", "hold", "later"]

    def test_the_sweep_adds_no_heap_of_bells_to_a_lane_that_is_awake(self, rung):
        waiting = [old() for _ in range(5)]
        bells.sweep()
        assert sorted(rung.pop("kosenai-prompt")) == sorted(str(request.job.id) for request in waiting)
        moved(Lane.PROMPT, 1)
        bells.sweep()
        assert len(rung.pop("kosenai-prompt")) == 1 and not rung


def children_of(process: psutil.Process, lane: str) -> list[psutil.Process]:
    """The lane's worker and its children, once they are there."""
    return [p for p in process.children(recursive=True) if f"kosenai-{lane}" in " ".join(p.cmdline())]


def is_alive(process: psutil.Process) -> bool:
    """And no zombie, whose parent may take a while to notice."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(is_so, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.fixture
def work(process_environment):
    """`manage.py work` with little patience."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "work", "--patience", "4"]
    process = psutil.Popen(command, env=process_environment)
    yield process
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.xdist_group("workers")
def test_a_worker_that_lives_and_consumes_nothing_is_replaced_and_one_signal_ends_them_all(work):
    wait_until(lambda: len(children_of(work, Lane.PROMPT)) == 3 and queue.last_sweep_seconds() is not None, 120)
    deaf = children_of(work, Lane.PROMPT)
    for process in deaf:
        process.send_signal(signal.SIGSTOP)
    request = ask("hold_place", subject_ids=[f.DataSubjectFactory().id], actor=f.StaffFactory(), reason="A court asks")[
        0
    ]

    def is_done():
        request.refresh_from_db()
        return request.outcome == Outcome.FULFILLED

    wait_until(is_done, 120)
    assert not any(map(is_alive, deaf))
    everyone = work.children(recursive=True)
    os.kill(work.pid, signal.SIGTERM)
    assert work.wait(timeout=20) == 128 + signal.SIGTERM
    assert not any(map(is_alive, everyone))
