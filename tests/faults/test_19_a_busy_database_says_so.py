"""A database that is locked for too long: the page says so, and what was typed can be sent again."""

import sqlite3
from contextlib import closing, contextmanager
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import OperationalError, connection
from django.urls import reverse

from kosenai_ops.error_pages import bad_request
from privacy import tasks
from privacy.jobs.slices import is_busy
from privacy.models import Case, Heartbeat
from tests import factories as f

pytestmark = pytest.mark.django_db(transaction=True)
TYPED = "A letter from <Dr. O'Neil & partners>, received today"


@contextmanager
def locked():
    """Another process keeps the database from being written; ours waits a tenth of a second and not twenty."""
    with closing(another_writer()) as other, connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=100" if connection.vendor == "sqlite" else "SET lock_timeout = '100ms'")
        try:
            yield
        finally:
            other.rollback()
            cursor.execute("PRAGMA busy_timeout=20000" if connection.vendor == "sqlite" else "SET lock_timeout = 0")


def another_writer():
    if connection.vendor == "sqlite":
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        return other
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    other = connection.Database.connect(**parameters)
    other.execute(
        "LOCK TABLE privacy_case, privacy_auditentry, privacy_heartbeat, django_session, axes_accessattempt, "
        "axes_accesslog IN EXCLUSIVE MODE"
    )
    return other


@pytest.fixture
def agent(client):
    member = f.StaffFactory(role="agent")
    client.force_login(member)
    client.get(reverse("admin:index"))  # the session is written once a minute: now, and not in the test
    client.raise_request_exception = False
    return member


class Fields(HTMLParser):
    """The form's fields as a browser would send them."""

    def __init__(self, page: str):
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.text = ""  # the name of the text field that is open
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.found.setdefault(given["name"], []).append(given["value"])
        self.text = given["name"] if tag == "textarea" else ""

    def handle_data(self, data):
        if self.text:
            self.found.setdefault(self.text, []).append(data.removeprefix("\n"))

    def handle_endtag(self, tag):
        self.text = ""


PLACE_HOLD = {"viewname": "admin:privacy_datasubject_act", "args": ["hold_place"]}


def place_hold(client, person):
    return client.post(
        reverse(**PLACE_HOLD),
        {"subjects": str(person.pk), "reason": TYPED, "verification": "authority", "token": str(uuid4())},
    )


def test_a_form_that_meets_a_locked_database_is_shown_again_and_sending_it_again_saves_it(client, agent):
    person = f.DataSubjectFactory()
    with locked():
        answer = place_hold(client, person)
    page = answer.content.decode()
    assert answer.status_code == 503 and int(answer["Retry-After"]) > 0 and answer["Cache-Control"] == "no-store"
    assert "nothing was saved" in page and "malformed" not in page and "Send again" in page
    assert TYPED not in page  # escaped
    fields = Fields(page).found
    assert fields["reason"] == [TYPED]
    assert not Case.objects.exists()
    for _ in range(2):  # whoever sends it once more asks for nothing twice
        client.post(reverse(**PLACE_HOLD), fields)
        assert [case.reason for case in Case.objects.filter(kind="hold_place", subject=person)] == [TYPED]


def test_a_page_that_is_finished_is_shown_though_its_session_cannot_be_saved(client, agent, caplog):
    session = client.session
    session["seen_at"] = 0
    session.save()
    with locked():
        answer = client.get(reverse("admin:privacy_datasubject_changelist"))
    assert answer.status_code == 200
    assert "a session was not saved" in caplog.text


def test_a_sign_in_says_that_the_database_is_busy_and_repeats_no_password(client):
    member = f.StaffFactory()
    member.set_password("correct horse battery")
    member.save()
    client.raise_request_exception = False
    with locked():
        answer = client.post("/accounts/login/", {"login": member.username, "password": "correct horse battery"})
    page = answer.content.decode()
    assert answer.status_code == 503 and "The database is busy" in page and "malformed" not in page
    assert "correct horse battery" not in page and member.username not in page


def test_an_ended_session_is_told_as_such_and_not_as_malformed(rf):
    answer = bad_request(rf.get("/admin/"), SessionInterrupted())
    page = answer.content.decode()
    assert answer.status_code == 400 and "Your session ended" in page and "malformed" not in page


def test_the_sweep_waits_for_the_next_one_without_a_traceback(caplog):
    with locked():
        tasks.sweep()
    assert not Heartbeat.objects.exists()
    assert [record.levelname for record in caplog.records if record.name == "privacy.tasks"] == ["WARNING"]
    assert "Traceback" not in caplog.text
    tasks.sweep()
    assert Heartbeat.objects.filter(name="sweep").exists()


def test_a_lost_connection_is_busy_and_a_missing_table_is_a_fault():
    assert is_busy(OperationalError("server closed the connection unexpectedly"))
    missing = OperationalError("no such table: x")
    missing.__cause__ = sqlite3.OperationalError("no such table: x")
    assert not is_busy(missing)
