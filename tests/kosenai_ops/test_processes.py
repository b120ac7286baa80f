"""The processes of a deployment, started for real: web, workers; and what a dead broker costs."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from http.cookies import SimpleCookie
from time import perf_counter

import pytest
from kombu.exceptions import OperationalError

from kosenai_ops.celery import app
from tests.conftest import MIGRATED
from tests.kosenai_ops import production


@contextlib.contextmanager
def started(*command: str, env: dict[str, str], log):
    """The command as a process, with its output in the file `log`; ended at the end."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=production.ROOT, env=env, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(log, words: str, seconds: float = 60) -> str:
    """The log's text once the words stand in it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if words in log.read_text():
            return log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"{words!r} does not come:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_plain_worker_takes_a_bell_from_this_runs_broker(process_environment, tmp_path):
    environment, worker = process_environment | {"VAR_DIR": os.environ["VAR_DIR"]}, tmp_path / "worker.log"
    with started("celery", "-A", "kosenai_ops", "worker", "--concurrency", "1", env=environment, log=worker):
        wait_for(worker, "ready.")
        app.send_task("privacy.tasks.work", [str(uuid.uuid4())])
        text = wait_for(worker, "Task privacy.tasks.work")
        wait_for(worker, "succeeded in")
    assert "Traceback" not in text
    assert re.search(r'"message": "Task privacy.tasks.work\[[0-9a-f-]{36}\] received"', text)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"])
def test_ringing_at_a_dead_broker_fails_within_two_seconds(url):
    started = perf_counter()
    with app.connection_for_write(url) as broker, pytest.raises(OperationalError):
        app.send_task("privacy.tasks.work", [str(uuid.uuid4())], connection=broker)
    assert perf_counter() - started < 2


@pytest.fixture(scope="module")
def server(django_db_setup, tmp_path_factory):
    """gunicorn as in production, behind a proxy that speaks https; its address and its log."""
    folder = tmp_path_factory.mktemp("web")
    port, log = free_port(), folder / "web.log"
    environment = production.environment(folder, BEHIND_PROXY="true", ALLOWED_HOSTS="127.0.0.1")
    if MIGRATED.exists():  # on SQLite, which it is on whatever the run's own database is
        shutil.copyfile(MIGRATED, folder / "kosenai.sqlite3")
    for command in ("collectstatic",) if MIGRATED.exists() else ("migrate", "collectstatic"):
        outcome = production.run("manage.py", command, "--no-input", "-v0", env=environment, timeout=120)
        assert outcome.returncode == 0, outcome.stderr
    command = ["gunicorn", "-c", "python:kosenai_ops.gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}"]
    with started(*command, "kosenai_ops.wsgi", env=environment, log=log):
        wait_for(log, "Listening at")
        yield f"http://127.0.0.1:{port}", log


@pytest.mark.xdist_group("web server")  # one process of the run starts it, not each
class TestWebServer:
    def get(self, url, *, https=True):
        request = urllib.request.Request(url, headers={"X-Forwarded-Proto": "https"} if https else {})
        try:
            return urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as answer:
            return answer

    def test_it_is_alive_over_plain_http_too(self, server):
        assert self.get(f"{server[0]}/healthz", https=False).read() == b"alive\n"

    def test_pages_load_their_files_under_names_that_change_with_them(self, server):
        page = self.get(f"{server[0]}/accounts/login/").read().decode()
        files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert len(files) > 4
        for file in files:
            assert re.search(r"\.[0-9a-f]{12}\.", file)
            answer = self.get(server[0] + file)
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]

    def test_headers_and_cookies_are_those_of_production(self, server):
        answer = self.get(f"{server[0]}/accounts/login/")
        headers = answer.headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        ((name, cookie),) = SimpleCookie(headers["Set-Cookie"]).items()
        assert name == "__Host-kosenai-csrf"
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")

    def test_plain_http_is_sent_to_https(self, server):
        class NoRedirect(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *args):
                return None

        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.build_opener(NoRedirect).open(f"{server[0]}/admin/")
        assert (answer.value.code, answer.value.headers["Location"][:8]) == (301, "https://")

    def test_its_log_is_json_and_names_nobody(self, server):
        url, log = server
        self.get(f"{url}/accounts/login/?next=/admin/&mail=bob@example.com")
        text = wait_for(log, '"route": "accounts/login/"')
        assert "bob" not in text
        assert all(line.startswith("{") for line in text.splitlines())
