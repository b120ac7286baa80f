"""The second net: plant marks in everything personal, live a little, erase, and search every place for every mark.

With the eraser off the same search must find them all, or it proves nothing.
"""

import base64
import gzip
import hashlib
import html
import io
import json
import logging
import quopri
import shutil
import subprocess
import tempfile
import uuid
import zlib
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from kosenai_ops.logs import JsonLine
from privacy.cases import processors
from privacy.cases.requests import grant, grant_all
from privacy.fulfilment import erasure
from privacy.jobs.due import next_due
from privacy.models import Case, Identifier, Job, Outcome, State, Step, StepState
from privacy.selectors.cases import sealed_of
from privacy.selectors.shields import COPIES
from privacy.selectors.suppression import suppressed
from tests import working
from tests.factories import StaffFactory, person_with_everything
from tests.marks import SHORT_NUMBER, Mark, every_markable_field, plant, rich, search

ACTIONS = ("access", "hold_place", "hold_release", "child_flag", "child_confirm", "child_clear")


@pytest.fixture
def logs():
    """Every line that the process would have written, as it would have been written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLine())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.fixture(autouse=True)
def own_temporary_folder(monkeypatch):
    """What is left behind in the folder for temporary files is searched like everything under VAR_DIR."""
    folder = settings.VAR_DIR / "tmp"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


@pytest.fixture
def nothing_of_earlier_tests(transactional_db):
    """Their files, and pages that the database has given up, hold no mark of this one and take minutes to search."""
    name = Path(connection.settings_dict["NAME"]).name
    for path in Path(settings.VAR_DIR).rglob("*"):
        if path.is_file() and not path.name.startswith((name, "migrated.")):  # the copy that each test begins with
            path.unlink()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")


IN_SLICES = pytest.param("in slices", marks=pytest.mark.attack)
SWITCHED_OFF = pytest.param("", marks=pytest.mark.attack, id="switched off")  # shows that the search itself finds all


def answer_the_copies(person) -> None:
    """An erasure waits for them."""
    owed = Case.objects.filter(subject=person, kind__in=COPIES).exclude(state=State.CLOSED)
    owed.update(state=State.CLOSED, outcome=Outcome.FULFILLED, closed_at=Now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("eraser", ["at once", IN_SLICES, SWITCHED_OFF])
@pytest.mark.usefixtures("nothing_of_earlier_tests")
def test_after_an_erasure_only_what_the_map_keeps_is_left(client, logs, unavailable, monkeypatch, eraser):
    if eraser == "in slices":
        monkeypatch.setattr(erasure, "SLICE_ROWS", 1)
    person = person_with_everything()
    marks = plant(person.id)
    assert every_markable_field() - {mark.place for mark in marks} == set()
    address = Identifier.objects.get(subject=person, kind="email").value
    marks += live_a_little(client, person)
    marks += sign_in_with_what_belongs_to(person)
    request = ask_for_erasure(client, person, marks, sealed := Mark("privacy.Case.sealed", rich()))
    if eraser:
        answer_the_copies(person)
        grant(request_id=request.id, actor=StaffFactory())
        carry_out()
    places = everywhere(logs, unavailable)
    assert NEVER_EMPTY - {kind_of(place) for place, blobs in places.items() if any(blobs)} == set()
    assert search([sealed], places) == {}  # where to answer is kept, and nowhere as it was written
    found = search(marks, places)
    if eraser:
        stays = {mark for mark in marks if mark.stays}
        assert {mark: found[mark] for mark in found.keys() - stays} == {}
        assert stays - found.keys() == set()
        assert (models_of(stays) | KEPT_WITHOUT_A_MARK) ^ says_what_stays(request) == set()
        assert suppressed("email", [address])
    else:
        assert set(marks) - found.keys() == set()
        assert {mark for mark in marks_in_tables(found) if not raw_places() & found[mark]} - short_numbers(
            marks
        ) == set()
        assert not suppressed("email", [address])


# Of a job its kind is kept, a key of the catalogue, and the link to the tombstone: no place for a mark.
KEPT_WITHOUT_A_MARK = {"privacy.Job", "privacy.Clock", "privacy.ClockPause", "privacy.Factor"}
NEVER_EMPTY = {"table", "file", "broker", "logs", "sessions"}


def raw_places() -> set[str]:
    """The database itself, read around its own words; each process of a run has its own file."""
    return {f"file {Path(connection.settings_dict['NAME']).name}", "pg_dump"}


def kind_of(place: str) -> str:
    """The first word of the place; a message of the filesystem broker counts as the broker's, not as a file."""
    return "broker" if place.startswith(("file broker/", "redis")) else place.split()[0]


