"""One notion of where a request comes from, with a proxy and without: nobody locks a colleague or an office out."""

import http.client
import re
import threading
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.test import Client

PASSWORD = "a long enough password"
PROXY = "10.0.0.1"
LOGIN = "/accounts/login/"


@pytest.fixture
def behind_proxy(settings):
    settings.BEHIND_PROXY = True


@pytest.fixture
def mara(django_user_model):
    return django_user_model.objects.create_user("mara", password=PASSWORD, is_staff=True)


def sign_in(name="mara", password=PASSWORD, *, of=PROXY, **headers):
    """The status of a sign-in by a browser of its own: 302 in, 200 a wrong password or a limit, 429 a lock."""
    return Client(REMOTE_ADDR=of, **headers).post(LOGIN, {"login": name, "password": password}).status_code


def through(chain: str) -> dict[str, str]:
    return {"HTTP_X_FORWARDED_FOR": chain}


@pytest.mark.django_db
class TestBehindAProxy:
    pytestmark = pytest.mark.usefixtures("behind_proxy", "mara")

    def test_a_stranger_s_failures_do_not_lock_a_colleague_out(self):
        for _ in range(8):
            last = sign_in(password="wrong", **through("203.0.113.66"))
        assert last == 429
        assert sign_in(**through("198.51.100.7")) == 302

    def test_what_the_client_wrote_itself_is_not_believed(self):
        tried = [sign_in(password="wrong", **through(f"198.51.100.{n}, 203.0.113.66")) for n in range(5)]
        assert tried[-1] == 429
        assert sign_in(**through("198.51.100.7, 203.0.113.66")) == 429
        assert sign_in(**through("203.0.113.66, 198.51.100.7")) == 302

    @pytest.mark.parametrize(("chain", "address"), [
        ("198.51.100.7", "198.51.100.7"), (" 192.0.2.1 ,  198.51.100.7 ", "198.51.100.7"),
        ("198.51.100.7:51823", "198.51.100.7"), ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"), ("[2001:db8::7]:443", "2001:db8::7"), ("fe80::1%eth0", "fe80::1"),
        ("unknown", PROXY), ("198.51.100.7, unknown", PROXY), ("", PROXY), (",", PROXY), ("999.1.1.1", PROXY),
        ("٣.٣.٣.٣", PROXY), ("x" * 5_000, PROXY), ("[", PROXY), ("1.2.3.4:x", PROXY),
    ])  # fmt: skip
    def test_lock_and_list_of_sessions_see_the_same_address(self, chain, address):
        assert sign_in(password="wrong", **through(chain)) == 200
        assert AccessAttempt.objects.get().ip_address == address
        assert sign_in(**through(chain)) == 302
        assert UserSession.objects.get().ip == address


@pytest.mark.django_db
class TestWithoutAProxy:
    pytestmark = pytest.mark.usefixtures("mara")

    def test_a_header_that_anybody_can_send_is_not_read(self):
        tried = [sign_in(password="wrong", of="203.0.113.66", **through(f"198.51.100.{n}")) for n in range(5)]
        assert tried[-1] == 429
        assert AccessAttempt.objects.get().ip_address == "203.0.113.66"

    def test_a_unix_socket_has_no_address_and_works(self):
        assert sign_in(of="") == 302

    def test_twenty_wrong_passwords_for_a_name_from_elsewhere_keep_nobody_out(self):
        for place in range(4):
            for _ in range(5):
                sign_in(password="wrong", of=f"203.0.113.{place}")
        assert sign_in(of="198.51.100.7") == 302

    def test_a_name_is_one_name_however_it_is_written(self):
        tried = [sign_in(name, "wrong", of="203.0.113.66") for name in ("mara", "Mara", "MARA", "mArA", " mara ")]
        assert tried[-1] == 429
        assert sign_in("maRA", of="203.0.113.66") == 429


@pytest.mark.django_db
class TestAnOffice:
    OFFICE = "198.51.100.7"

    def test_of_twenty_who_all_lock_themselves_out_lets_the_next_one_in(self, mara):
        for colleague in range(20):
            tried = [sign_in(f"colleague{colleague}", "wrong", of=self.OFFICE) for _ in range(5)]
            assert tried[-1] == 429
        assert sign_in(of=self.OFFICE) == 302

    def test_that_signs_in_at_nine_o_clock_is_not_slowed(self, mara):
        assert {sign_in(of=self.OFFICE) for _ in range(40)} == {302}

    def test_from_which_somebody_guesses_over_many_names_is_slowed(self, mara):
        for name in range(150):
            assert sign_in(f"name{name}", "wrong", of=self.OFFICE) == 200
        answer = Client(REMOTE_ADDR=self.OFFICE).post(LOGIN, {"login": "mara", "password": PASSWORD})
        assert "Too many failed login attempts" in answer.text
        assert sign_in(of="203.0.113.5") == 302


@pytest.mark.django_db
def test_codes_of_a_second_factor_are_limited_from_wherever_they_come(mara):
    TOTP.activate(mara, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    for place in range(2):
        client = Client(REMOTE_ADDR=f"203.0.113.{place}")
        client.post(LOGIN, {"login": "mara", "password": PASSWORD})
        for _ in range(5):
            assert "Incorrect code" in client.post("/accounts/2fa/authenticate/", {"code": "000000"}).text
    assert "Too many failed login attempts" in client.post("/accounts/2fa/authenticate/", {"code": "000000"}).text


class Proxy(BaseHTTPRequestHandler):
    """Passes requests on and appends who asked to X-Forwarded-For, as nginx and its like do."""

    target: str

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = dict(self.headers)
        headers["X-Forwarded-For"] = ", ".join(filter(None, [headers.get("X-Forwarded-For"), self.client_address[0]]))
        upstream = http.client.HTTPConnection(self.target, timeout=30)
        upstream.request(self.command, self.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() in ("set-cookie", "location", "content-type"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    do_GET = do_POST = forward

    def log_message(self, *args):
        pass


@pytest.fixture
def proxy(live_server):
    """The port of a proxy before the live server."""
    handler = type("ProxyHere", (Proxy,), {"target": urlsplit(live_server.url).netloc})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def sign_in_through(port: int, password: str, *, of: str, forged: str = "") -> int:
    """The status of a sign-in sent from the address `of` of this machine (127.0.0.0/8 is all loopback)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(of, 0))
    connection.request("GET", LOGIN)
    answer = connection.getresponse()
    cookies = SimpleCookie(answer.getheader("Set-Cookie"))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())[1]
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(f"{name}={cookie.value}" for name, cookie in cookies.items()),
    }
    if forged:
        headers["X-Forwarded-For"] = forged
    form = urlencode({"login": "mara", "password": password, "csrfmiddlewaretoken": token})
    connection.request("POST", LOGIN, form, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_through_a_real_proxy_only_the_guesser_is_locked(behind_proxy, proxy, mara):
    guesses = [sign_in_through(proxy, "wrong", of="127.0.0.66", forged="127.0.0.7") for _ in range(5)]
    assert guesses[-1] == 429
    assert sign_in_through(proxy, PASSWORD, of="127.0.0.66") == 429
    assert sign_in_through(proxy, PASSWORD, of="127.0.0.7") == 302
