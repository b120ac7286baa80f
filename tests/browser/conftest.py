"""Browsers of several people at once, and a worker that works while they look."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from kosenai_ops.celery import app
from tests import factories as f

PASSWORD = "a long and private passphrase"


@pytest.fixture
def open_page(browser, live_server):
    """Call it for a page in a browser of its own; complaints of the console fail the test, as with `browser_page`.

    `page.problems` is the list of complaints of all of them.
    """
    contexts, problems = [], []

    def new(**options):
        context = browser.new_context(
            base_url=live_server.url, **{"viewport": {"width": 1360, "height": 900}} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.problems = problems
        page.set_default_timeout(20_000)
        page.on("console", lambda message: message.type == "error" and problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("response", lambda answer: answer.status >= 500 and problems.append(f"{answer.status} {answer.url}"))
        return page

    yield new
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def let_in(open_page, live_server):
    """Call it with a role: a browser of a member of staff who has signed in already."""

    def let(role: str, **options):
        client, page = Client(), open_page(**options)
        page.staff = f.StaffFactory(role=role)
        client.force_login(page.staff)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return page

    return let


@pytest.fixture
def signed_in(open_page):
    """Call it with a role: a member of staff signs in by the sign-in page of a browser of their own."""

    def sign_in(role: str, **options):
        staff = f.StaffFactory(role=role, username=role)
        page = open_page(**options)
        page.goto("/accounts/login/")
        page.fill("[name=login]", staff.username)
        page.fill("[name=password]", PASSWORD)
        page.click("button:text-is('Sign in')")
        page.wait_for_url("**/admin/")
        page.staff = staff
        return page

    return sign_in


@pytest.fixture
def worker(process_environment, tmp_path):
    """`celery worker` in a process of its own, on this run's database and broker. Bells that earlier tests have rung
    go first: a broker of files gives out one a second."""
    app.control.purge()
    log = tmp_path / "worker.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "kosenai_ops", "worker", "--concurrency", "1"],
            env=process_environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    yield process
    os.killpg(process.pid, signal.SIGKILL)  # to end in peace takes it seconds
    process.wait()
