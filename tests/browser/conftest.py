"""Browsers of several people at once, and a worker that works while they look."""

import os
import signal
import subprocess
import sys

import pytest
from django.contrib.auth.models import Group, Permission

from kosenai_ops.celery import app
from privacy import roles
from tests import factories as f

PASSWORD = "a long and private passphrase"


@pytest.fixture
def groups(transactional_db):
    """The roles, which the emptying of the tables between tests with transactions takes away."""
    known = {f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")}
    for role, permissions in roles.matrix().items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(known[name] for name in permissions)


@pytest.fixture
def open_page(browser, live_server):
    """Call it for a page in a browser of its own; complaints of the console fail the test, as with `browser_page`."""
    contexts, problems = [], []

    def new(**options):
        context = browser.new_context(
            base_url=live_server.url, **{"viewport": {"width": 1360, "height": 900}} | options
        )
        contexts.append(context)
        page = context.new_page()
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
def signed_in(open_page, groups):
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
