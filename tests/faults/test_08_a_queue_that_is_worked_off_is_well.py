"""Progress counts and not age, nothing prompt waits behind what many were asked for, and dead workers are replaced."""

import os
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta

import psutil
import pytest
from django.conf import settings
from django.utils import timezone

from kosenai_ops.celery import app
from privacy import tasks
from privacy.fulfilment import batches, children, engine, holds
from privacy.jobs.outcomes import Done
from privacy.models import Heartbeat, RequestKind, RequestStatus, RightsRequest
from privacy.selectors import queue
from tests import factories as f
from tests import working
from tests.fulfilment import steps
from tests.fulfilment.steps import given, local

TOKEN = "a-token-for-the-watchman-of-the-tests"


@pytest.fixture
def swept(db):
    Heartbeat.objects.create(name="sweep")


def old(**fields) -> RightsRequest:
    """Due for an hour."""
    return given(local("a"), received_at=timezone.now() - timedelta(hours=1), **fields)


def of_a_batch(**fields) -> RightsRequest:
    return old(batch=f.BatchFactory(), **fields)


def moved(lane: str, seconds: float) -> None:
    Heartbeat.objects.update_or_create(name=lane, defaults={"at": timezone.now() - timedelta(seconds=seconds)})


@pytest.mark.usefixtures("swept")
class TestReadiness:
    def test_a_long_queue_that_is_being_worked_off_is_ready(self, client):
        first, *_ = [old() for _ in range(3)]
        assert client.get("/readyz").status_code == 503
        working.run(first.id)
        assert queue.due().count() == 2
        assert client.get("/readyz").status_code == 200
        assert not queue.workers_are_silent()

    def test_due_work_that_nobody_touches_is_not_ready(self, client):
        old()
        moved(queue.PROMPT, 300)
        assert client.get("/readyz").status_code == 503
        assert queue.workers_are_silent()

    def test_work_that_has_only_just_become_due_is_ready_however_long_nothing_was_to_do(self, client):
        given(local("a"), received_at=timezone.now())
        moved(queue.PROMPT, 90_000)
        assert client.get("/readyz").status_code == 200

    def test_progress_in_bulk_does_not_hide_that_a_single_request_is_untouched(self, client):
        of_a_batch()
        old()
        moved(queue.BULK, 1)
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
    def test_bells_of_what_many_were_asked_for_lie_in_a_queue_of_their_own(self):
        bells = {"kosenai-prompt": [tasks.fulfil], "kosenai-bulk": [tasks.fulfil_bulk, tasks.erase_batch]}
        for name, rung in bells.items():
            assert {app.amqp.router.route({}, each.name)["queue"].name for each in rung} == {name}

    def test_a_bell_goes_to_the_lane_of_its_request(self, monkeypatch, django_capture_on_commit_callbacks):
        rung = {"prompt": [], "bulk": []}
        monkeypatch.setattr(tasks.fulfil, "delay", rung["prompt"].append)
        monkeypatch.setattr(tasks.fulfil_bulk, "delay", rung["bulk"].append)
        of_many, single = of_a_batch(), old()
        held = given(local("a"), kind=RequestKind.HOLD_PLACE, batch=f.BatchFactory())
        with django_capture_on_commit_callbacks(execute=True):
            tasks.ring([of_many.id, single.id, held.id])
        assert rung == {"prompt": [str(single.id), str(held.id)], "bulk": [str(of_many.id)]}

    @pytest.mark.parametrize("verb", [holds.place, children.flag])
    def test_a_hold_or_flag_of_many_people_is_as_prompt_as_one(self, verb):
        people = [f.DataSubjectFactory().id for _ in range(2)]
        opened = batches.run_as_batch(
            verb, kind=RequestKind.HOLD_PLACE, subject_ids=people, actor=f.StaffFactory(), reason="A court asks"
        )
        assert {queue.lane_of(request) for request in opened} == {queue.PROMPT}
        assert set(queue.next_due(10, queue.LANES[queue.PROMPT])) == {request.id for request in opened}

    def test_the_workers_of_single_requests_leave_what_many_were_asked_for_to_its_own(self):
        bulk, single = of_a_batch(), old()
        engine.run_due(single.id)
        bulk.refresh_from_db()
        assert bulk.status == RequestStatus.IN_PROGRESS
        tasks.fulfil_bulk(str(bulk.id))
        bulk.refresh_from_db()
        assert bulk.status == RequestStatus.FULFILLED

    def test_a_batch_whose_erasure_by_the_hundred_fails_goes_one_by_one(
        self, monkeypatch, django_capture_on_commit_callbacks
    ):
        requests = [of_a_batch(kind=RequestKind.ERASURE) for _ in range(2)]
        monkeypatch.setattr(tasks.bulk, "erase_slice", lambda batch_id: 1 / 0)
        monkeypatch.setattr(tasks.fulfil_bulk, "delay", tasks.fulfil_bulk)
        with pytest.raises(ZeroDivisionError):
            tasks.erase_batch(str(requests[0].batch_id))
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep()
        assert not queue.due().exists()

    def test_what_comes_in_during_a_slice_and_is_more_urgent_is_next(self):
        order = []

        def ask(request, step, renew):
            order.append(step.target)
            given(local("hold"), kind=RequestKind.HOLD_PLACE, due_on=None)
            return Done()

        steps.scripts["first"] = [ask]
        for name in ("hold", "later"):
            steps.scripts[name] = [lambda request, step, renew: order.append(step.target) or Done()]
        first = given(local("first"), due_on="2026-12-01")
        given(local("later"), due_on="2026-12-24")
        engine.run_due(first.id)
        assert order == ["first", "hold", "later"]

    def test_the_sweep_adds_no_heap_of_bells_to_a_lane_that_is_awake(self):
        for _ in range(5):
            old()
        assert len(engine.sweep()) == 5
        moved(queue.PROMPT, 1)
        assert len(engine.sweep()) == 1


def children_of(process: psutil.Process, lane: str) -> list[psutil.Process]:
    """The lane's worker and its children, once they are there."""
    return [p for p in process.children(recursive=True) if f"kosenai-{lane}" in " ".join(p.cmdline())]


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
    wait_until(lambda: len(children_of(work, queue.PROMPT)) == 3 and queue.last_sweep_seconds() is not None, 120)
    deaf = children_of(work, queue.PROMPT)
    for process in deaf:
        process.send_signal(signal.SIGSTOP)
    request = holds.place(subject_ids=[f.DataSubjectFactory().id], actor=f.StaffFactory(), reason="A court asks")[0]
    tasks.ring([request.id])

    def is_done():
        request.refresh_from_db()
        return request.status == RequestStatus.FULFILLED

    wait_until(is_done, 120)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in deaf)
    everyone = work.children(recursive=True)
    os.kill(work.pid, signal.SIGTERM)
    assert work.wait(timeout=20) == 128 + signal.SIGTERM
    assert not [process for process in everyone if process.is_running()]
