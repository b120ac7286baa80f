"""Whatever becomes of an attempt, what was asked and done in it is known to the next one and to the receipt."""

import pytest

from privacy.connectors import openai as openai_module
from privacy.connectors.base import connectors
from privacy.jobs import failpoints
from privacy.jobs.outcomes import Later
from privacy.models import Outcome, Step
from tests import factories as f
from tests.fakes.server import Reply, instead, lost_reply
from tests.faults.erasing import approved, known_as, receipt_of, run, step_at

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """A worker's death, as far as one process can show it."""


def done_and_answered(status: int):
    """Does what was asked, and answers otherwise."""

    def mishap(asked, answer):
        answer()
        return Reply(status, {})

    return mishap


def customers(told: dict) -> tuple[int, int]:
    return told["customers_deleted"], told["customers_already_deleted"]


class TestStripe:
    @pytest.fixture
    def payer(self, stripe):
        stripe.add_customer("cus_1", subscriptions=[("sub_1", "active")], payment_methods=["pm_1"])
        return known_as("stripe_id", "cus_1")

    def test_a_deletion_that_was_answered_with_a_500_is_ours(self, stripe, payer):
        stripe.mishaps += [("DELETE", lambda asked, answer: answer()), ("DELETE", done_and_answered(500))]
        request = run(approved(payer), times=2)
        told = receipt_of(request)["stripe"]
        assert customers(told) == (1, 0)
        assert told["notes"] == [
            "deleted by us: the answer to attempt 1 was lost (Stripe answered HTTP 500), read back as deleted"
        ]
        assert (told["subscriptions_canceled"], told["payment_methods_detached"]) == (1, 1)
        assert stripe.effects == {"cus_1": 1, "sub_1": 1, "pm_1": 1}

    def test_a_customer_whom_somebody_else_deleted_is_not(self, stripe, payer):
        stripe.deleted.add("cus_1")
        told = receipt_of(run(approved(payer)))["stripe"]
        assert customers(told) == (0, 1) and "notes" not in told

    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    def test_a_card_or_a_subscription_whose_answer_was_lost_is_counted(self, stripe, payer, method):
        stripe.mishaps.append((method, lost_reply))
        told = receipt_of(run(approved(payer), times=2))["stripe"]
        assert (told["subscriptions_canceled"], told["payment_methods_detached"]) == (1, 1)
        assert "the answer to attempt 1 was lost" in told["notes"][0]

    def test_a_parked_step_says_what_was_asked_and_done(self, stripe, payer):
        stripe.mishaps.append(("POST", instead(400, {}, request_id="req_9")))
        request = run(approved(payer))
        told = step_at(request, "stripe").result
        assert request.job.parked_because
        assert (told["attempts"], told["subscriptions_canceled"], told["customers_deleted"]) == (1, 1, 0)
        assert told["calls"]["POST 400"] == 1 and "req_9" in told["requests"]
        assert [key.split()[:2] for key in told["asked"]] == [["payment", "method"]]

    def test_the_step_page_says_so_too(self, stripe, payer, client):
        stripe.mishaps.append(("POST", instead(400, {})))
        request = run(approved(payer))
        client.force_login(f.StaffFactory(role="approver"))
        page = client.get(f"/admin/privacy/rightsrequest/{request.id}/change/").content.decode()
        assert "So far: 1 attempt, " in page and "subscriptions canceled: 1" in page

    def test_no_id_stands_in_the_evidence(self, stripe, payer):
        stripe.mishaps.append(("POST", instead(400, {})))
        run(approved(payer))
        evidence = str(list(Step.objects.values_list("result", "problem")))
        assert not [name for name in ("cus_1", "sub_1", "pm_1") if name in evidence]

    def test_a_worker_that_died_before_it_could_record_the_answer_had_recorded_the_intent(
        self, stripe, payer, monkeypatch
    ):
        stripe.customers["cus_1"]["subscriptions"].clear()
        request = approved(payer)
        with monkeypatch.context() as patch:
            patch.setattr(failpoints, "strike", lambda name: die_if_deleted(name, stripe))
            with pytest.raises(Died):
                run(request)
        told = receipt_of(run(request))["stripe"]
        assert customers(told) == (1, 0)
        assert told["notes"] == [
            "deleted by us: the answer to attempt 1 was lost (the worker was stopped), read back as deleted"
        ]
        assert stripe.effects["cus_1"] == 1