def models_of(marks) -> set[str]:
    return {mark.place.rpartition(".")[0] for mark in marks}


def short_numbers(marks) -> set[Mark]:
    return {mark for mark in marks if mark.text.isdecimal() and len(mark.text) <= SHORT_NUMBER}


def marks_in_tables(found) -> set[Mark]:
    return {mark for mark, places in found.items() if "table" in {kind_of(place) for place in places}}


def live_a_little(client, person) -> list[Mark]:
    """What staff do with a person: look, search, act with a reason that says too much, export."""
    client.force_login(StaffFactory(is_superuser=True))
    marks = []
    for name in ACTIONS:
        marks.append(Mark(f"privacy.Case.reason of {name}", rich()))
        act(client, name, person, marks[-1])
        undecided = Case.objects.filter(subject=person, state=State.DECIDING)
        grant_all(request_ids=[case.id for case in undecided], actor=StaffFactory())
        carry_out()
    client.get(reverse("admin:privacy_datasubject_change", args=[person.id]))
    client.get(reverse("admin:privacy_datasubject_changelist"), {"q": person.full_name})
    return marks


def sign_in_with_what_belongs_to(person) -> list[Mark]:
    """Names typed into the sign-in form of the staff, and a session that quotes one: a mark beside each."""
    person.refresh_from_db()
    beside, said = rich(), rich()
    address = Identifier.objects.get(subject=person, kind="email").value
    typed = {"username": address, "ip_address": "192.0.2.1", "user_agent": "x", "path_info": f"/?{beside}"}
    AccessAttempt.objects.create(get_data="", post_data="", failures_since_start=1, http_accept="", **typed)
    AccessFailureLog.objects.create(http_accept="", **typed)
    AccessLog.objects.create(http_accept="", **typed)
    session = SessionStore()
    session["looked_at"] = f"{person.full_name}: {said}"
    session.save()
    return [Mark("axes", beside), Mark("sessions.Session", said)]


def ask_for_erasure(client, person, marks, sealed) -> Case:
    marks.append(Mark("privacy.Case.reason of erasure", rich()))
    act(client, "erasure", person, marks[-1], reply_to=sealed.text)
    case = Case.objects.get(subject=person, kind="erasure")
    assert sealed_of(case) == {"reply_to": sealed.text}
    return case


def act(client, name, person, mark, **given) -> None:
    fields = {"subjects": str(person.id), "reason": f"They wrote: {mark.text}", "verification": "signed_in"}
    fields |= {"token": str(uuid.uuid4())} | given
    response = client.post(reverse("admin:privacy_datasubject_act", args=[name]), fields, follow=True)
    assert response.status_code == 200
    assert Case.objects.filter(subject=person, kind=name, reason__contains=mark.text).exists()


def carry_out() -> None:
    """What workers, and staff who write to processors without an API, do until nothing is left to do."""
    while due := next_due(100):
        for job_id in due:
            working.run(job_id)
        for step in Step.objects.filter(state=StepState.WAITING, not_before=None):
            processors.attest(step_id=step.id, actor=StaffFactory(), evidence="TICKET-4711")
    assert Job.objects.exclude(parked_because="").count() == 0


def says_what_stays(request) -> set[str]:
    """The models of which the receipt says that rows stay, kept by law or handed over."""
    request.refresh_from_db()
    assert request.outcome == "fulfilled"
    return {*request.receipt.body["kept"], *request.receipt.body["handed_over"]}


