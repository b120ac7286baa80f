from datetime import UTC, datetime

import pytest
import time_machine

from privacy.connectors import openai as module
from privacy.connectors.base import connectors
from privacy.jobs.outcomes import Later, More, Waiting
from privacy.models import Prompt
from tests.factories import DataSubjectFactory, PromptFactory
from tests.fakes.server import html, instead, late_reply, lost_reply

LONG_AGO = ["2026-01-01"]


def test_responses_are_deleted_and_read_back(openai, call):
    outcome = connectors["openai"].erase(call(response_id=["resp_1", "resp_2"], last_prompt_on=LONG_AGO))
    assert outcome.result == {
        "outcome": "erased",
        "responses_deleted": 2,
        "responses_already_gone": 0,
        "responses_unknown": 0,
        "api_version": "v1",
        "calls": {"GET 200": 3, "DELETE 200": 2, "GET 404": 2},
        "requests": ["req_3", "req_6"],
        "retained": [],
    }
    assert outcome.units == 2
    assert openai.responses == {"resp_3"}


@time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC))
@pytest.mark.parametrize(("last", "until"), [("2026-11-20", "2026-12-20"), ("2026-10-24", "2026-11-23")])
def test_the_logs_that_stay_are_named_with_their_last_day(openai, call, last, until):
    outcome = connectors["openai"].erase(call(response_id=["resp_1"], last_prompt_on=[last]))
    (kept,) = outcome.result["retained"]
    assert kept["until"] == until
    assert "30 days" in kept["because"]


@time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC))
def test_logs_that_have_run_out_are_not_named(openai, call):
    outcome = connectors["openai"].erase(call(response_id=["resp_1"], last_prompt_on=["2026-10-23"]))
    assert outcome.result["retained"] == []


def test_an_expired_response_counts_as_gone_under_a_key_that_works(openai, call):
    outcome = connectors["openai"].erase(call(response_id=["resp_expired"], last_prompt_on=LONG_AGO))
    assert outcome.result["responses_already_gone"] == 1
    assert openai.methods() == "GET GET"


def test_under_a_wrong_key_nothing_counts_as_gone(openai, call, settings):
    settings.OPENAI_API_KEY = "the-wrong-key"
    outcome = connectors["openai"].erase(call(response_id=["resp_expired"], last_prompt_on=LONG_AGO))
    assert isinstance(outcome, Waiting)
    assert openai.methods() == "GET"


def test_prompts_of_which_nothing_was_stored_need_no_call(openai, call):
    outcome = connectors["openai"].erase(call(response_id=[], last_prompt_on=LONG_AGO))
    assert outcome.result["outcome"] == "erased"
    assert openai.asked == []


def test_a_response_that_is_still_there_is_not_done(openai, call):
    openai.mishaps.append(("DELETE", instead(200)))
    outcome = connectors["openai"].erase(call(response_id=["resp_1"], last_prompt_on=LONG_AGO))
    assert outcome == Later("OpenAI still knows a response that it was told to delete")


def test_many_responses_are_deleted_in_slices_that_go_on_where_the_last_ended(openai, call, monkeypatch):
    monkeypatch.setattr(module, "SLICE_SECONDS", 0)  # one response a slice
    ids = ["resp_1", "resp_2", "resp_3"]
    outcome = connectors["openai"].erase(call(response_id=ids, last_prompt_on=LONG_AGO))
    assert isinstance(outcome, More)
    slices = 1
    while isinstance(outcome, More):
        assert outcome.units == slices == outcome.result["responses_deleted"]
        outcome = connectors["openai"].erase(call(outcome.result, response_id=ids, last_prompt_on=LONG_AGO))
        slices += 1
    assert slices == 3
    assert outcome.result["responses_deleted"] == 3
    assert outcome.result["calls"] == {"GET 200": 6, "DELETE 200": 3, "GET 404": 3}
    assert openai.effects == {"resp_1": 1, "resp_2": 1, "resp_3": 1}


def test_trouble_after_some_deletions_keeps_what_is_done_and_then_heeds_the_trouble(openai, call):
    ids = ["resp_1", "resp_2", "resp_3"]
    openai.mishaps += [*[("GET", openai_as_ever)] * 3, ("GET", instead(429, {}, retry_after="40"))]
    outcome = connectors["openai"].erase(call(response_id=ids, last_prompt_on=LONG_AGO))
    assert isinstance(outcome, More) and outcome.units == 1
    calls = len(openai.asked)
    waiting = connectors["openai"].erase(call(outcome.result, response_id=ids, last_prompt_on=LONG_AGO))
    assert isinstance(waiting, Waiting) and waiting.seconds > 35
    assert len(openai.asked) == calls


def openai_as_ever(asked, answer):
    return answer()


@pytest.mark.parametrize("mishap", [lost_reply, late_reply(2), html(502), instead(500, {})])
def test_whatever_happens_on_the_way_each_response_is_deleted_once(openai, call, impatient, mishap):
    openai.mishaps.append(("DELETE", mishap))
    asked = call(response_id=["resp_1", "resp_2"], last_prompt_on=LONG_AGO)
    with impatient():
        assert isinstance(connectors["openai"].erase(asked), Later)
    outcome = connectors["openai"].erase(asked)
    assert outcome.result["responses_deleted"] + outcome.result["responses_already_gone"] == 2
    assert openai.effects == {"resp_1": 1, "resp_2": 1}


@pytest.mark.django_db
def test_references_are_the_stored_responses_and_the_day_of_the_last_prompt():
    anna, ben, nobody = DataSubjectFactory.create_batch(3)
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC)):
        PromptFactory(author=anna, response_id="resp_b", created_at=datetime(2026, 11, 1, tzinfo=UTC))
    PromptFactory(author=anna, response_id="resp_a", created_at=datetime(2026, 11, 9, 23, tzinfo=UTC))
    PromptFactory(author=anna, response_id="resp_a", created_at=datetime(2026, 11, 2, tzinfo=UTC))
    PromptFactory(author=ben, response_id="", created_at=datetime(2026, 11, 3, tzinfo=UTC))
    PromptFactory(author=nobody, provider=Prompt.Provider.GOOGLE)
    assert connectors["openai"].references_of([anna.id, ben.id, nobody.id]) == {
        anna.id: {"last_prompt_on": ["2026-11-09"], "response_id": ["resp_a", "resp_b"]},
        ben.id: {"last_prompt_on": ["2026-11-03"]},
    }