def die_if_deleted(name, stripe):
    if name == "called" and stripe.deleted:
        raise Died


class TestClerk:
    def test_a_deletion_whose_answer_was_lost_is_ours(self, clerk):
        clerk.mishaps.append(("DELETE", lost_reply))
        told = receipt_of(run(approved(known_as("clerk_id", "user_1")), times=2))["clerk"]
        assert (told["users_deleted"], told["users_already_gone"], told["users_unknown"]) == (1, 0, 0)
        assert "the answer to attempt 1 was lost (Clerk did not answer (" in told["notes"][0]

    def test_what_was_done_for_one_user_is_not_lost_with_the_other(self, clerk):
        clerk.mishaps += [("DELETE", lambda asked, answer: answer()), ("DELETE", instead(500, {}))]
        request = run(approved(known_as("clerk_id", "user_1", "user_2")))
        assert step_at(request, "clerk").result["users_deleted"] == 1
        told = receipt_of(run(request))["clerk"]
        assert (told["users_deleted"], told["users_unknown"], told["attempts"]) == (2, 0, 2)
        assert clerk.effects == {"user_1": 1, "user_2": 1}


class TestOpenAI:
    def test_each_response_is_counted_once_whenever_the_worker_dies(self, openai, monkeypatch):
        monkeypatch.setattr(openai_module, "SLICE_SECONDS", 0)
        person = f.DataSubjectFactory()
        for response_id in ("resp_1", "resp_2", "resp_3"):
            f.PromptFactory(author=person, response_id=response_id)
        request = approved(person)
        for left in (2, 1):
            with monkeypatch.context() as patch:
                patch.setattr(failpoints, "strike", lambda name, left=left: die_when(name, left, openai))
                with pytest.raises(Died):
                    run(request)
        told = receipt_of(run(request, times=3))["openai"]
        assert (told["responses_deleted"], told["responses_unknown"]) == (3, 0)
        assert openai.effects == {"resp_1": 1, "resp_2": 1, "resp_3": 1}


def die_when(name, left, openai):
    if name == "called" and len(openai.responses) == left:
        raise Died


def test_a_fault_in_a_connector_keeps_what_was_recorded_before_it(clerk, monkeypatch):
    def strange(*args, **kwargs):
        raise ZeroDivisionError

    request = approved(known_as("clerk_id", "user_1", "user_2"))
    clerk.mishaps += [("DELETE", lambda asked, answer: answer())]
    with monkeypatch.context() as patch:
        patch.setattr(type(connectors["clerk"]), "delete", one_and_then(strange, type(connectors["clerk"]).delete))
        run(request)
    assert step_at(request, "clerk").problem == "ZeroDivisionError"
    assert step_at(request, "clerk").result["asked"]
    assert run(request).outcome == Outcome.FULFILLED
    assert receipt_of(request)["clerk"]["users_deleted"] == 2


def one_and_then(fault, delete):
    calls = []

    def patched(self, *args):
        calls.append(args)
        return delete(self, *args) if len(calls) == 1 else fault()

    return patched


def test_the_next_attempt_gets_back_what_the_last_one_had_found(clerk, call):
    clerk.mishaps.append(("DELETE", instead(503, {})))
    first = connectors["clerk"].erase(call(user_id=["user_1"]))
    assert first == Later("Clerk answered HTTP 503")
    second = connectors["clerk"].erase(call(result=first.result, user_id=["user_1"]))
    assert second.result["attempts"] == 2
    assert second.result["calls"] == {"GET 200": 4, "DELETE 503": 1, "DELETE 200": 1, "GET 404": 1}
    assert second.result["endings"] == {"1": "Clerk answered HTTP 503"}
