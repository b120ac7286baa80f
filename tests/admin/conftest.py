"""What the pages' tests share, and what holds for every form that any of them sends."""

import re

import pytest
from django.db import connection
from django.test import Client

from privacy import roles
from privacy.cases import processors
from privacy.jobs import order, settle
from tests.admin.clients import fixture_of

agent = fixture_of(roles.AGENT)
approver = fixture_of(roles.APPROVER)


@pytest.fixture
def rung(monkeypatch) -> list:
    """Ids of the requests for whose jobs a bell was rung."""
    ids = []
    for door in (order, processors, settle):
        monkeypatch.setattr(door, "ring", lambda jobs: ids.extend(job.case_id for job in jobs))
    return ids


# Answered at once, and never kept: a link, or what was revealed, is shown once to who asked for it.
SHOWN_ONCE = re.compile(r"/(reveal|link|links|invite|invite-again)/([0-9a-f-]{36}/)?$|/rightsrequest/manual/\w+/$")
# Not what the form asked for: when somebody was last here, attempts to sign in, the session.
BESIDES = re.compile(r'"(privacy_staff" SET "last_used_at|axes_|django_session|usersessions_|privacy_heartbeat)')


@pytest.fixture(autouse=True)
def what_changes_something_redirects(monkeypatch):
    """POST, redirect, GET: whoever reloads the page after sending a form sends nothing again."""
    post, kept = Client.post, []

    def watched(client, path, *given, follow=False, **more):
        def note(execute, sql, params, many, context):
            if re.match(r"\s*(INSERT|UPDATE|DELETE)", str(sql)) and not BESIDES.search(str(sql)):
                written.append(str(sql)[:80])
            return execute(sql, params, many, context)

        written: list[str] = []
        with connection.execute_wrapper(note):
            answer = post(client, path, *given, follow=follow, **more)
        is_page = answer.status_code == 200 and not follow and answer.get("Content-Type", "").startswith("text/html")
        if is_page and written and not SHOWN_ONCE.search(str(path).partition("?")[0]):
            kept.append((path, written))
        return answer

    monkeypatch.setattr(Client, "post", watched)
    yield
    assert kept == []
