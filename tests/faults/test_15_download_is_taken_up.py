"""A download that breaks off is taken up by the same link for 15 minutes; every attempt is in the audit trail."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.test import Client

from privacy.cases.packages import give_link
from privacy.models import AccessPackage, AuditEntry
from privacy.selectors.packages import RESUMABLE
from tests import factories as f
from tests import working
from tests.fulfilment.exporting import exported

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def package():
    return exported(f.DataSubjectFactory())


@pytest.fixture
def link(package):
    return f"/download/{give_link(request_id=package.request_id, actor=f.StaffFactory())}/"


@pytest.fixture
def stranger():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def content(package):
    return Path(package.file.path).read_bytes()


def body(answer) -> bytes:
    data = b"".join(answer.streaming_content)
    answer.close()
    return data


def minutes_pass(minutes: int) -> None:
    """By the database's clock: everything about the link happened that much earlier."""
    ago = timedelta(minutes=minutes)
    AccessPackage.objects.update(token_issued_at=F("token_issued_at") - ago, downloaded_at=F("downloaded_at") - ago)


def events() -> list[str]:
    return [e for e in AuditEntry.objects.order_by("n").values_list("event", flat=True) if e.startswith("package.down")]


def test_a_download_that_broke_off_is_taken_up_where_it_stopped(link, stranger, content):
    begun = stranger.post(link)
    first = next(iter(begun.streaming_content))[:100]
    begun.close()
    rest = stranger.post(link, headers={"Range": "bytes=100-", "If-Range": begun["ETag"]})
    assert (rest.status_code, rest["Content-Range"]) == (206, f"bytes 100-{len(content) - 1}/{len(content)}")
    assert int(rest["Content-Length"]) == len(content) - 100
    assert first + body(rest) == content
    assert events() == ["package.downloaded", "package.download_resumed"]


def test_the_same_link_sends_the_whole_file_again_for_fifteen_minutes_and_then_never(link, stranger, content):
    assert body(stranger.post(link)) == content
    minutes_pass(14)
    assert b"Download again" in stranger.get(link).content
    assert body(stranger.post(link)) == content
    minutes_pass(2)
    assert stranger.post(link).status_code == stranger.get(link).status_code == 404
    assert stranger.post(link, headers={"Range": "bytes=5-"}).status_code == 404
    assert events() == ["package.downloaded", "package.download_resumed"]
    assert timedelta(minutes=15) == RESUMABLE


def test_taking_it_up_does_not_prolong_the_time(link, stranger):
    stranger.post(link).close()
    for _ in range(2):
        minutes_pass(8)
        answer = stranger.post(link)
        answer.close()
    assert answer.status_code == 404


def test_mail_scanners_spend_nothing(link, stranger):
    for _ in range(3):
        assert stranger.get(link).status_code == stranger.head(link).status_code == 200
        assert stranger.get(link, headers={"Range": "bytes=0-5"}).status_code == 200
    assert events() == [] and AccessPackage.objects.get().downloaded_at is None


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=10-999999999999", slice(10, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=-999999999999", slice(None)),
        ("bytes=0-", slice(None)),
    ],
)
def test_a_range_is_answered_with_just_these_bytes(link, stranger, content, asked, part):
    answer = stranger.post(link, headers={"Range": asked})
    assert answer.status_code == (200 if content[part] == content else 206)
    assert answer["Accept-Ranges"] == "bytes" and answer["ETag"].strip('"') == AccessPackage.objects.get().sha256
    assert body(answer) == content[part]


@pytest.mark.parametrize(
    "asked", ["bytes=5-1", "bytes=a-b", "bytes=0-1,5-6", "lines=1-2", "bytes=", "bytes=-" + "9" * 50]
)
def test_what_is_no_range_is_passed_over(link, stranger, content, asked):
    answer = stranger.post(link, headers={"Range": asked})
    assert (answer.status_code, body(answer)) == (200, content)


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=999999999-9999999999", "bytes=-0"])
def test_a_range_behind_the_end_is_refused_and_spends_nothing(link, stranger, content, asked):
    answer = stranger.post(link, headers={"Range": asked})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(content)}")
    assert events() == []


def test_a_range_of_another_file_gets_the_whole(link, stranger, content):
    answer = stranger.post(link, headers={"Range": "bytes=5-", "If-Range": '"another"'})
    assert (answer.status_code, body(answer)) == (200, content)


def test_a_package_deleted_meanwhile_is_gone_for_the_link_that_took_it_up(package, link, stranger):
    stranger.post(link).close()
    AccessPackage.objects.update(expires_at=F("created_at") - timedelta(days=1))
    working.let_time_pass()
    working.run(package.id)
    assert stranger.post(link, headers={"Range": "bytes=5-"}).status_code == 404


def test_a_new_link_is_unused_however_often_the_old_one_was(package, link, stranger):
    stranger.post(link).close()
    minutes_pass(20)
    newer = f"/download/{give_link(request_id=package.request_id, actor=f.StaffFactory())}/"
    assert b"Download once" in stranger.get(newer).content
    stranger.post(newer).close()
    assert stranger.post(link).status_code == 404
    assert events() == ["package.downloaded", "package.downloaded"]


def test_pages_say_that_a_broken_download_can_be_taken_up(package, link, stranger, client):
    assert "for 15 minutes" in " ".join(stranger.get(link).content.decode().split())
    client.force_login(f.StaffFactory(is_superuser=True))
    shown = client.post(f"/admin/privacy/rightsrequest/{package.request_id}/link/")
    assert "takes it up again for 15 minutes" in shown.content.decode()
    assert "works once" not in shown.content.decode()
