"""The content policy, proved by a browser: any violation or console error fails the test (fixture `browser_page`)."""

import re

import pytest

from privacy.roles import MANAGER
from tests.factories.staff import StaffFactory
from tests.factories.subjects import DataSubjectFactory

SIDEBAR = "#nav-sidebar"


@pytest.fixture
def staff_list(django_user_model, sign_in):
    """Signed in as a superuser, with colleagues to list."""
    django_user_model.objects.bulk_create(django_user_model(username=f"colleague{n}") for n in range(5))
    sign_in(django_user_model.objects.create_superuser("root"))
    return "/admin/privacy/staff/"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/accounts/login/", "/admin/", "/nowhere/", "/healthz", "/readyz"])
def test_every_answer_carries_the_policy(client, admin_user, path):
    client.force_login(admin_user)
    policy = client.get(path, follow=True)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.browser
class TestInABrowser:
    def test_sign_in_and_dashboard(self, browser_page, django_user_model):
        django_user_model.objects.create_superuser("root", password="a long enough password")
        browser_page.goto("/admin/")
        browser_page.fill("[name=login]", "root")
        browser_page.fill("[name=password]", "a long enough password")
        browser_page.click("button:text-is('Sign in')")
        browser_page.wait_for_selector(SIDEBAR)
        assert browser_page.url.endswith("/admin/")

    def test_the_policy_is_enforced_and_the_fixture_notices(self, browser_page):
        browser_page.goto("/accounts/login/")
        browser_page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
        browser_page.wait_for_function("performance.now() > 0")
        assert [problem for problem in browser_page.problems if problem.startswith("CSP style-src-attr inline")]
        browser_page.problems.clear()

    def test_filters_open_and_apply(self, browser_page, staff_list):
        browser_page.goto(staff_list)
        assert browser_page.locator("#result_list tbody tr").count() == 6
        browser_page.click("text=Filters")
        browser_page.wait_for_selector("#changelist-filter", state="visible")

    def test_search_by_the_slash_key(self, browser_page, staff_list):
        browser_page.goto(staff_list)
        browser_page.keyboard.press("/")
        browser_page.keyboard.type("colleague3")
        browser_page.keyboard.press("Enter")
        browser_page.wait_for_url(re.compile("q=colleague3"))
        assert browser_page.locator("#result_list tbody tr").count() == 1

    def test_ticking_a_row_shows_the_bar_of_actions(self, browser_page, sign_in):
        sign_in(StaffFactory(role=MANAGER))  # a superuser keeps the accounts and sees nobody
        DataSubjectFactory()
        browser_page.goto("/admin/privacy/datasubject/")
        bar = browser_page.locator("#changelist-actions")
        assert not bar.is_visible()
        browser_page.check("input.action-select >> nth=0")
        bar.wait_for(state="visible")
        browser_page.select_option("select[name=action]", index=1)
        bar.locator("button[type=submit], button[name=index]").first.wait_for(state="visible")
        assert bar.bounding_box()["width"] > 600  # a style set by Alpine through the CSSOM

    def test_the_user_menu_and_the_theme(self, browser_page, staff_list):
        browser_page.goto("/admin/")
        html = browser_page.locator("html")
        browser_page.click(f"{SIDEBAR} >> text=root")
        browser_page.wait_for_selector("a:has-text('Log out'), button:has-text('Log out')")
        browser_page.keyboard.press("Control+e")
        browser_page.wait_for_function("document.documentElement.classList.contains('light')")
        browser_page.keyboard.press("Control+e")
        browser_page.wait_for_function("document.documentElement.classList.contains('dark')")
        browser_page.reload()
        browser_page.wait_for_function("document.documentElement.classList.contains('dark')")
        assert "dark" in html.get_attribute("class")

    def test_the_menu_on_a_telephone(self, browser_page, staff_list):
        browser_page.set_viewport_size({"width": 390, "height": 800})
        browser_page.goto(staff_list)
        sidebar = browser_page.locator(SIDEBAR)
        assert not sidebar.is_visible()
        browser_page.click("text=dock_to_right >> nth=0")
        sidebar.wait_for(state="visible")
        assert sidebar.bounding_box()["width"] == 288

    def test_the_sidebar_can_be_made_wider(self, browser_page, staff_list):
        browser_page.goto("/admin/")
        browser_page.wait_for_selector(SIDEBAR)
        browser_page.mouse.move(287, 500)
        browser_page.mouse.down()
        browser_page.mouse.move(340, 500)
        browser_page.mouse.up()
        assert browser_page.locator(SIDEBAR).bounding_box()["width"] == 340

    def test_a_form_with_its_widgets(self, browser_page, staff_list, django_user_model):
        someone = django_user_model.objects.get(username="colleague1")
        browser_page.goto(f"{staff_list}{someone.pk}/change/")
        browser_page.fill("[name=username]", "renamed")
        browser_page.click("[name=_continue]")
        browser_page.wait_for_selector("text=was changed successfully")
        assert django_user_model.objects.filter(username="renamed").exists()
