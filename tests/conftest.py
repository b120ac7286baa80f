"""What every test shares: the environment, the choice of database and broker, and a browser.

The run is on SQLite and the filesystem broker unless DATABASE_URL and CELERY_BROKER_URL say otherwise.
"""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import django
import pytest
from django.conf import settings

# What is made while tests are collected stays to the end, so nobody looks through it for what could go.
gc.disable()
# To rewrite the asserts is half of collecting: what one run has rewritten, the next one reads.
sys.dont_write_bytecode = False

XDIST_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
# Its variable is what this process was started with: of one of xdist's, the folder of the one that started them all.
VAR_DIR_OF_ALL = os.environ.get("VAR_DIR") if XDIST_WORKER else None
# A folder of its own for each process: uploads, broker folders and databases of two never meet.
VAR_DIR = tempfile.mkdtemp(prefix=f"kosenai-test-{XDIST_WORKER}")


def own_broker_url(url: str) -> str:
    """A Redis database of its own for each process of the run, counted from the one given."""
    parts = urlsplit(url)
    if parts.scheme != "redis" or not XDIST_WORKER:
        return url
    number = int(parts.path.strip("/") or 0) + int(XDIST_WORKER.removeprefix("gw"))
    return urlunsplit(parts._replace(path=f"/{number}"))


# A variable beats the developer's .env, so nothing of that file reaches a test. DEMO: plain http and no
# compulsory second factor; the production shape has its own tests, which start a process without it.
os.environ |= {"DEMO": "true", "DEBUG": "false", "VAR_DIR": VAR_DIR}
# An erasure begins as it is approved; the tests of the days of grace set them.
os.environ["GRACE_DAYS"] = "0"
# No test erases anybody at a real processor with a developer's key.
os.environ |= {"CLERK_SECRET_KEY": "", "STRIPE_SECRET_KEY": "", "OPENAI_API_KEY": ""}
os.environ.setdefault("SECRET_KEY", "a-secret-key-of-the-tests-and-of-nothing-else-whatsoever")
os.environ.setdefault("LEDGER_KEY", "a-ledger-key-of-the-tests-and-of-nothing-else-whatsoever")
if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    os.environ["DATABASE_URL"] = f"sqlite:///{VAR_DIR}/kosenai.sqlite3"
os.environ["CELERY_BROKER_URL"] = own_broker_url(os.environ.get("CELERY_BROKER_URL", "filesystem://"))
if settings.configured:
    raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: it sets Django up before the tests' own variables stand.")
os.environ["DJANGO_SETTINGS_MODULE"] = "kosenai_ops.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]  # or the processes of xdist would inherit it, and do just that

from django.core.cache import caches  # noqa: E402  (it reads the settings)
from django.db import connection  # noqa: E402
from django.template.response import SimpleTemplateResponse  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402
from whitenoise.middleware import WhiteNoiseMiddleware  # noqa: E402

from tests import chromium, database  # noqa: E402

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # real ones are slow on purpose

# They come first, so that no process of the run is left alone with one of them at its end.
LONGEST = ("tests/costs/", "tests/upgrade/", "tests/jobs/test_kills.py")
IN_CI = os.environ.get("CI", "").lower() == "true"
MIGRATED = Path(VAR_DIR_OF_ALL or VAR_DIR, "migrated.sqlite3")
SERVICES = {connection.vendor, urlsplit(settings.CELERY_BROKER_URL).scheme}


def pytest_unconfigure():
    shutil.rmtree(VAR_DIR, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """From here on a look at what tests make, as rarely as memory allows."""
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 20, 10)
        gc.enable()


def pytest_collection_modifyitems(config, items):
    leave_to_other_runs(config, items)
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    if XDIST_WORKER:
        keep_together(items)


def leave_to_other_runs(config, items) -> None:
    """A test of another service belongs to another run. CI makes both, so there it does not count as skipped."""
    elsewhere = [item for item in items if any(m.args[0] not in SERVICES for m in item.iter_markers("service"))]
    for item in elsewhere:
        item.add_marker(pytest.mark.skip(reason="needs a run on another service, see .ci/run"))
    if IN_CI and elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


