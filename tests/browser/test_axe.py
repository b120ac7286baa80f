"""axe on the pages, light, dark and on a phone: nothing is found, in Unfold's markup neither."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Permission
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from privacy import roles
from privacy.cases.packages import give_link
from privacy.models import Case, Outcome, State
from tests import factories as f
from tests.admin.pages import pages, row_of_everything
from tests.fulfilment.exporting import exported, unzipped

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
LOOKS = {"light": WIDE, "dark": WIDE, "phone": NARROW}
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
DARK = (
    "dark => document.documentElement.hasAttribute('x-data') && document.documentElement.classList.toggle('dark', dark)"
)


def found(page, path: str) -> set[tuple[str, str, str]]:
    """(rule, path and look, element) of what axe finds; a page that scrolls sideways is found too."""
    page.goto(path)
    return {(rule, f"{path} {look}", what) for look in LOOKS for rule, what in looked_at(page, look)}


def looked_at(page, look: str) -> set[tuple[str, str]]:
    page.set_viewport_size(LOOKS[look])
    page.emulate_media(color_scheme="dark" if look == "dark" else "light", reduced_motion="reduce")
    page.evaluate(DARK, look == "dark")
    page.wait_for_timeout(250)  # Unfold's colours change by transitions
    options = RULES | ({"runOnly": ["color-contrast"]} if look == "dark" else {})  # nothing else is other in the dark
    violations = Axe().run(page, options=options).response["violations"]
    is_cut = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return {(v["id"], node["html"][:160]) for v in violations for node in v["nodes"]} | (
        {("cut", "")} if is_cut else set()
    )


@pytest.fixture
def everybody(let_in):
    """Somebody who may open every page: no role may, so a manager has the other roles' permissions as well."""
    page = let_in(roles.MANAGER)
    page.staff.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=("privacy", "billing", "auth"))
    )
    return page


def everywhere(page, paths) -> set:
    return set().union(*(found(page, path) for path in paths))


def cases_in_every_state() -> list[str]:
    over = {"outcome": Outcome.FULFILLED, "closed_at": timezone.now()}
    cases = [
        f.CaseFactory(subject=f.DataSubjectFactory(), state=state, **(over if state == State.CLOSED else {}))
        for state in State
    ]
    return [reverse("admin:privacy_rightsrequest_change", args=[case.pk]) for case in cases]


def test_the_pages_of_the_day(everybody):
    person = row_of_everything()
    erasure = Case.objects.filter(state=State.DECIDING).first()
    paths = (
        "/admin/",
        "/admin/privacy/rightsrequest/",
        "/admin/privacy/rightsrequest/manual/",
        reverse("admin:privacy_rightsrequest_change", args=[erasure.pk]),
        reverse("admin:privacy_rightsrequest_approve", args=[erasure.pk]),
        reverse("admin:privacy_datasubject_change", args=[person.pk]),
        reverse("admin:privacy_datasubject_act_on", args=[person.pk, "erasure"]),
    )
    assert everywhere(everybody, paths) == set()


@pytest.mark.attack
def test_the_pages_around_the_back_office(open_page, signed_in):
    link = f"/download/{give_link(request_id=exported(f.DataSubjectFactory()).request_id, actor=f.StaffFactory())}/"
    assert everywhere(open_page(), ("/accounts/login/", link)) == set()
    inside = (f"/accounts/{name}/" for name in ("2fa", "sessions", "time-zone", "password/change", "logout"))
    assert everywhere(signed_in(roles.MANAGER), inside) == set()


@pytest.mark.attack
def test_the_pages_of_what_went_wrong(open_page):
    page = open_page()
    errors = [f"{code}.html" for code in (400, 403, "403_csrf", 404, 429, 500, 503)]
    for name in (*errors, "account/locked.html", "account/invitation_closed.html", "privacy/portal/gone.html"):
        assert found(showing(page, render_to_string(name)), "/shown") == set(), name


def test_the_page_in_a_package(open_page):
    package = unzipped(exported(f.person_with_everything()))
    assert found(showing(open_page(), package["index.html"].decode()), "/shown") == set()


def showing(page, html: str):
    page.route("**/shown", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    return page


@pytest.mark.attack
def test_every_page_of_the_admin(everybody, client):
    row_of_everything()
    client.force_login(everybody.staff)
    paths = {page.url for page in pages() if is_page(client.get(page.url))} | {*cases_in_every_state()}
    assert everywhere(everybody, sorted(paths)) == set()


def is_page(answer) -> bool:
    """Not a file, nor the way to another page, nor what takes a POST or is open to nobody."""
    return answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
