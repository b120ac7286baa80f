"""Every address of the site, for every role, with ids that exist and ids that cannot: an answer, and only theirs."""

import itertools
import re
import uuid
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.urls import URLResolver, get_resolver

from privacy import roles
from privacy.models import Case
from tests.admin.pages import Page, pages
from tests.admin.test_roles import CLOSED, permission_of, studio  # noqa: F401  (a fixture)
from tests.attack.http import ANSWERS, encoded, within_time, without_effect

pytestmark = [pytest.mark.attack, pytest.mark.django_db]

NOBODY = "nobody"
HOSTILE = (
    str(uuid.UUID(int=0)), "0", "-1", "9" * 400, "a", "\0", "_2F", "..%2f..%2fetc", "' OR 1=1--", "<script>", "None",
    "\ud800", "é" * 300, "add", "%00",
)  # fmt: skip
SILENT = {"readyz": 503}  # no worker runs here, which is what it is there to say
CAPTURE = re.compile(r"<(?:\w+:)?(?P<name>\w+)>|\(\?P<(?P<group>\w+)>[^)]*\)")
# What a capture that is no id is given.
WORDS = {"name": "access", "app_label": "privacy", "url": "nowhere"}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every route of the site as it is written, captures and all."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


def address(route: str, given: str | None) -> str:
    """The route with `given` in every capture; with None, with the id of a request that exists."""

    def fill(match: re.Match) -> str:
        if given is not None:
            return quote(encoded(given), safe="")
        return WORDS.get(match["name"] or match["group"]) or str(Case.objects.values_list("pk", flat=True)[0])

    return "/" + CAPTURE.sub(fill, route).strip("^$").replace(r"\Z", "").replace("\\", "")


def attempts() -> Iterator[tuple[str, str, str]]:
    """(route, address, method): with ids that exist, and with two hostile ones, which take turns."""
    hostile = itertools.cycle(HOSTILE)
    for route in routes(get_resolver()):
        odd = [next(hostile), next(hostile)] if CAPTURE.search(route) else []
        for given, method in itertools.product([None, *odd], ("get", "post")):
            yield route, address(route, given), method


@pytest.mark.parametrize("role", [NOBODY, "", *roles.ROLES, "superuser"])
def test_every_address_answers_every_role(studio, signed_in, client, tally, role):  # noqa: F811
    client.raise_request_exception = False
    browser, wrong = client if role == NOBODY else signed_in(role), []
    for route, url, method in within_time(attempts(), tally):
        with without_effect(browser):
            status = getattr(browser, method)(url).status_code
        tally["addresses"] += 1
        if status not in ANSWERS and status != SILENT.get(route):
            wrong.append((status, method, url[:100]))
    assert wrong == []


def refused_pages(role: str) -> list[Page]:
    may = roles.matrix().get(role, set())
    known = [page for page in pages() if page.name not in CLOSED]
    return [page for page in known if permission_of(page) is not None and permission_of(page) not in may]


@pytest.mark.parametrize("role", ["", *roles.ROLES])
def test_what_the_table_of_roles_does_not_give_is_refused(studio, signed_in, tally, role):  # noqa: F811
    """The target of a confirmation answers a GET with the list, which is refused in its turn."""
    browser, wrong = signed_in(role), []
    for page in refused_pages(role):
        for method in ("post",) if page.action else ("get", "post"):
            with without_effect(browser):
                status = getattr(browser, method)(page.url).status_code
            tally["addresses"] += 1
            if status not in (403, 405):
                wrong.append((status, method, page.name, page.url))
    assert wrong == []
