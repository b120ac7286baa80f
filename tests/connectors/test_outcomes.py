"""What every API connector makes of what can happen on the way to a processor, shown with Clerk's."""

import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from privacy.connectors import api
from privacy.connectors.base import connectors
from privacy.jobs.claim import LEASE
from privacy.jobs.outcomes import Done, Failed, Later, Waiting
from tests.fakes.server import html, instead, late_reply, lost_reply


@pytest.fixture
def erase(clerk, call):
    """Call it: one attempt at erasing user_1."""
    return lambda **more: connectors["clerk"].erase(call(user_id=["user_1"], **more))


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 504, 301, 302, 307])
def test_what_may_pass_is_tried_later(erase, clerk, status):
    clerk.mishaps.append(("DELETE", instead(status, {}, location=f"{clerk.url}/v1/users/user_2")))
    assert isinstance(erase(), Later)
    assert clerk.users == {"user_1", "user_2"}
    assert isinstance(erase(), Done)
    assert clerk.effects == {"user_1": 1}


@pytest.mark.parametrize("status", [400, 402, 405, 410, 422])
def test_what_no_attempt_helps_fails_with_the_code_and_without_the_sentence(erase, clerk, status):
    body = {"errors": [{"message": "user_1 x@example.com", "long_message": "x", "code": "form_param_invalid"}]}
    clerk.mishaps.append(("DELETE", instead(status, body, x_clerk_trace_id="trace-9")))
    assert erase() == Failed(f"Clerk answered HTTP {status}, form_param_invalid, trace-9")


@pytest.mark.parametrize("body", [[], {"errors": []}, {"errors": [{"code": "an address: x@example.com"}]}, 7, {}])
def test_an_error_of_an_unknown_shape_fails_without_a_code(erase, clerk, body):
    clerk.mishaps.append(("DELETE", instead(400, body if isinstance(body, dict) else str(body).encode())))
    assert erase() == Failed("Clerk answered HTTP 400")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_page_instead_of_json_proves_nothing(erase, clerk, method, status):
    clerk.mishaps.append((method, html(status)))
    assert erase() == Later(f"Clerk answered HTTP {status} with something other than JSON")
    assert clerk.users == {"user_1", "user_2"}


def test_an_empty_404_proves_nothing(erase, clerk):
    clerk.mishaps.append(("DELETE", instead(404)))
    assert isinstance(erase(), Later)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_waits_without_asking_again(erase, clerk, status):
    clerk.mishaps.append(("GET", instead(status, {})))
    outcome = erase()
    assert outcome == Waiting(f"Clerk refuses the key in CLERK_SECRET_KEY (HTTP {status})", 15 * 60)
    calls = len(clerk.asked)
    again = erase()
    assert isinstance(again, Waiting) and 800 < again.seconds < 1800
    assert len(clerk.asked) == calls


def test_a_wrong_key_erases_nothing_and_is_no_success(clerk, call, settings):
    settings.CLERK_SECRET_KEY = "the-wrong-key"
    outcome = connectors["clerk"].erase(call(user_id=["user_of_nobody"]))
    assert isinstance(outcome, Waiting)
    assert clerk.methods() == "GET"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 1), ("999999999999", 6 * 3600), ("soon", None), ("", None), ("-5", None)],
)
def test_too_many_calls_wait_as_long_as_asked(erase, clerk, header, seconds):
    clerk.mishaps.append(("DELETE", instead(429, {}, retry_after=header)))
    assert erase() == Later("Clerk answered HTTP 429", seconds)


def test_a_retry_after_may_be_a_date(erase, clerk):
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    clerk.mishaps.append(("DELETE", instead(429, {}, retry_after=moment)))
    assert 95 <= erase().seconds <= 100


def test_a_processor_that_asked_for_patience_is_left_alone_for_everyone(erase, clerk, call):
    clerk.mishaps.append(("DELETE", instead(429, {}, retry_after="30")))
    erase()
    calls = len(clerk.asked)
    outcome = connectors["clerk"].erase(call(user_id=["user_2"]))
    assert isinstance(outcome, Waiting) and 25 < outcome.seconds < 60
    assert len(clerk.asked) == calls


@pytest.mark.parametrize("mishap", [lost_reply, late_reply(2)])
def test_a_reply_lost_after_the_effect_leaves_one_effect(erase, clerk, impatient, mishap):
    clerk.mishaps.append(("DELETE", mishap))
    with impatient():
        first = erase()
    assert isinstance(first, Later) and first.because.startswith("Clerk did not answer (")
    second = erase(result=first.result)
    assert second.result["users_deleted"] == 1
    assert clerk.effects == {"user_1": 1}


def test_a_slow_processor_is_not_waited_for(erase, clerk, impatient):
    clerk.mishaps.append(("GET", late_reply(20)))
    begun = time.monotonic()
    with impatient():
        assert erase() == Later("Clerk did not answer (ReadTimeout)")
    assert time.monotonic() - begun < 10


def test_no_call_waits_longer_than_the_lease_of_a_worker():
    limit = api.TIMEOUT.connect + api.TIMEOUT.read + api.TIMEOUT.write + api.TIMEOUT.pool
    assert limit < LEASE.total_seconds() / 2


def test_a_processor_that_is_down_is_tried_later(erase, clerk, monkeypatch):
    clerk.server.server_close()
    clerk.server.shutdown()
    assert erase() == Later("Clerk did not answer (ConnectError)")


def test_what_the_sdk_cannot_read_is_tried_later(erase, clerk):
    clerk.mishaps.append(("GET", instead(200, {"object": "instance"})))
    assert erase() == Later("Clerk answered what its SDK does not understand (ResponseValidationError)")


@pytest.mark.parametrize("user_id", ["../instance", "..", "a/b", "user_1?x=1", "user_1#x", "", "käthe", "user 1"])
def test_an_id_that_would_name_something_else_is_not_sent(clerk, call, user_id):
    outcome = connectors["clerk"].erase(call(user_id=["user_1", user_id]))
    assert outcome == Failed("An id on record is none that Clerk could have given; nothing was sent")
    assert clerk.asked == []


def test_a_lost_lease_or_a_hold_stops_before_the_next_deletion(erase, clerk):
    class Stopped(Exception):
        pass

    def renew(result=None):
        raise Stopped

    with pytest.raises(Stopped):
        erase(renew=renew)
    assert clerk.users == {"user_1", "user_2"}


def test_without_a_key_a_person_is_asked(clerk, call, settings):
    settings.CLERK_SECRET_KEY = ""
    outcome = connectors["clerk"].erase(call(user_id=["user_1"]))
    assert outcome == Waiting("No API key for Clerk: erase it there, then attest it here")
    assert clerk.asked == []


def test_the_summary_says_how_each_processor_is_told(settings):
    settings.CLERK_SECRET_KEY, settings.OPENAI_API_KEY, settings.STRIPE_SECRET_KEY = "a key", "", ""
    assert {connector.name: connector.mode for connector in connectors.values()} == {
        "Analytics": "manual", "Clerk": "API", "Cloud hosting": "expiry", "E-mail delivery": "manual",
        "Google Gemini": "expiry", "Logging": "manual", "OpenAI": "manual", "Stripe": "manual",
    }  # fmt: skip


def test_no_log_line_names_the_person(erase, clerk, caplog):
    caplog.set_level(logging.INFO)
    clerk.mishaps.append(("DELETE", instead(422, {"errors": [{"message": "user_1", "code": "x"}]})))
    erase()
    erase()
    assert "user_1" not in caplog.text
