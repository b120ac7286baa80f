"""Tables that are not about people keep what names them no longer than the people; nor does the database's file."""

from pathlib import Path

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Q

from privacy.cases.requests import ask, grant_all
from privacy.fulfilment import vacuum
from privacy.jobs import run as engine
from privacy.models import Batch, DataSubject, Heartbeat, Identifier, Step
from tests import working
from tests.factories import DataSubjectFactory, IdentifierFactory, StaffFactory

ADDRESS = "zoe.unmistakable@example.com"
NAME = "Zoë Unmistakable"


@pytest.fixture
def person(db) -> DataSubject:
    subject = DataSubjectFactory(full_name=NAME)
    IdentifierFactory(subject=subject, kind=Identifier.Kind.EMAIL, value=ADDRESS)
    return subject


def attempts(typed: str) -> None:
    common = {"username": typed, "ip_address": "192.0.2.1", "user_agent": "x", "path_info": "/", "http_accept": "*"}
    AccessAttempt.objects.create(get_data="", post_data=f"username={typed}", failures_since_start=1, **common)
    AccessFailureLog.objects.create(**common)
    AccessLog.objects.create(**common)


def session_that_says(text: str) -> str:
    store = SessionStore()
    said = MessageEncoder().encode([Message(constants.INFO, text)])
    store["_messages"], store["_auth_user_id"] = said, "1"
    store.save()
    return store.session_key


def erasures(*people) -> Batch:
    asks = StaffFactory()
    batch = Batch.objects.create(kind="erasure", actor=asks)
    opened = ask(
        "erasure",
        subject_ids=[p.id for p in people],
        actor=asks,
        reason="Asked by mail",
        verification="signed_in",
        batch=batch,
    )
    grant_all(request_ids=[r.id for r in opened], actor=StaffFactory())
    return batch


def one_by_one(batch: Batch) -> None:
    for request in batch.cases.all():
        working.run(request.id)


def by_the_hundred(batch: Batch) -> None:
    """In one set, with two others."""
    others = erasures(*DataSubjectFactory.create_batch(2))
    assert engine.run(Q(case__batch__in=[batch, others]))
    assert {r.outcome for b in (batch, others) for r in b.cases.all()} == {"fulfilled"}


@pytest.mark.parametrize("erase", [one_by_one, by_the_hundred])
@pytest.mark.parametrize("typed", [ADDRESS, ADDRESS.upper(), NAME, NAME.upper()])
def test_what_somebody_typed_of_the_person_goes_with_them(person, erase, typed):
    attempts(typed)
    attempts("a-colleague")
    batch = erasures(person)
    erase(batch)
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        assert list(model.objects.values_list("username", flat=True)) == ["a-colleague"]
    deleted = batch.cases.get().receipt.body["deleted"]
    assert deleted["axes.AccessAttempt"] == deleted["axes.AccessLog"] == 1


@pytest.mark.parametrize("erase", [one_by_one, by_the_hundred])
def test_a_session_that_quotes_the_person_ends(person, erase):
    quotes, others = session_that_says(f"Saved: {NAME}"), session_that_says("Saved: 1 request")
    erase(erasures(person))
    assert set(Session.objects.values_list("session_key", flat=True)) & {quotes, others} == {others}


def test_a_part_of_a_longer_word_names_nobody(person):
    attempts(f"the{ADDRESS}.org")
    one_by_one(erasures(person))
    assert AccessLog.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("erase", [one_by_one, by_the_hundred])
def test_the_database_gives_up_what_was_deleted(erase):
    subject = DataSubjectFactory(full_name=NAME)
    IdentifierFactory(subject=subject, kind=Identifier.Kind.EMAIL, value=ADDRESS)
    batch = erasures(subject)
    erase(batch)
    request = batch.cases.get()
    assert request.outcome == "fulfilled"
    assert request.receipt.body["database"] == vacuum.OUTCOME[connection.vendor]
    if connection.vendor == "postgresql":
        assert last_vacuum("privacy_identifier") > request.steps.get(name="erasure.rows").finished_at
    else:
        file = Path(connection.settings_dict["NAME"])
        assert ADDRESS.encode() not in file.read_bytes()
        assert ADDRESS.encode() not in file.with_name(f"{file.name}-wal").read_bytes()


def last_vacuum(table: str):
    """The number of dead rows would not do: a session tells what it deleted up to a second later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_vacuum FROM pg_stat_user_tables WHERE relname = %s", [table])
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_one_vacuum_serves_all_whose_step_began_before_it(monkeypatch):
    batch = erasures(*DataSubjectFactory.create_batch(3))
    ran = []

    def clean(cleaner, deleted_before, renew):
        ran.append(deleted_before)
        rows = Step.objects.filter(job__case__batch=batch, name="erasure.rows")
        assert all(step.finished_at and step.finished_at <= deleted_before for step in rows)
        return ""

    monkeypatch.setitem(vacuum.CLEAN, connection.vendor, clean)
    working.run_all()
    steps = Step.objects.filter(job__case__batch=batch, name="erasure.vacuum")
    assert [(step.state, step.result) for step in steps] == [("done", vacuum.done().result)] * 3
    assert len(ran) == 1


@pytest.mark.django_db(transaction=True)
def test_a_vacuum_that_ran_before_a_row_was_deleted_serves_nobody(monkeypatch, person):
    ran = []
    monkeypatch.setitem(vacuum.CLEAN, connection.vendor, lambda *given: ran.append(given) or "")
    Heartbeat.objects.create(name=vacuum.HEARTBEAT)
    one_by_one(erasures(person))
    assert len(ran) == 1


@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_locked_is_told_and_tried_again(monkeypatch, person):
    def locked(*given):
        raise vacuum.OperationalError

    monkeypatch.setitem(vacuum.CLEAN, connection.vendor, locked)
    batch = erasures(person)
    one_by_one(batch)
    step = Step.objects.get(job__case__batch=batch, name="erasure.vacuum")
    assert "still in the database" in step.problem
    assert step.not_before
    assert step.job.case.state == "fulfilling"
