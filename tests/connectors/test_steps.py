"""An erasure's processor steps, carried out by the engine: what the request, its steps and its receipt say."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import Value

from privacy.cases import processors, requests
from privacy.cases.requests import ask, grant
from privacy.catalogue import NotAllowed
from privacy.connectors import openai as openai_module
from privacy.connectors.base import Call, Connector, connectors
from privacy.evidence import chains
from privacy.evidence.sealing import unseal
from privacy.fulfilment import erasure
from privacy.jobs import order
from privacy.jobs import run as engine
from privacy.jobs.outcomes import Done, Failed, Later, Waiting
from privacy.models import (
    AuditEntry,
    DataSubject,
    Identifier,
    Outcome,
    Prompt,
    Receipt,
    RightsRequest,
    State,
    Step,
    StepState,
)
from tests import working
from tests.factories import (
    CustomerFactory,
    DataSubjectFactory,
    IdentifierFactory,
    PromptFactory,
    SessionFactory,
    StaffFactory,
)
from tests.fakes.server import instead, lost_reply
from tests.working import run_again as run

pytestmark = pytest.mark.django_db


class Scripted(Connector):
    """Knows everybody, answers as scripted, and has an effect once for each idempotency key."""

    def __init__(self, key):
        self.key, self.name = key, key.title()
        self.script, self.calls, self.effects = [], [], set()

    def names_of(self, accounts):
        everybody = DataSubject.objects.filter(pk__in=accounts).order_by()
        return [everybody.values_list("pk", Value("id"), Value(f"name-at-{self.key}"))]

    def erase(self, call: Call):
        self.calls.append(call)
        self.effects.add(call.idempotency_key)
        return self.script.pop(0) if self.script else Done({"outcome": "erased"})


@pytest.fixture
def scripted(monkeypatch):
    """Two processors and no others: {key: connector}."""
    found = {key: Scripted(key) for key in ("alpha", "beta")}
    for module in ("connectors.base", "connectors.recipients", "fulfilment.erasure", "fulfilment.processors"):
        monkeypatch.setattr(f"privacy.{module}.connectors", found)
    return found


@pytest.fixture
def agent():
    return StaffFactory(role="agent")


@pytest.fixture
def approver():
    return StaffFactory(role="approver")


@pytest.fixture
def approved(agent, approver):
    """Call it with a person: their erasure, asked for and approved."""

    def erasing(person) -> RightsRequest:
        [request] = ask(
            "erasure", subject_ids=[person.id], actor=agent, reason="Asked in the app", verification="signed_in"
        )
        return grant(request_id=request.id, actor=approver)

    return erasing


def step_of(request, key) -> Step:
    return request.steps.get(name="processors.erase", target=key)


def receipt_of(request) -> dict[str, dict]:
    body = Receipt.objects.get(request=request).body
    return {item["processor"]: item for item in body["processors"]}


def test_an_erasure_ends_when_every_processor_has_erased_and_the_receipt_lists_them(scripted, approved):
    request = run(approved(DataSubjectFactory()))
    assert request.outcome == Outcome.FULFILLED
    assert receipt_of(request) == {
        "alpha": {"processor": "alpha", "state": "done", "outcome": "erased"},
        "beta": {"processor": "beta", "state": "done", "outcome": "erased"},
    }
    assert [c.references for c in scripted["alpha"].calls] == [{"id": ["name-at-alpha"]}]


def test_no_step_shows_a_processors_name_for_the_person_and_done_steps_keep_none(scripted, approved):
    scripted["beta"].script = [Later("busy")]
    request = run(approved(DataSubjectFactory()))
    waiting = step_of(request, "beta")
    assert unseal(waiting.sealed) == {"id": ["name-at-beta"]}
    assert step_of(request, "alpha").sealed == ""
    rows = [*Step.objects.values_list(), *AuditEntry.objects.values_list(), *RightsRequest.objects.values()]
    assert "name-at-" not in str(rows)
    run(request)
    assert set(request.steps.values_list("sealed", flat=True)) == {""}


def test_a_processor_by_hand_is_awaited_until_a_person_attests(scripted, approved, approver):
    scripted["alpha"].script = [scripted["alpha"].manual("erase")]
    request = run(approved(DataSubjectFactory()))
    step = step_of(request, "alpha")
    assert request.state == State.FULFILLING
    assert step.state == StepState.WAITING
    assert step_of(request, "beta").state == StepState.DONE
    assert not Receipt.objects.filter(request=request).exists()
    run(request, times=3)
    assert len(scripted["alpha"].calls) == 1

    processors.attest(step_id=step.id, actor=approver, evidence="TICKET-4711")
    assert run(request).outcome == Outcome.FULFILLED
    assert receipt_of(request)["alpha"] == {
        "processor": "alpha",
        "state": "done",
        "outcome": "attested",
        "evidence": "TICKET-4711",
        "attested_by": approver.pk,
    }
    assert step_of(request, "alpha").sealed == ""


def test_who_asked_for_the_erasure_may_not_attest_it(scripted, approver):
    """Nor an agent, whose role does not attest."""
    scripted["alpha"].script = [scripted["alpha"].manual("erase")]
    asker = StaffFactory(role="manager")
    asked_for = {"actor": asker, "reason": "Asked in the app", "verification": "signed_in"}
    [request] = ask("erasure", subject_ids=[DataSubjectFactory().id], **asked_for)
    run(grant(request_id=request.id, actor=approver))
    step = step_of(request, "alpha")
    with pytest.raises(NotAllowed, match="asked for"):
        processors.attest(step_id=step.id, actor=asker, evidence="TICKET-4711")
    with pytest.raises(PermissionDenied):
        processors.attest(step_id=step.id, actor=StaffFactory(role="agent"), evidence="TICKET-4711")
    assert step_of(request, "alpha").state == StepState.WAITING


def test_eight_failures_park_the_request_and_hold_up_no_other_processor(scripted, approved):
    scripted["alpha"].script = [Later(f"busy {n}") for n in range(20)]
    request = approved(DataSubjectFactory())
    run(request, times=7)
    assert request.job.parked_because == ""
    run(request)
    assert request.job.parked_because == "processors.erase alpha: busy 7"
    assert step_of(request, "beta").state == StepState.DONE
    run(request, times=2)
    assert len(scripted["alpha"].calls) == 8


def test_a_failure_parks_at_once(scripted, approved):
    scripted["alpha"].script = [Failed("Alpha answered HTTP 422")]
    assert run(approved(DataSubjectFactory())).job.parked_because == "processors.erase alpha: Alpha answered HTTP 422"


def test_unparking_asks_again_under_the_same_key_and_the_effect_is_one(scripted, approved, approver):
    scripted["alpha"].script = [Later("busy")] * 8
    request = run(approved(DataSubjectFactory()), times=8)
    requests.unpark(request_id=request.id, actor=approver)
    assert run(request).outcome == Outcome.FULFILLED
    calls = scripted["alpha"].calls
    assert len(calls) == 9
    assert {call.idempotency_key for call in calls} == scripted["alpha"].effects == {step_of(request, "alpha").key}
    assert scripted["beta"].effects.isdisjoint(scripted["alpha"].effects)


def test_a_refused_key_costs_no_attempts_and_the_step_goes_on_when_the_key_is_right(scripted, approved):
    refused = Waiting("Alpha refuses the key", 900)
    scripted["alpha"].script = [refused] * 12 + [Later("busy")] * 7
    request = run(approved(DataSubjectFactory()), times=12)
    assert (request.state, request.job.parked_because) == (State.FULFILLING, "")
    assert step_of(request, "alpha").state == StepState.WAITING
    run(request, times=7)
    assert request.job.parked_because == ""
    assert run(request).outcome == Outcome.FULFILLED


def test_a_parked_step_can_be_attested(scripted, approved, approver):
    scripted["alpha"].script = [Failed("no")]
    request = run(approved(DataSubjectFactory()))
    processors.attest(step_id=step_of(request, "alpha").id, actor=approver, evidence="LETTER-2026-05-03")
    assert run(request).outcome == Outcome.FULFILLED


def test_a_hold_placed_meanwhile_stops_before_the_next_call(scripted, approved, approver):
    scripted["alpha"].script = [Later("busy")]
    scripted["beta"].script = [Later("busy")]
    request = run(approved(DataSubjectFactory()))
    assert ask("hold_place", subject_ids=[request.subject_id], actor=approver, reason="Court order")
    assert run(request).job.stopped_at
    assert len(scripted["alpha"].calls) == 1


def test_every_real_processor_erases_and_the_receipt_says_what_stays(clerk, stripe, openai, approved):
    stripe.add_customer("cus_1", subscriptions=[("sub_1", "active")], payment_methods=["pm_1"], charges=[1_700_000_000])
    person = DataSubjectFactory()
    IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    CustomerFactory(subject=person, stripe_id="cus_1")
    PromptFactory(author=person, response_id="resp_1")
    PromptFactory(author=person, response_id="gemini-1", provider=Prompt.Provider.GOOGLE)
    request = run(approved(person))
    assert request.outcome == Outcome.FULFILLED
    assert (clerk.users, openai.responses, stripe.deleted) == ({"user_2"}, {"resp_2", "resp_3"}, {"cus_1"})
    receipt = receipt_of(request)
    nothing = "the processor does not know this person"
    assert {key: item["outcome"] for key, item in receipt.items()} == {
        "analytics": nothing,
        "clerk": "erased",
        "email_delivery": nothing,
        "google": "goes by the stated day",
        "hosting": "goes by the stated day",
        "logging": nothing,
        "openai": "erased",
        "stripe": "erased",
    }
    assert receipt["stripe"]["retained"][0]["until"] == "2031-12-31"
    assert [len(receipt[key]["retained"]) for key in ("google", "openai")] == [1, 1]
    evidence = str([*Step.objects.values_list(), *AuditEntry.objects.values_list(), receipt])
    assert not [name for name in ("user_1", "cus_1", "sub_1", "pm_1", "resp_1", "gemini-1") if name in evidence]


def test_without_keys_the_processors_that_know_the_person_are_awaited_and_no_others(approved):
    person = DataSubjectFactory()
    IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    request = run(approved(person))
    assert request.state == State.FULFILLING
    steps = request.steps.filter(name="processors.erase")
    assert {s.target for s in steps if s.state == "waiting"} == {"clerk"}
    assert {s.target: s.state for s in steps if s.target != "clerk"} == {"hosting": "done"}


def test_an_effect_whose_reply_was_lost_happens_once(clerk, approved):
    person = DataSubjectFactory()
    IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    clerk.mishaps.append(("DELETE", lost_reply))
    request = run(approved(person))
    assert step_of(request, "clerk").problem.startswith("Clerk did not answer")
    assert run(request).outcome == Outcome.FULFILLED
    assert clerk.effects == {"user_1": 1}


def test_many_responses_go_in_slices_over_many_claims_without_spending_attempts(openai, approved, monkeypatch):
    monkeypatch.setattr(openai_module, "SLICE_SECONDS", 0)  # one response a slice
    person = DataSubjectFactory()
    ids = [f"resp_{n:02d}" for n in range(20)]
    openai.responses |= set(ids)
    PromptFactory.create_batch(20, author=person)
    for prompt, response_id in zip(Prompt.objects.all(), ids, strict=True):
        Prompt.objects.filter(pk=prompt.pk).update(response_id=response_id)
    openai.mishaps += [("DELETE", instead(500, {}))] * 7
    request = run(approved(person), times=8)
    assert request.outcome == Outcome.FULFILLED
    assert receipt_of(request)["openai"]["responses_deleted"] == 20
    assert set(openai.effects.values()) == {1}


def test_the_next_slice_is_due_at_once_though_another_processor_waits_for_a_person(openai, approved, monkeypatch):
    monkeypatch.setattr(openai_module, "SLICE_SECONDS", 0)
    person = DataSubjectFactory()
    IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    for response_id in ("resp_1", "resp_2", "resp_3"):
        PromptFactory(author=person, response_id=response_id)
    request = approved(person)
    monkeypatch.setattr(engine, "SLICE_SECONDS", 0.0001)  # one step a claim
    claims = 0
    while len(openai.responses) == 3:
        working.run(request.id)
        assert (claims := claims + 1) < 20
    assert (step_of(request, "clerk").state, step_of(request, "openai").units_done) == (StepState.WAITING, 1)
    assert working.is_due(request.id)


def test_names_are_sealed_before_a_big_table_goes_in_slices(openai, approved, monkeypatch):
    monkeypatch.setattr(erasure, "SLICE_ROWS", 2)
    person = DataSubjectFactory()
    for response_id in ("resp_1", "resp_2", "resp_3"):
        PromptFactory(author=person, response_id=response_id)
    SessionFactory.create_batch(3, subject=person)
    request = approved(person)
    assert "erasure.slices privacy.Prompt" in map(str, request.steps.all())
    assert run(request).outcome == Outcome.FULFILLED
    assert openai.responses == set()


def test_every_processor_that_knows_the_person_has_a_step_and_every_other_stands_in_the_receipt(approved):
    request = approved(DataSubjectFactory())
    assert set(request.steps.filter(name="processors.erase").values_list("target", flat=True)) == {"hosting"}
    assert receipt_of(run(request)).keys() == connectors.keys()


@pytest.mark.parametrize(("rows_in_slices", "is_begun"), [(False, False), (True, False), (True, True)])
def test_a_processor_that_comes_to_know_the_person_after_the_approval_is_asked(
    clerk, approved, approver, monkeypatch, rows_in_slices, is_begun
):
    """Before the first step it is more than what was approved, so that another person has to approve again."""
    person = DataSubjectFactory()
    SessionFactory.create_batch(3, subject=person)
    if rows_in_slices:
        monkeypatch.setattr(erasure, "SLICE_ROWS", 2)
    request = approved(person)
    if is_begun:
        with monkeypatch.context() as patch:
            patch.setattr(engine, "SLICE_SECONDS", 0.0001)  # one step a claim
            working.run(request.id)
        assert request.steps.first().finished_at
    IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    if not is_begun:
        assert "tell Clerk" in run(request).job.parked_because
        assert clerk.effects == {}
        requests.approve_again(request_id=request.id, actor=approver)
    assert run(request).outcome == Outcome.FULFILLED
    assert clerk.effects == {"user_1": 1}
    assert receipt_of(request)["clerk"]["outcome"] == "erased"
    assert request.steps.last().name == "erasure.receipt"
    assert not chains.walk().faults


def test_a_processor_that_forgets_the_person_after_the_approval_is_not_asked(clerk, approved):
    person = DataSubjectFactory()
    IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    request = approved(person)
    person.identifiers.all().delete()
    assert run(request).outcome == Outcome.FULFILLED
    assert clerk.effects == {}
    assert receipt_of(request)["clerk"]["outcome"] == "the processor does not know this person"


def test_one_that_was_attested_before_the_rows_went_is_not_asked_again(clerk, approved, approver):
    person = DataSubjectFactory()
    IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_1")
    request = approved(person)
    processors.attest(step_id=step_of(request, "clerk").id, actor=approver, evidence="TICKET-4711")
    assert run(request).outcome == Outcome.FULFILLED
    assert clerk.effects == {}
    assert receipt_of(request)["clerk"]["outcome"] == "attested"


def test_what_a_processor_was_asked_is_not_withdrawn_any_more(scripted, approved, approver):
    scripted["alpha"].script = [scripted["alpha"].manual("erase")]
    request = run(approved(DataSubjectFactory()))
    sealed = step_of(request, "alpha").sealed
    with pytest.raises(NotAllowed, match="cannot be taken back"):
        requests.cancel(request_id=request.id, actor=approver)
    request.refresh_from_db()
    assert (request.state, step_of(request, "alpha").sealed) == (State.FULFILLING, sealed)
    assert request.job.is_open


def test_work_that_stops_short_keeps_no_sealed_names(scripted, approved):
    scripted["alpha"].script = [scripted["alpha"].manual("erase")]
    request = run(approved(DataSubjectFactory()))
    assert step_of(request, "alpha").sealed
    order.stop_short([request.job])
    assert set(request.steps.values_list("sealed", flat=True)) == {""}
    assert not request.job.is_open


@pytest.mark.parametrize("evidence", ["", "Ada Lovelace", "ada@example.com", "Ticket of Ada 4", "7 Ada"])
def test_evidence_is_a_number_because_it_is_never_erased(scripted, approved, approver, evidence):
    scripted["alpha"].script = [scripted["alpha"].manual("erase")]
    request = run(approved(DataSubjectFactory()))
    with pytest.raises(NotAllowed):
        processors.attest(step_id=step_of(request, "alpha").id, actor=approver, evidence=evidence)
