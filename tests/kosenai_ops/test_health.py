from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from kosenai_ops import health
from privacy.models import Heartbeat
from privacy.selectors import queue


@pytest.fixture
def a_sweep_just_now(db):
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": timezone.now()})


def test_alive_asks_nothing_of_database_or_broker(client):
    answer = client.get("/healthz")  # no database mark: a query would fail the test
    assert (answer.status_code, answer.content) == (200, b"alive\n")


@pytest.fixture
def ask(client, settings):
    """Asks as the watchman who has the token."""
    settings.HEALTH_TOKEN = "t" * 32
    return lambda: client.get("/readyz", headers={"Authorization": f"Bearer {settings.HEALTH_TOKEN}"})


@pytest.mark.usefixtures("a_sweep_just_now")
def test_ready_when_everything_is_well(ask):
    answer = ask()
    assert answer.status_code == 200
    facts = answer.json()
    assert 0 <= facts.pop("last_sweep_seconds") < 5
    assert facts == {"broker": "ok", "database": "ok", "untouched_seconds": None, "problems": []}


@pytest.mark.django_db
def test_not_ready_when_the_sweep_never_ran(ask):
    Heartbeat.objects.all().delete()
    answer = ask()
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["The sweep never ran: does `manage.py work` run?"]


@pytest.mark.django_db
def test_not_ready_when_the_sweep_is_silent(ask):
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": timezone.now() - timedelta(minutes=5)})
    assert "The sweep last ran 30" in ask().json()["problems"][0]


@pytest.mark.usefixtures("a_sweep_just_now")
def test_not_ready_when_due_work_is_left_lying(ask, monkeypatch):
    monkeypatch.setattr(queue, "untouched_seconds", lambda: 121.0)
    answer = ask()
    assert answer.status_code == 503
    assert "no worker has touched any for 121 seconds" in answer.json()["problems"][0]


@pytest.mark.django_db
def test_not_ready_without_a_database_and_still_an_answer(ask, monkeypatch):
    def refuse(self):
        raise OperationalError("connection refused to host secret.example.com")

    monkeypatch.setattr(type(health.connection), "ensure_connection", refuse, raising=False)
    answer = ask()
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"
    assert "secret.example.com" not in answer.content.decode()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"])
@pytest.mark.usefixtures("a_sweep_just_now")
def test_not_ready_without_a_broker_and_told_within_two_seconds(ask, monkeypatch, url):
    from time import perf_counter

    connect = health.app.connection_for_write
    monkeypatch.setattr(health.app, "connection_for_write", lambda **options: connect(url, **options))
    started = perf_counter()
    answer = ask()
    assert perf_counter() - started < 2
    assert (answer.status_code, answer.json()["broker"]) == (503, "unreachable")
