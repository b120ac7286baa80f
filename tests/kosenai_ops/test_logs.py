import io
import json
import logging
import sys
from logging.config import dictConfig

import pytest
from django.db import IntegrityError, OperationalError
from django.test import RequestFactory

from kosenai_ops import logs

EMAIL = "bob.o'neil+x@mail.example.co.uk"
NAME = "Bob Smithson"
PERSONAL = ["bob", "Bob", "Smithson", "mail.example", "203.0.113.9", "2001:db8::7"]


@pytest.fixture
def output(settings):
    """What the real logging configuration writes, as a stream."""
    stream = io.StringIO()
    configuration = settings.LOGGING | {
        "handlers": {"stderr": settings.LOGGING["handlers"]["stderr"] | {"stream": stream}},
    }
    dictConfig(configuration)
    yield stream
    dictConfig(settings.LOGGING)


def lines(output) -> list[dict]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def raised(fault: BaseException):
    try:
        raise fault
    except type(fault):
        return sys.exc_info()


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"mail to {EMAIL} failed", "mail to [email] failed"),
        ("to=bob@example.com.", "to=[email]."),
        ("GET /x/?q=Bob%20Smithson&p=1 HTTP/1.1", "GET /x/?[query] HTTP/1.1"),
        ("GET /x/bob%40example.com/", "GET /x/[email]/"),
        ("from 203.0.113.9:4711", "from [ip]:4711"),
        ("from 2001:db8::7.", "from [ip]."),
        ("from ::ffff:203.0.113.9", "from [ip]"),
        ("at 12:30:45, rows[1:2], version 5.2.19, Really? yes", "at 12:30:45, rows[1:2], version 5.2.19, Really? yes"),
        (
            'duplicate key "x" DETAIL: Key (full_name)=(Bob Smithson) already exists.',
            'duplicate key "x" DETAIL: Key (full_name)=([row]) already exists.',
        ),
    ],
)
def test_what_looks_personal_is_cut_out(said, written):
    assert logs.redact(said) == written


@pytest.mark.parametrize(
    "logger", ["privacy.fulfilment", "django.request", "celery.app.trace", "django.db.backends", "x"]
)
def test_no_logger_writes_an_address(output, logger):
    logging.getLogger(logger).warning("Cannot reach %s from %s", EMAIL, "203.0.113.9")
    assert [line["message"] for line in lines(output)] == ["Cannot reach [email] from [ip]"]


def test_an_exception_is_told_by_type_and_place_and_not_by_its_text(output):
    fault = IntegrityError(f"Failing row contains (1, {NAME}, {EMAIL}).")
    fault.__cause__ = ValueError(NAME)
    fault.add_note(NAME)
    logging.getLogger("x").error("Import failed", exc_info=raised(fault))
    (line,) = lines(output)
    assert "django.db.utils.IntegrityError: [text withheld]" in line["exception"]
    assert "ValueError: [text withheld]" in line["exception"]
    assert "test_logs.py" in line["exception"]
    assert not [word for word in PERSONAL if word in json.dumps(line)]


def test_an_exception_group_is_told_the_same_way(output):
    logging.getLogger("x").error("Failed", exc_info=raised(ExceptionGroup(NAME, [ValueError(NAME)])))
    assert "Smithson" not in output.getvalue()


def test_a_harmless_exception_keeps_its_text(output):
    logging.getLogger("x").error("Failed", exc_info=raised(OperationalError("database is locked")))
    assert "database is locked" in lines(output)[0]["exception"]


def test_what_libraries_hang_on_a_record_is_not_written(output):
    logging.getLogger("x").info("Done", extra={"data": {"kwargs": NAME}, "email": EMAIL, "status": 200})
    (line,) = lines(output)
    assert set(line) == {"at", "level", "logger", "message", "status"}


def test_celery_tells_the_task_and_not_its_arguments_or_result(output):
    context = {"id": "7", "name": "privacy.tasks.work", "exc": f"ValueError('{NAME}')", "args": f"('{NAME}',)"}
    message = "Task %(name)s[%(id)s] raised unexpected: %(exc)s"
    logging.getLogger("celery.app.trace").error(message, context, extra={"data": context})
    assert [line["message"] for line in lines(output)] == ["Task privacy.tasks.work[7] raised unexpected: [withheld]"]


def test_the_path_of_a_failed_request_is_told_by_its_route(output):
    request = RequestFactory().get("/Bob%20Smithson/")
    logging.getLogger("django.request").warning("Not Found: %s", request.path, extra={"request": request})
    assert lines(output)[0]["message"] == "Not Found: /[no route]"


@pytest.mark.django_db
class TestRequestLine:
    def test_it_names_the_route_and_the_staff_member_by_id(self, client, admin_user, output):
        client.force_login(admin_user)
        answer = client.get("/admin/", {"q": NAME})
        (line,) = [line for line in lines(output) if line["logger"] == "kosenai.requests"]
        assert line.pop("ms") >= 0
        assert line.pop("request_id") == answer["X-Request-Id"]
        assert line | {"at": ""} == {
            "at": "",
            "level": "INFO",
            "logger": "kosenai.requests",
            "message": line["message"],
            "user_id": admin_user.pk,
            "method": "GET",
            "route": "admin/",
            "status": 200,
        }

    def test_a_path_that_is_nobodys_is_not_repeated(self, client, output):
        client.get("/Bob/Smithson/", {"mail": EMAIL}, REMOTE_ADDR="203.0.113.9")
        assert not [word for word in PERSONAL if word in output.getvalue()]

    def test_the_fault_of_a_view_carries_the_requests_id(self, client, output, monkeypatch):
        def fail(*args):
            raise ValueError(NAME)

        monkeypatch.setattr("kosenai_ops.health.broker_answers", fail)
        client.raise_request_exception = False
        answer = client.get("/readyz", {"mail": EMAIL})
        assert answer.status_code == 500
        assert "Something broke on our side" in answer.content.decode()
        faults = [line for line in lines(output) if "exception" in line]
        assert [(line["logger"], line["message"]) for line in faults] == [
            ("django.request", "Internal Server Error: /readyz")
        ]
        assert faults[0]["request_id"]
        assert not [word for word in PERSONAL if word in output.getvalue()]