def everywhere(logs, unavailable) -> dict[str, list[bytes]]:
    return {
        **tables(),
        **files(Path(settings.VAR_DIR)),
        **dump(unavailable),
        **broker(),
        "logs": [logs.getvalue().encode()],
        "mail": [message.message().as_bytes() for message in mail.outbox],
        "sessions": [repr(session.get_decoded()).encode() for session in Session.objects.all()],
    }


def tables() -> dict[str, list[bytes]]:
    """Every cell of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[f"table {table}"] = [as_bytes(cell) for row in cursor.fetchall() for cell in row]
    return found


def as_bytes(cell) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()


def files(folder: Path) -> dict[str, list[bytes]]:
    """Names and bytes of uploads, packages, temporary files, messages of the filesystem broker, cache and SQLite."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {f"file {path.relative_to(folder)}": [str(path).encode(), path.read_bytes()] for path in paths}


def dump(unavailable) -> dict[str, list[bytes]]:
    """PostgreSQL's own account of everything."""
    if connection.vendor != "postgresql":
        return {}
    if not shutil.which("pg_dump"):
        unavailable("no pg_dump on PATH")
    options = connection.get_connection_params()
    url = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format_map(
        {"password": "", "port": 5432} | {k: v for k, v in options.items() if v}
    )
    return {"pg_dump": [subprocess.run(["pg_dump", url], capture_output=True, check=True).stdout]}


def broker() -> dict[str, list[bytes]]:
    """Every key of Redis; the filesystem broker's messages are files."""
    if urlsplit(settings.CELERY_BROKER_URL).scheme != "redis":
        return {}
    import redis

    store = redis.from_url(settings.CELERY_BROKER_URL)
    read = {
        b"string": lambda key: [store.get(key)],
        b"list": lambda key: store.lrange(key, 0, -1),
        b"set": store.smembers,
        b"zset": lambda key: store.zrange(key, 0, -1),
        b"hash": lambda key: [part for item in store.hgetall(key).items() for part in item],
    }
    return {f"redis {key!r}": [key, *read[store.type(key)](key)] for key in store.scan_iter()}


WRAPPINGS = {
    "as it is": lambda text: f"...{text}...".encode(),
    "lower case": lambda text: text.lower().encode(),
    "upper case": lambda text: text.upper().encode(),
    "backwards": lambda text: text[::-1].encode(),
    "UTF-16": lambda text: f"a{text}".encode("utf-16"),
    "JSON": lambda text: json.dumps({"a": text}).encode(),
    "JSON as UTF-8": lambda text: json.dumps({"a": text}, ensure_ascii=False).encode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"a": text})).encode(),
    "JSON in a COPY dump": lambda text: json.dumps({"a": text}).replace("\\", "\\\\").encode(),
    "an address": lambda text: f"/search?{urlencode({'q': text})}".encode(),
    "HTML": lambda text: f"<b>{html.escape(text)}</b>".encode(),
    "hex": lambda text: f"a{text}".encode().hex().encode(),
    "base64": lambda text: base64.b64encode(f"{text} and more".encode()),
    "base64 from the second byte": lambda text: base64.b64encode(f"a{text} and more".encode()),
    "base64 from the third byte": lambda text: base64.b64encode(f"ab{text} and more".encode()),
    "a mail": lambda text: quopri.encodestring(text.encode()),
    "MD5": lambda text: hashlib.md5(text.encode()).hexdigest().encode(),
    "SHA-1": lambda text: hashlib.sha1(text.encode()).digest(),
    "SHA-256 of the lower case": lambda text: base64.b64encode(hashlib.sha256(text.lower().encode()).digest()),
    "zlib": lambda text: zlib.compress(text.encode() * 9),
    "gzip in gzip": lambda text: gzip.compress(gzip.compress(text.encode() * 9)),
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS.keys())
def test_a_mark_is_known_again_in_every_guise(wrap):
    mark = Mark("nowhere", rich())
    assert search([mark], {"here": [wrap(mark.text)]}) == {mark: {"here"}}
    assert search([mark], {"here": [wrap(rich())]}) == {}