def keep_together(items) -> None:
    """Tests of a group go to one process of the run. xdist 3.8 writes the group where pytest 9.2 no longer looks."""
    for item in items:
        groups = [mark.args[0] for mark in item.iter_markers("xdist_group")]
        if item.get_closest_marker("browser"):
            groups.append("browser")  # one process of the run starts Chromium, not each
        if groups and not item.nodeid.endswith(f"@{groups[0]}"):
            item._id = type(item.id).parse(f"{item.nodeid}@{groups[0]}")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """Migrated once a run, and after each test with transactions as it was then: pytest-django would migrate in every
    process, and Django empty every table, those that migrations have filled too."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, database.made(MIGRATED):
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: database.put_back(MIGRATED))
        yield


@pytest.fixture(autouse=True)
def no_memory_of_other_tests():
    """The caches count attempts to sign in, and mails to a mailbox."""
    for cache in caches.all(initialized_only=False):
        cache.clear()


@pytest.fixture(autouse=True)
def roots_of_other_tests_are_elsewhere(settings):
    """A root that a test has written stays in its folder when the test's rows are rolled back."""
    settings.ROOTS_FOLDER = Path(VAR_DIR, "roots", uuid4().hex)


@pytest.fixture(autouse=True, scope="session")
def nothing_to_vacuum_inside_a_transaction():
    """Most tests run in a transaction that is rolled back: there, nothing has been given up yet."""
    from privacy.fulfilment import vacuum

    reclaim = vacuum.reclaim
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            vacuum, "reclaim", lambda *given: vacuum.done() if connection.in_atomic_block else reclaim(*given)
        )
        yield


@pytest.fixture(autouse=True, scope="session")
def static_files_are_looked_for_once():
    """Each client of each test starts the middleware anew, which would list and measure every file again."""
    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def remember(middleware):
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files = dict(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", remember)
        yield


@pytest.fixture(scope="session")
def unavailable():
    """Call it with a reason where a test lacks something of its machine: skips, but in CI it fails."""
    return pytest.fail if IN_CI else pytest.skip


@pytest.fixture(scope="session")
def shared_data(unavailable) -> Path:
    """The folder of real data beside the project, read in place. A test that asks for it skips where it is absent."""
    folder = settings.BASE_DIR.parent / "shared" / "data"
    if not folder.is_dir():
        unavailable("no shared data beside the project")
    return folder


@pytest.fixture
def process_environment(transactional_db) -> dict[str, str]:
    """Variables with which a child process (a worker, a command) sees this test's own database and broker."""
    url, name = urlsplit(os.environ["DATABASE_URL"]), settings.DATABASES["default"]["NAME"]
    # Put together by hand: some Pythons drop two of the four slashes of a SQLite file's address.
    return os.environ | {"DATABASE_URL": f"{url.scheme}://{url.netloc}/{name}"}


@pytest.fixture
def browser(unavailable):
    """A headless Chromium, which ends when no test of a browser follows (see below)."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if not executable:
        unavailable("no chromium on PATH")
    return chromium.running(executable)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    try:
        return (yield)
    finally:
        if nextitem is None or not nextitem.get_closest_marker("browser"):
            chromium.end()


@pytest.fixture
def browser_page(browser, live_server):
    """A page on the live server (`goto` takes a path). A complaint of the console or the content policy fails the test.

    `page.problems` is the list of complaints; a test that provokes one takes it out of there.
    """
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    context.add_init_script(
        "addEventListener('securitypolicyviolation', "
        "e => console.error(`CSP ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`))"
    )
    page, problems = context.new_page(), []
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("response", lambda answer: answer.status >= 500 and problems.append(f"{answer.status} {answer.url}"))
    page.problems = problems
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def sign_in(browser_page, live_server, client):
    """Call it with a staff member: the browser is signed in as them, without the sign-in page."""

    def as_staff(staff) -> None:
        client.force_login(staff)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        browser_page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return as_staff


@pytest.fixture
def unrendered(monkeypatch):
    """Call it, and no page is put into words any more: whether one opens is known before, and words take longest."""
    return lambda: monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


@pytest.fixture
def manager(client):
    """A privacy manager, to whom `client` belongs."""
    from tests import factories as f

    member = f.StaffFactory(role="manager")
    client.force_login(member)
    return member
