"""Logs without personal values: one JSON line an event, ids and counts only.

Three fences, from the outside in. A line carries only the fields named in FIELDS, whatever else a library hangs on its
records (Celery: arguments and results; Django: the request). An exception is told by its type and its places in the
code; its text, which likes to quote the row, is kept only for the types in HARMLESS. And what looks like an e-mail
address, an IP address, a query string or a row quoted by the database is cut out of the finished line.
"""

import logging
import re
import time
import traceback
import uuid
from contextvars import ContextVar
from ipaddress import ip_address

from celery import current_task
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from pythonjsonlogger.json import JsonFormatter

FIELDS = ("user_id", "method", "route", "status", "ms")
HARMLESS = (
    ArithmeticError,
    AttributeError,
    ConnectionError,
    ImportError,
    ImproperlyConfigured,
    NameError,
    OperationalError,
    TemplateDoesNotExist,
    TemplateSyntaxError,
    TimeoutError,
)
# What Celery's own messages quote of a task: the exception's text, the result, the arguments.
QUOTED_BY_CELERY = dict.fromkeys(["exc", "return_value", "args", "kwargs", "traceback"], "[withheld]")

EMAIL = re.compile(
    r"(?:[^\s\"'<>()\[\]{},;:=/\\|&?]|(?<=\w)'(?=\w))+(?:@|%40)[\w-]+(?:(?:\.|%2[eE])[\w-]+)+",
)
QUERY = re.compile(r"\?[^\s\"'<>\\]*=[^\s\"'<>\\]*")
ROW = re.compile(r"(=\(|Failing row contains \()[^\n\\]*\)")
IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
MAYBE_IPV6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]*:[0-9a-fA-F:.]*[0-9a-fA-F:](?!\w)")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
requests = logging.getLogger("kosenai.requests")


def redact(text: str) -> str:
    """The text without what looks like an e-mail or IP address, a query string or a quoted database row."""
    text = QUERY.sub("?[query]", text)
    if "@" in text or "%40" in text:  # else it would look for one from every letter on
        text = EMAIL.sub("[email]", text)
    text = ROW.sub(r"\1[row])", text)
    return IPV4.sub("[ip]", MAYBE_IPV6.sub(_redact_ipv6, text))


def _redact_ipv6(found: re.Match) -> str:
    address = found[0].rstrip(":") if not found[0].endswith("::") else found[0]
    try:
        ip_address(address)
    except ValueError:  # a time of day, a Python slice
        return found[0]
    return found[0].replace(address, "[ip]")


def message_of(record: logging.LogRecord) -> str:
    """The record's message, with the route in place of the path and without what Celery quotes of a task."""
    if isinstance(record.args, dict):
        record = logging.makeLogRecord(record.__dict__ | {"args": record.args | QUOTED_BY_CELERY})
    text, request = record.getMessage(), getattr(record, "request", None)
    path = getattr(request, "path", "")
    return text.replace(path, f"/{route_of(request)}") if len(path) > 1 else text


def route_of(request) -> str:
    """The pattern that matched, such as `admin/privacy/script/<path:object_id>/change/`: never the path itself."""
    match = getattr(request, "resolver_match", None)
    return match.route if match else "[no route]"


def story_of(exc_info) -> str:
    """The exception and its causes: types, files, lines, functions; texts of the HARMLESS types only."""
    told = traceback.TracebackException(*exc_info, lookup_lines=True)
    _withhold(told, exc_info[1])
    return "".join(told.format())


def _withhold(told: traceback.TracebackException | None, fault: BaseException | None) -> None:
    if told is None or fault is None:
        return
    if not isinstance(fault, HARMLESS):
        told._str = "[text withheld]"
    told.__notes__ = None
    _withhold(told.__cause__, fault.__cause__)
    _withhold(told.__context__, fault.__context__)
    for inner, inner_fault in zip(told.exceptions or [], getattr(fault, "exceptions", []), strict=False):
        _withhold(inner, inner_fault)


class JsonLine(JsonFormatter):
    """One JSON object a line, for machines."""

    def __init__(self):
        super().__init__("%(levelname)s %(name)s", rename_fields={"levelname": "level", "name": "logger"})
        self.json_ensure_ascii = False

    def format(self, record: logging.LogRecord) -> str:
        task = current_task.request if current_task else None
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            "request_id": request_id.get(),
            "task_id": task.id if task else None,
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = story_of(record.exc_info)
        return redact(self.jsonify_log_record({name: value for name, value in line.items() if value is not None}))

    converter = time.gmtime


class PlainLine(logging.Formatter):
    """A readable line for the developer's console; exceptions whole, because DEBUG runs on made-up people."""

    def __init__(self):
        super().__init__("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class RequestLog:
    """Gives each request an id (header X-Request-Id, field request_id of every line) and writes its one line."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = request_id.set(uuid.uuid4().hex)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            if not request.path.startswith(settings.STATIC_URL):
                self.write(request, response, time.perf_counter() - started)
            return response
        finally:
            request_id.reset(token)

    def write(self, request, response, seconds: float) -> None:
        user = getattr(request, "_cached_user", None)  # whoever the request has loaded; no query for the log's sake
        fields = {
            "user_id": getattr(user, "pk", None),
            "method": request.method,
            "route": route_of(request),
            "status": response.status_code,
            "ms": round(seconds * 1000),
        }
        requests.info("%(method)s %(route)s %(status)s %(ms)s ms", fields, extra=fields)
