"""The one-click link of RFC 8058, and the signal of a browser: what they change, and that looking changes nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from privacy.datamap import Use
from privacy.fulfilment.unsubscribing import headers_for, token_for
from privacy.models import Case, DataSubject, MarketingPreference
from privacy.portal.unsubscribe import WAIT
from tests import factories as f
from tests.fulfilment.exporting import exported

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def stranger():
    """A mail program: no cookies, no token of a form."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def person():
    return f.MarketingPreferenceFactory(subject=f.ProfilePreferenceFactory(language="de").subject).subject


def wants_news(person) -> bool:
    is_free = DataSubject.objects.free_for(Use.MARKETING).filter(pk=person.pk).exists()
    return is_free and MarketingPreference.objects.filter(subject=person, opted_in=True).exists()


def test_a_letter_carries_both_headers_and_the_address_in_them_unsubscribes_by_post(stranger, person):
    headers = headers_for(person.pk, "https://privacy.example.com")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>")
    assert address.startswith("https://privacy.example.com/privacy/unsubscribe/") and str(person.pk) not in address
    path = address.removeprefix("https://privacy.example.com")
    for _ in range(2):
        done = stranger.post(path, ONE_CLICK)
        assert done.status_code == 200 and not done.cookies and "Keine Neuigkeiten mehr" in done.content.decode()
        assert not wants_news(person) and Case.objects.get().kind == "opt_out_marketing"
    assert done["Referrer-Policy"] == "no-referrer" and "no-store" in done["Cache-Control"]


def test_looking_and_posting_anything_else_change_nothing(stranger, person):
    path = reverse("unsubscribe", args=[token_for(person.pk)])
    for answer in (stranger.get(path), stranger.head(path), stranger.post(path), stranger.post(path, {"a": "b"})):
        assert answer.status_code == 200 and not answer.cookies
    assert "List-Unsubscribe" in stranger.get(path).content.decode()
    assert wants_news(person) and not Case.objects.exists()


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00"])
def test_a_token_that_is_none_of_ours_is_told_so_without_asking_the_database(
    stranger, token, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert stranger.post(f"/privacy/unsubscribe/{token}/", ONE_CLICK).status_code in (400, 404)


class TestManyTokensThatAreNoneOfOurs:
    @pytest.fixture(autouse=True)
    def few(self, settings):
        assert rate(settings) >= 100  # so many mistype from a school in five minutes, and more
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"unsubscribe_failed": "3/5m/ip"}

    def bad(self, client, method="post", **where) -> int:
        return getattr(client, method)("/privacy/unsubscribe/none-of-ours/", ONE_CLICK, **where).status_code

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_are_told_to_wait_and_a_good_one_from_the_same_address_works(self, stranger, person, method):
        assert [self.bad(stranger, method) for _ in range(4)] == [404, 404, 404, 429]
        told = stranger.post("/privacy/unsubscribe/none-of-ours/", ONE_CLICK)
        assert told["Retry-After"] == "300" and "write to" in told.text
        assert stranger.post(reverse("unsubscribe", args=[token_for(person.pk)]), ONE_CLICK).status_code == 200
        assert not wants_news(person)

    def test_good_ones_are_never_counted(self, stranger):
        pupils = [f.MarketingPreferenceFactory().subject for _ in range(5)]
        for pupil in pupils:
            path = reverse("unsubscribe", args=[token_for(pupil.pk)])
            assert {stranger.get(path).status_code, stranger.post(path, ONE_CLICK).status_code} == {200}
        assert not any(map(wants_news, pupils)) and self.bad(stranger) == 404

    def test_another_address_is_not_held_up(self, stranger):
        assert [self.bad(stranger) for _ in range(4)][-1] == 429
        assert self.bad(stranger, REMOTE_ADDR="192.0.2.9") == 404


def rate(settings) -> int:
    number, period, by = settings.ACCOUNT_RATE_LIMITS["unsubscribe_failed"].split("/")
    assert (period, by) == ("5m", "ip") and WAIT == 5 * 60  # what Retry-After tells
    return int(number)


def test_a_token_for_something_else_is_none(stranger, person):
    from django.core import signing

    other = signing.dumps(person.pk.hex, salt="something else")
    assert stranger.post(f"/privacy/unsubscribe/{other}/", ONE_CLICK).status_code == 404
    assert wants_news(person)


def test_who_was_erased_meanwhile_is_told_the_same_and_nothing_is_opened(stranger, person):
    path = reverse("unsubscribe", args=[token_for(person.pk)])
    DataSubject.objects.filter(pk=person.pk).update(erased_at="2026-01-01T00:00Z", full_name="", country="")
    assert stranger.post(path, ONE_CLICK).status_code == 200
    assert not Case.objects.exists()


def test_the_signal_of_a_browser_is_recorded_where_the_page_is_the_person_s(stranger, person):
    path = reverse("unsubscribe", args=[token_for(person.pk)])
    stranger.get(path, headers={"Sec-GPC": "0"})
    assert not Case.objects.exists()
    for _ in range(2):
        stranger.get(path, headers={"Sec-GPC": "1"})
        assert Case.objects.get().kind == "opt_out_sale_sharing"
    assert wants_news(person) and person not in DataSubject.objects.free_for(Use.SALE)


@pytest.mark.django_db(transaction=True)
def test_so_it_is_on_the_page_of_a_package(stranger):
    from privacy.cases.packages import give_link

    package = exported(f.DataSubjectFactory())
    link = f"/download/{give_link(request_id=package.request_id, actor=f.StaffFactory())}/"
    assert stranger.get(link, headers={"Sec-GPC": "1"}).status_code == 200
    assert Case.objects.filter(kind="opt_out_sale_sharing", subject=package.request.subject_id).count() == 1


def test_the_site_says_that_it_heeds_the_signal(stranger):
    answer = stranger.get("/.well-known/gpc.json")
    assert answer.json() == {"gpc": True, "lastUpdate": "2026-11-30"} and answer["Content-Type"] == "application/json"
