"""A processor that never knew an id has erased nobody, and no page says that it has."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from privacy.cases import processors
from privacy.cases.requests import unpark
from privacy.connectors.base import connectors
from privacy.jobs.outcomes import Done, Failed
from privacy.models import Outcome, Prompt, StepState
from tests import factories as f
from tests.fakes.server import instead
from tests.faults.erasing import approved, known_as, receipt_of, run, step_at

pytestmark = pytest.mark.django_db


def prompts_of(person, *response_ids, days_ago: int):
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    for response_id in response_ids:
        prompt = f.PromptFactory(author=person, response_id=response_id)
        Prompt.objects.filter(pk=prompt.pk).update(created_at=moment)


def pages_of(client, request) -> str:
    client.force_login(f.StaffFactory(role="approver"))
    names = ("change", "receipt")
    found = [
        client.get(reverse(f"admin:privacy_rightsrequest_{name}", args=[request.id]), follow=True) for name in names
    ]
    return " ".join(page.content.decode() for page in found)


class TestClerk:
    def test_a_user_whom_clerk_never_knew_is_for_a_person_to_look_at(self, clerk):
        request = run(approved(known_as("clerk_id", "user_of_another_instance")))
        step = step_at(request, "clerk")
        assert (step.state, step.result["users_unknown"]) == (StepState.STARTED, 1)
        assert "does not know 1 of the 1 users on record" in request.job.parked_because
        assert "production instance" in step.problem
        assert clerk.methods() == "GET GET"

    def test_no_page_tells_them_as_erased(self, clerk, client):
        request = run(approved(known_as("clerk_id", "user_of_another_instance")))
        text = pages_of(client, request)
        assert "users unknown: 1" in text and ">Erased<" not in text

    def test_the_known_one_is_deleted_and_the_unknown_one_told(self, clerk):
        step = step_at(run(approved(known_as("clerk_id", "user_1", "user_of_yesterday"))), "clerk")
        counted = {name: step.result[name] for name in ("users_deleted", "users_already_gone", "users_unknown")}
        assert counted == {"users_deleted": 1, "users_already_gone": 0, "users_unknown": 1}

    def test_with_the_right_key_it_goes_on_and_counts_each_user_once(self, clerk):
        request = run(approved(known_as("clerk_id", "user_1", "user_9")))
        clerk.users.add("user_9")  # as under the key of the right instance
        unpark(request_id=request.id, actor=f.StaffFactory(role="approver"))
        assert run(request).outcome == Outcome.FULFILLED
        told = receipt_of(request)["clerk"]
        assert (told["outcome"], told["users_deleted"], told["users_unknown"]) == ("erased", 2, 0)
        assert clerk.effects == {"user_1": 1, "user_9": 1}

    def test_an_attestation_ends_it_and_the_receipt_says_by_whom_and_what_was_found(self, clerk):
        request = run(approved(known_as("clerk_id", "user_of_yesterday")))
        processors.attest(
            step_id=step_at(request, "clerk").id, actor=f.StaffFactory(role="approver"), evidence="TICKET-7"
        )
        assert run(request).outcome == Outcome.FULFILLED
        told = receipt_of(request)["clerk"]
        assert (told["outcome"], told["evidence"], told["users_unknown"]) == ("attested", "TICKET-7", 1)

    def test_a_fault_before_the_404_makes_no_deletion_of_it(self, clerk, call):
        clerk.mishaps.append(("GET", instead(500, {})))
        first = connectors["clerk"].erase(call(user_id=["user_of_nobody"]))
        second = connectors["clerk"].erase(call(result=first.result, user_id=["user_of_nobody"]))
        assert isinstance(second, Failed) and second.result["users_deleted"] == 0


class TestOpenAI:
    def test_an_old_response_is_not_there_any_more_and_not_deleted_by_us(self, openai, client):
        person = f.DataSubjectFactory()
        prompts_of(person, "resp_old", days_ago=31)
        request = run(approved(person))
        told = receipt_of(request)["openai"]
        assert (told["outcome"], told["responses_deleted"], told["responses_already_gone"]) == (
            "nothing was there to erase", 0, 1,
        )  # fmt: skip
        assert told["notes"] == ["1 not there any more: OpenAI keeps a response for 30 days"]
        assert "Nothing was there to erase. 1 not there any more" in pages_of(client, request)

    def test_an_unknown_one_beside_a_known_one_is_told_as_unknown(self, openai, call):
        outcome = connectors["openai"].erase(
            call(response_id=["resp_1", "resp_old"], last_prompt_on=[datetime.now(UTC).date().isoformat()])
        )
        assert (outcome.result["responses_deleted"], outcome.result["responses_unknown"]) == (1, 1)
        assert outcome.result["notes"] == ["1 not known there under this key: OpenAI keeps a response for 30 days"]

    def test_a_key_that_knows_none_of_the_new_ones_is_looked_at_and_the_right_one_asked_for_all(self, openai, call):
        asked = {"response_id": ["resp_8", "resp_9"], "last_prompt_on": [datetime.now(UTC).date().isoformat()]}
        first = connectors["openai"].erase(call(**asked))
        assert isinstance(first, Failed) and "another project" in first.because
        openai.responses |= {"resp_8", "resp_9"}  # as under the key of the right project
        second = connectors["openai"].erase(call(result=first.result, **asked))
        assert isinstance(second, Done) and second.result["outcome"] == "erased"
        assert (second.result["responses_deleted"], second.result["responses_unknown"]) == (2, 0)
