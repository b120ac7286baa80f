"""A package's link is good for one download, tells nothing about why it does not work, and leaves its trace."""

import hashlib
import logging
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from kosenai_ops.logs import JsonLine
from privacy.cases.packages import download, give_link
from privacy.catalogue import NotAllowed
from privacy.fulfilment import packages
from privacy.models import AccessPackage, AuditEntry
from tests import factories as f
from tests.fulfilment.exporting import exported

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff():
    return f.StaffFactory()


@pytest.fixture
def package():
    return exported(f.DataSubjectFactory(full_name="Ottilie Verrault"))


@pytest.fixture
def link(package, staff):
    return f"/download/{give_link(request_id=package.request_id, actor=staff)}/"


@pytest.fixture
def stranger():
    """A browser without cookies, as the link meets it in a mail program."""
    return Client(enforce_csrf_checks=True)


def test_looking_changes_nothing_and_clicking_sends_the_file_once(package, link, stranger):
    for _ in range(3):
        page = stranger.get(link)
        assert (page.status_code, b"Download once" in page.content) == (200, True)
    sent = stranger.post(link)
    content = b"".join(sent.streaming_content)
    assert sent.status_code == 200
    assert hashlib.sha256(content).hexdigest() == package.sha256
    package.refresh_from_db()
    begun = package.downloaded_at
    AccessPackage.objects.update(
        token_issued_at=begun - timedelta(hours=1), downloaded_at=begun - timedelta(minutes=16)
    )
    assert stranger.post(link).status_code == stranger.get(link).status_code == 404
    assert Path(package.file.path).exists()


def test_the_file_is_sent_so_that_no_browser_runs_sniffs_or_keeps_it(package, link, stranger):
    sent = stranger.post(link)
    assert sent["Content-Disposition"] == f'attachment; filename="kosenai-data-{package.created_at:%Y-%m-%d}.zip"'
    assert "no-store" in sent["Cache-Control"]
    assert sent["Content-Security-Policy"].startswith("sandbox")
    assert (sent["X-Content-Type-Options"], sent["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert int(sent["Content-Length"]) == package.size
    sent.close()


def test_every_link_that_does_not_work_gets_the_same_page(package, link, staff, stranger):
    newer = f"/download/{give_link(request_id=package.request_id, actor=staff)}/"
    pages = [stranger.get(link), stranger.post(link), stranger.get("/download/nonsense/")]
    stranger.post(newer).close()
    used = AccessPackage.objects.get().downloaded_at - timedelta(minutes=16)
    AccessPackage.objects.update(token_issued_at=used, downloaded_at=used)
    pages += [stranger.get(newer), stranger.post(newer)]
    newest = f"/download/{give_link(request_id=package.request_id, actor=staff)}/"
    AccessPackage.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    pages += [stranger.get(newest), stranger.post(newest)]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content.split(b"</style>")[1] for page in pages}) == 1
    assert b"Ottilie" not in pages[0].content
    assert stranger.put(newest).status_code == 405


def test_a_package_whose_file_is_gone_does_not_use_up_the_link(package, link, stranger):
    path = Path(package.file.path)
    path.rename(path.with_suffix(".away"))
    assert stranger.post(link).status_code == 404
    path.with_suffix(".away").rename(path)
    sent = stranger.post(link)
    assert sent.status_code == 200
    sent.close()


def test_of_two_that_click_at_once_both_get_the_file_and_one_is_the_first(link):
    start, answers = threading.Barrier(2), []

    def click():
        try:
            start.wait()
            answer = Client().post(link)
            answers.append(answer.status_code)
            answer.close()
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 200]
    events = AuditEntry.objects.filter(event__startswith="package.download").values_list("event", flat=True)
    assert sorted(events) == ["package.download_resumed", "package.downloaded"]


def test_the_audit_tells_who_and_when_and_neither_the_token_nor_the_person(package, link, stranger, staff):
    stranger.post(link).close()
    download(request_id=package.request_id, actor=staff).file.close()
    told = list(AuditEntry.objects.filter(chain=package.request_id, event__startswith="package.").order_by("n"))
    assert [(e.event, e.actor_id) for e in told] == [
        ("package.link_issued", staff.pk),
        ("package.downloaded", None),
        ("package.downloaded_by_staff", staff.pk),
    ]
    token = link.split("/")[2]
    assert len(token) >= 43
    for entry in told:
        assert entry.data == {"package": str(package.id)}
    assert not AccessPackage.objects.filter(token_sha256=token).exists()


def test_no_log_line_holds_the_token(link, stranger, caplog):
    with caplog.at_level(logging.DEBUG):
        stranger.get(link)
        stranger.post(link).close()
        stranger.post(link)
    lines = [JsonLine().format(record) for record in caplog.records if not record.name.startswith("django.db")]
    assert any("download/<str:token>/" in line for line in lines)
    assert [line for line in lines if link.split("/")[2] in line] == []


def test_staff_get_the_file_as_often_as_they_need_and_not_after_its_end(package, link, stranger, staff):
    for _ in range(2):
        handed = download(request_id=package.request_id, actor=staff)
        assert hashlib.sha256(handed.file.read()).hexdigest() == package.sha256
        assert handed.size == package.size and "Ottilie" not in handed.name
        handed.file.close()
    assert stranger.get(link).status_code == 200
    AccessPackage.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(NotAllowed, match="expired"):
        packages.download(package_id=package.id, actor=staff)
    with pytest.raises(NotAllowed, match="expired"):
        packages.issue_links(package_ids=[package.id], actor=staff)


@pytest.mark.browser
def test_a_person_downloads_with_one_click(package, link, browser_page, tmp_path):
    browser_page.goto(link)
    with browser_page.expect_download() as fetched:
        browser_page.get_by_role("button", name="Download once").click()
    fetched.value.save_as(tmp_path / "data.zip")
    assert hashlib.sha256((tmp_path / "data.zip").read_bytes()).hexdigest() == package.sha256
    browser_page.goto(link)
    assert browser_page.get_by_role("button", name="Download again").is_visible()
    used = AccessPackage.objects.get().downloaded_at - timedelta(minutes=16)
    AccessPackage.objects.update(token_issued_at=used, downloaded_at=used)
    browser_page.goto(link)
    assert "not work any more" in browser_page.inner_text("h1")
    assert [p for p in browser_page.problems if "404" in p]
    browser_page.problems.clear()


@pytest.mark.parametrize(("language", "said"), [("de", "Ihre Daten sind bereit"), ("en", "Your data is ready")])
def test_the_page_is_in_the_language_of_the_person(client, language, said):
    package = f.AccessPackageFactory()
    f.ProfilePreferenceFactory(subject=package.request.subject, language=language, time_zone="Europe/Berlin")
    token = packages.issue_links(package_ids=[package.id], actor=f.StaffFactory())[package.id]
    page = client.get(f"/download/{token}/").text
    assert said in page and f'<html lang="{language}">' in page and re.search(r"\d\d:\d\d CES?T", page)


def test_where_the_link_leads_nowhere_the_browser_says_the_language(client):
    page = client.get("/download/nothing/", headers={"accept-language": "fr-CH, fr;q=0.9"})
    assert page.status_code == 404 and "Ce lien ne fonctionne plus" in page.text
