from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from kosenai_ops import staff_access

PASSWORD = "a long enough password"


@pytest.fixture
def agent(django_user_model):
    return django_user_model.objects.create_user("agent", password=PASSWORD, is_staff=True)


@pytest.fixture
def second_factor_compulsory(settings):
    settings.SECOND_FACTOR_COMPULSORY = True


def sign_in(client, password=PASSWORD, *, name="agent"):
    return client.post("/accounts/login/", {"login": name, "password": password}, follow=True)


def set_up_totp(staff) -> str:
    """Gives the staff member an authenticator app; its secret."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(staff, secret)
    return secret


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.mark.django_db
class TestTheWayIn:
    def test_the_admin_sends_to_the_sign_in_page_and_back(self, client, agent):
        asked = client.get("/admin/privacy/", follow=True)
        assert asked.request["PATH_INFO"] == "/accounts/login/"
        answer = client.post(
            "/accounts/login/", {"login": "agent", "password": PASSWORD, "next": "/admin/password_change/"}
        )
        assert answer.url == "/admin/password_change/"

    def test_a_wrong_password_says_nothing_about_the_name(self, client, agent):
        known, unknown = (sign_in(client, "wrong", name=name).context["form"].errors for name in ("agent", "nobody"))
        assert known == unknown == {"__all__": ["The username and/or password you specified are not correct."]}

    def test_five_wrong_passwords_lock_the_name_for_this_address(self, client, agent):
        answers = [sign_in(client, "wrong") for _ in range(5)]
        assert answers[-1].status_code == 429
        assert "Too many attempts" in answers[-1].content.decode()
        assert sign_in(client).status_code == 429
        assert not client.session.get("_auth_user_id")

    def test_another_address_is_not_locked(self, client, agent):
        for _ in range(5):
            sign_in(client, "wrong")
        answer = client.post("/accounts/login/", {"login": "agent", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")
        assert answer.status_code == 302

    def test_nobody_signs_up(self, client, django_user_model):
        assert client.get("/accounts/signup/").status_code == 404
        client.post("/accounts/signup/", {"username": "eve", "password1": PASSWORD, "password2": PASSWORD})
        assert not django_user_model.objects.exists()

    @pytest.mark.parametrize("path", ["password/reset/", "email/", "login/code/confirm/", "confirm-email/x/"])
    def test_what_staff_do_not_need_is_not_there(self, client, path):
        assert client.get(f"/accounts/{path}").status_code == 404

    def test_a_person_who_is_not_staff_stays_outside(self, client, django_user_model):
        django_user_model.objects.create_user("agent", password=PASSWORD)
        assert sign_in(client).status_code == 403


@pytest.mark.django_db
@pytest.mark.usefixtures("second_factor_compulsory")
class TestSecondFactor:
    def test_without_one_every_page_leads_to_its_set_up(self, client, agent):
        client.force_login(agent)
        for path in ["/admin/", "/admin/find/", "/accounts/sessions/", "/accounts/password/change/"]:
            assert client.get(path).url == "/accounts/2fa/"
        assert "Set up a second factor first" in client.get("/accounts/2fa/").content.decode()

    def test_recovery_codes_alone_are_none(self, client, agent):
        Authenticator.objects.create(user=agent, type=Authenticator.Type.RECOVERY_CODES, data={})
        client.force_login(agent)
        assert client.get("/admin/").url == "/accounts/2fa/"

    def test_with_one_the_password_alone_does_not_sign_in(self, client, agent):
        secret = set_up_totp(agent)
        asked = sign_in(client)
        assert asked.request["PATH_INFO"] == "/accounts/2fa/authenticate/"
        assert client.get("/admin/").status_code == 302
        wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert "Incorrect code" in wrong.content.decode()
        right = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
        assert right.url == reverse("admin:index")
        assert client.get("/admin/").status_code == 200

    def test_its_secret_is_not_readable_in_the_database(self, agent):
        secret = set_up_totp(agent)
        stored = Authenticator.objects.get(user=agent).data["secret"]
        assert secret not in stored
        assert staff_access.SecondFactors().decrypt(stored) == secret

    def test_the_last_one_cannot_be_removed(self, client, agent):
        set_up_totp(agent)
        client.force_login(agent)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert client.get("/accounts/2fa/totp/deactivate/").status_code == 200
        client.post("/accounts/2fa/totp/deactivate/")
        assert Authenticator.objects.filter(user=agent, type=Authenticator.Type.TOTP).exists()

    def test_a_lost_one_is_reset_from_the_command_line_and_sessions_end(self, client, agent, capsys):
        secret = set_up_totp(agent)
        sign_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
        assert client.get("/admin/").status_code == 200
        call_command("reset_second_factor", "agent")
        assert capsys.readouterr().out == "agent: 1 second factors removed, 1 sessions ended.\n"
        assert client.get("/admin/").url.startswith("/admin/login/")
        with pytest.raises(CommandError, match="There is no staff member 'nobody'"):
            call_command("reset_second_factor", "nobody")


@pytest.mark.django_db
class TestSession:
    def test_it_ends_twelve_hours_after_the_sign_in(self, client, agent, time_machine):
        time_machine.move_to("2026-11-23T08:00:00Z", tick=False)
        client.force_login(agent)
        for click in range(30):  # one every 24 minutes
            assert client.get("/admin/jsi18n/").status_code == 200, click
            time_machine.shift(24 * 60)
        time_machine.shift(1)
        assert client.get("/admin/").status_code == 302

    def test_it_ends_after_thirty_idle_minutes(self, client, agent, time_machine):
        time_machine.move_to("2026-11-23T08:00:00Z", tick=False)
        client.force_login(agent)
        client.get("/admin/")
        time_machine.shift(29 * 60)
        assert client.get("/admin/").status_code == 200
        time_machine.shift(31 * 60)
        assert client.get("/admin/").status_code == 302

    def test_it_is_not_written_with_every_page(self, client, agent, django_assert_num_queries):
        client.force_login(agent)
        client.get("/accounts/logout/")
        with django_assert_num_queries(2):  # the session and the staff member
            client.get("/accounts/logout/")


@pytest.mark.django_db
class TestAskAgain:
    @pytest.fixture
    def proven(self, client, agent, time_machine):
        """A request of someone who gave their password so many minutes ago, or never."""

        def request(minutes_ago: float | None):
            client.force_login(agent)
            if minutes_ago is not None:
                client.post("/accounts/reauthenticate/", {"password": PASSWORD})
                time_machine.move_to(timezone.now() + timedelta(minutes=minutes_ago))
            request = RequestFactory().post("/admin/approve/?id=1", {"reason": "Bob asked"})
            request.user, request.session = agent, client.session
            return request

        return request

    @pytest.fixture(autouse=True)
    def as_in_production(self, settings):
        settings.REAUTHENTICATE_BEFORE_APPROVAL = True

    def test_a_proof_of_the_last_ten_minutes_is_enough(self, proven):
        assert staff_access.ask_again(proven(minutes_ago=9)) is None

    @pytest.mark.parametrize("minutes_ago", [None, 11])
    def test_an_older_one_leads_to_a_new_proof_and_back(self, proven, minutes_ago):
        request = proven(minutes_ago)
        way = staff_access.ask_again(request)
        assert way.url == "/accounts/reauthenticate/?next=%2Fadmin%2Fapprove%2F%3Fid%3D1"
        assert "Bob" not in str(dict(request.session))

    def test_the_demo_does_not_ask(self, proven, settings):
        settings.REAUTHENTICATE_BEFORE_APPROVAL = False
        assert staff_access.ask_again(proven(minutes_ago=None)) is None
