"""One's own account: the invitation, the time zone and the sessions, as the pages have them."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kosenai_ops.accounts import device, zones
from privacy.fulfilment import invitations
from privacy.models import Invitation, Staff
from tests import factories as f
from tests.kosenai_ops.test_staff_access import sign_in

pytestmark = pytest.mark.django_db
WORD = "correct horse battery staple"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"


@pytest.fixture
def way_in() -> str:
    token = invitations.invite(username="mara", email="mara@kosenai.example", roles=["agent"], actor=f.StaffFactory())
    return reverse("account_invitation", args=[token])


def chosen(word: str) -> dict[str, str]:
    return {"new_password1": word, "new_password2": word}


class TestInvitation:
    def test_an_invited_member_chooses_a_password_and_signs_in_with_it(self, client, way_in):
        asked = client.get(way_in)
        assert "Welcome, mara" in asked.text and asked["Cache-Control"].startswith("max-age=0, no-cache, no-store")
        assert asked["Referrer-Policy"] == "no-referrer"
        done = client.post(way_in, chosen(WORD))
        assert done.url == reverse("account_login")
        assert sign_in(client, WORD, name="mara").request["PATH_INFO"] == "/admin/"

    def test_the_second_factor_comes_next_where_it_is_compulsory(self, client, way_in, settings):
        settings.SECOND_FACTOR_COMPULSORY = True
        client.post(way_in, chosen(WORD))
        assert sign_in(client, WORD, name="mara").request["PATH_INFO"] == "/accounts/2fa/"
        assert client.get("/admin/").url == "/accounts/2fa/"

    @pytest.mark.parametrize("word", ["short", "password1234", "mara@kosenai.example"])
    def test_a_weak_password_is_refused_and_the_link_stays_good(self, client, way_in, word):
        assert client.post(way_in, chosen(word)).status_code == 200
        assert not Staff.objects.get(username="mara").has_usable_password()
        assert client.post(way_in, chosen(WORD)).status_code == 302

    def test_to_look_at_it_spends_nothing(self, client, way_in):
        for method in (client.get, client.head, client.get):
            assert method(way_in).status_code == 200

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"used_at": timezone.now()}, "This invitation is used"),
            ({"withdrawn_at": timezone.now()}, "This invitation was withdrawn"),
            ({"expires_at": timezone.now() - timedelta(seconds=1)}, "This invitation has expired"),
            ({"token_sha256": "0" * 64}, "This is no invitation"),
        ],
    )
    def test_a_link_that_does_not_work_says_why(self, client, way_in, changed, said):
        Invitation.objects.update(**changed)
        for answer in (client.get(way_in), client.post(way_in, chosen(WORD))):
            assert (answer.status_code, said in answer.text) == (404, True)
        assert not Staff.objects.get(username="mara").is_active

    def test_somebody_who_is_signed_in_does_not_use_it_up(self, client, way_in):
        client.force_login(f.StaffFactory())
        assert "You are signed in" in client.post(way_in, chosen(WORD)).text
        assert not Staff.objects.get(username="mara").is_active


class TestTimeZone:
    def test_times_are_shown_in_the_zone_that_is_chosen(self, client, time_machine):
        time_machine.move_to("2026-11-23T23:30:00Z", tick=False)
        client.force_login(member := f.StaffFactory())
        page = reverse("account_time_zone")
        assert "23 Nov 2026, 23:30" in client.get(page).text
        client.post(page, {"time_zone": "Europe/Berlin"})
        assert "24 Nov 2026, 00:30" in client.get(page).text
        member.refresh_from_db()
        assert member.time_zone == "Europe/Berlin"

    @pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd"])
    def test_what_is_no_zone_is_refused(self, client, zone):
        client.force_login(member := f.StaffFactory())
        assert client.post(reverse("account_time_zone"), {"time_zone": zone}).status_code == 200
        member.refresh_from_db()
        assert member.time_zone == "UTC"

    def test_the_choices_are_those_that_the_model_takes(self):
        from privacy.models.staff import validate_time_zone

        names = [name for _, some in zones() for name, _ in some]
        assert {"UTC", "America/Argentina/Buenos_Aires"} <= set(names) and len(names) == len(set(names))
        for name in names:
            validate_time_zone(name)


class TestSessions:
    def browser(self, member, agent: str) -> Client:
        browser = Client(HTTP_USER_AGENT=agent)
        given = {"login": member.username, "password": "a long and private passphrase"}
        assert browser.post("/accounts/login/", given).status_code == 302
        return browser

    def test_the_others_are_signed_out_and_this_one_stays(self):
        member = f.StaffFactory()
        here, there = self.browser(member, FIREFOX), self.browser(member, EDGE)
        page = here.get("/accounts/sessions/").text
        assert "Firefox on Linux <strong>(this one)</strong>" in page and "Edge on Windows" in page
        here.post("/accounts/sessions/")
        assert (here.get("/admin/").status_code, there.get("/admin/").status_code) == (200, 302)
        assert "Sign out the others" not in here.get("/accounts/sessions/").text

    def test_others_sessions_are_not_among_them(self):
        mine, _ = self.browser(f.StaffFactory(), FIREFOX), self.browser(f.StaffFactory(), EDGE)
        assert "Edge" not in mine.get("/accounts/sessions/").text

    def test_the_last_use_is_known_to_the_minute_and_not_written_with_every_page(self, time_machine):
        time_machine.move_to("2026-11-23T08:00:00Z", tick=False)
        member = f.StaffFactory()
        here = self.browser(member, FIREFOX)
        for seconds, seen in ((0, "08:00:00"), (30, "08:00:00"), (31, "08:01:01")):
            time_machine.shift(seconds)
            here.get("/accounts/logout/")
            member.refresh_from_db()
            assert f"{member.last_used_at:%H:%M:%S}" == seen
        assert UserSession.objects.get().last_seen_at == member.last_used_at

    @pytest.mark.parametrize(
        ("agent", "words"),
        [(FIREFOX, "Firefox on Linux"), (EDGE, "Edge on Windows"), ("curl/8", "curl/8"), ("", "Unknown")],
    )
    def test_a_device_is_told_in_words(self, agent, words):
        assert device(UserSession(user_agent=agent)) == words


def test_the_user_menu_leads_to_zone_second_factor_and_sessions(client, manager):
    menu = client.get(reverse("admin:index")).context["account_links"]
    assert [link["title"] for link in menu] == ["Time zone and digest", "Second factor", "Sessions", "Password"]
    assert {client.get(link["link"]).status_code for link in menu} <= {200, 302}
