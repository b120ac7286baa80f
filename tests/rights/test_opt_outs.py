"""Opt-outs and withdrawals: what stops in the transaction that takes them in, for every account, address and device."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from privacy.cases import dossiers, refusals, reopening
from privacy.cases.opt_outs import OptOut, record_gpc, unsubscribe
from privacy.cases.processors import attest_all
from privacy.cases.requests import answer, ask, cancel, prove, set_aside
from privacy.catalogue import NotAllowed, case_kinds
from privacy.datamap import Use
from privacy.evidence import chains
from privacy.fulfilment import consents
from privacy.models import (
    AuditEntry,
    Case,
    ConsentEvent,
    DataSubject,
    DeviceIdentifier,
    Feedback,
    Limit,
    MarketingPreference,
    Prompt,
    Refusal,
    State,
    Topic,
    UsageEvent,
)
from privacy.selectors import cases, processors
from privacy.selectors import consents as said
from tests import factories as f
from tests import working
from tests.admin.clients import page_url, url

pytestmark = pytest.mark.django_db
OPT_OUTS = sorted(key for key, kind in case_kinds.items() if issubclass(kind, OptOut) and kind.purposes)
STUDIO = ConsentEvent.Method.STUDIO


@pytest.fixture
def person():
    """With another account that was merged into theirs."""
    person = f.DataSubjectFactory(country="US", region="US-CA")
    other = f.DataSubjectFactory(merged_into=person)
    for account in (person, other):
        f.MarketingPreferenceFactory(subject=account, channel="email")
        f.DeviceIdentifierFactory(subject=account)
        f.IdentifierFactory(subject=account)
    return person


def asked(key, person, **given):
    [case] = ask(key, subject_ids=[person.pk], actor=f.StaffFactory(), reason="Asked for by letter", **given)
    return case


def faults() -> list:
    """But that no request has merged the accounts."""
    return [fault for fault in chains.walk().faults if fault.about != "Data subject"]


def attested(case) -> list[str]:
    """Whom somebody has asked to leave the person alone, and attested it by a ticket."""
    waiting = processors.manual_steps().filter(job__case=case)
    asked = sorted(waiting.values_list("target", flat=True))
    if asked:
        assert all(step.sealed for step in waiting)
        attest_all(step_ids=[step.pk for step in waiting], actor=f.StaffFactory(), evidence="SUP-1204")
        working.run_all()
    return asked


def free(*purposes: Use) -> set:
    return set(DataSubject.objects.free_for(*purposes))


def accounts(person) -> set:
    return {person, *person.merged.all()}


@pytest.mark.parametrize("key", OPT_OUTS)
def test_it_is_in_effect_at_once_without_proof_or_a_second_person_and_for_every_account(key, person):
    neighbour = f.DataSubjectFactory()
    case = asked(key, person)
    assert (case.state, case.verification, case.deciders) == (State.FULFILLING, "not_required", 1)
    for purpose in case_kinds[key].purposes:
        assert free(purpose) & accounts(person) == set() and neighbour in free(purpose)
    assert accounts(person) <= free(Use.STUDIO, Use.AUTHENTICATION, Use.SUPPORT, Use.AI)
    marked = DeviceIdentifier.objects.filter(opted_out_at__isnull=False)
    assert set(marked.values_list("subject", flat=True)) == (
        {a.pk for a in accounts(person)} if case_kinds[key].marks_devices else set()
    )
    with pytest.raises((NotAllowed, PermissionDenied)):
        cancel(request_id=case.pk, actor=f.StaffFactory())
    working.run_all()
    attested(case)
    case.refresh_from_db()
    assert (case.state, case.outcome) == (State.ANSWERING, "fulfilled")
    done = {step["name"]: step["result"] for step in case.receipt.body["steps"]}["opt_outs.see"]
    assert done["accounts"] == 2 and done["purposes limited"] == len(case_kinds[key].purposes)
    again = asked(key, person)  # answered apart, and nothing is placed twice
    assert Limit.objects.filter(lifted_at=None).count() == 2 * len(case_kinds[key].purposes) and again.pk != case.pk
    assert not faults()


def test_an_opt_out_of_marketing_says_no_to_every_channel_and_the_record_says_so(person):
    f.MarketingPreferenceFactory(subject=person, channel="product_news")
    wording = f.ConsentWordingFactory()
    consents.give(person.pk, wording=wording, how=STUDIO, channel="email")
    asked("opt_out_marketing", person)
    assert not MarketingPreference.objects.filter(subject__in=accounts(person), opted_in=True).exists()
    email, news = said.of([person.pk])
    assert (email.is_given, email.wording, len(email.events)) == (False, wording, 2)
    assert not news.is_given and email.stopped_at == Limit.objects.filter(subject=person).get().since
    with pytest.raises(IntegrityError), transaction.atomic():
        MarketingPreference.objects.filter(subject=person, channel="email").update(opted_in=True)


def test_a_limit_on_sensitive_data_leaves_the_choices_as_they_were(person):
    asked("limit_sensitive", person)
    assert MarketingPreference.objects.filter(subject=person, opted_in=True).exists()
    assert person not in free(Use.MARKETING)


def test_an_opt_out_of_profiling_stops_what_could_serve_to(person):
    asked("opt_out_profiling", person)
    Prompt.objects.create(author=person, text="Write on")
    for refused in (UsageEvent(subject=person, name="opened"), Feedback(author=person, rating=5)):
        with pytest.raises(IntegrityError, match="frozen or erased"), transaction.atomic():
            refused.save()


@pytest.mark.parametrize(("topic", "purpose"), [("cookies", Use.IMPROVEMENT), ("ai", Use.AI), ("parental", Use.STUDIO)])
def test_a_consent_that_is_taken_back_stops_what_it_was_for_until_it_is_given_again(person, topic, purpose):
    wording = f.ConsentWordingFactory(topic=topic)
    consents.give(person.pk, wording=wording, how=STUDIO)
    with pytest.raises(ValueError):  # nothing to take back
        asked("withdraw_consent", f.DataSubjectFactory(), consent=topic)
    case = asked("withdraw_consent", person, consent=topic)
    assert free(purpose) & accounts(person) == set()
    assert set(Limit.objects.values_list("ground", flat=True)) == {"consent_withdrawn"}
    [entry] = AuditEntry.objects.filter(event="consent.withdrawn")
    assert entry.data["topic"] == topic
    working.run_all()
    attested(case)
    with pytest.raises(ValueError):
        asked("withdraw_consent", person, consent=topic)
    consents.give(person.pk, wording=wording, how=STUDIO)
    assert accounts(person) <= free(purpose)
    case.refresh_from_db()
    assert case.outcome == "fulfilled" and not faults()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("opt_out_marketing", []),  # nothing is sent any more, and who delivers does nothing by themselves
        ("opt_out_sale_sharing", ["analytics"]),
        ("opt_out_profiling", ["analytics"]),
    ],
)
def test_whoever_goes_on_by_themselves_is_asked_by_a_person_who_attests_it(person, key, told):
    case = asked(key, person)
    working.run_all()
    assert attested(case) == told
    case.refresh_from_db()
    assert (case.state, case.outcome) == (State.ANSWERING, "fulfilled") and not faults()


def test_the_withdrawal_for_ai_refuses_a_prompt_and_nothing_else(person):
    consents.give(person.pk, wording=f.ConsentWordingFactory(topic="ai"), how=STUDIO)
    asked("withdraw_consent", person, consent="ai")
    UsageEvent.objects.create(subject=person, name="opened")
    f.ScriptFactory(owner=person)
    with pytest.raises(IntegrityError, match="frozen or erased"), transaction.atomic():
        Prompt.objects.create(author=person, text="Write on")


def test_one_channel_of_two_is_taken_back_and_the_other_goes_on(person):
    f.MarketingPreferenceFactory(subject=person, channel="product_news")
    asked("withdraw_consent", person, consent="marketing:email")
    choices = MarketingPreference.objects.filter(subject=person).values_list("channel", "opted_in")
    assert dict(choices) == {"email": False, "product_news": True}
    assert person in free(Use.MARKETING) and not Limit.objects.exists()
    asked("withdraw_consent", person, consent="marketing:product_news")
    assert person not in free(Use.MARKETING)


def test_what_a_flag_has_stopped_no_consent_lets_go_on(person):
    f.LimitFactory(subject=person)
    consents.give(person.pk, wording=f.ConsentWordingFactory(topic="parental"), how=STUDIO)
    assert person not in free(Use.STUDIO)


def test_words_that_are_relied_on_for_nothing_are_no_consent(person):
    wording = f.ConsentWordingFactory(topic="transfers", is_relied_on=False)
    with pytest.raises(ValueError, match="relied on for nothing"):
        consents.give(person.pk, wording=wording, how=STUDIO)
    assert not ConsentEvent.objects.exists() and Topic.TRANSFERS.purposes == ()


def test_a_person_opts_out_alone_once_and_is_owed_no_letter(person):
    case = unsubscribe(person.pk)
    assert (case.requested_by, case.verification, case.owner) == (None, "not_required", None)
    assert unsubscribe(person.pk) is None and unsubscribe(person.merged.get().pk) is None
    assert {e.method for e in ConsentEvent.objects.all()} == {"one_click"}
    working.run_all()
    case.refresh_from_db()
    assert (case.state, case.outcome, case.answered_how) == (State.CLOSED, "fulfilled", "page")
    consents.give(person.pk, wording=f.ConsentWordingFactory(), how=STUDIO, channel="email")
    assert person in free(Use.MARKETING)
    assert unsubscribe(person.pk).pk != case.pk  # a new word is a new case
    working.run_all()
    assert not faults()


def test_a_browser_s_signal_opts_out_of_sale_once_and_marks_a_new_device(person):
    assert record_gpc(person.pk).kind == "opt_out_sale_sharing"
    device = f.DeviceIdentifierFactory(subject=person)
    assert record_gpc(person.pk, device.pk) is None
    device.refresh_from_db()
    assert device.opted_out_at and Case.objects.count() == 1


class TestADoubt:
    """11 CCR 7026(e): a good-faith, reasonable and documented belief that it is fraudulent; whoever asked is told."""

    SALE = "opt_out_sale_sharing"

    @pytest.fixture
    def agent(self):
        return f.StaffFactory(role="agent")

    @pytest.fixture
    def approver(self):
        return f.StaffFactory(role="approver")

    @pytest.fixture
    def doubted(self, person, agent):
        [case] = ask(self.SALE, subject_ids=[person.pk], actor=agent, reason="Asked for by letter", doubt=True)
        return case

    def documented(self, case, agent, approver):
        for side in ("for", "against"):
            dossiers.note(request_id=case.pk, actor=agent, side=side, text=f"What speaks {side} it")
        dossiers.confirm(request_id=case.pk, actor=approver)

    def test_it_is_not_in_effect_and_its_clock_runs(self, doubted, person):
        assert doubted.state == State.VERIFYING and doubted.due_on and person in free(Use.SALE)
        assert cases.waits_for(cases.with_work(Case.objects.all()).get()) == "somebody to weigh a doubt"

    def test_it_is_denied_on_a_dossier_of_two_alone(self, doubted, person, agent, approver):
        for reason in (Refusal.FRAUDULENT, Refusal.FRAUD, Refusal.NO_MATCH):
            with pytest.raises(NotAllowed):
                refusals.deny(request_id=doubted.pk, actor=approver, denial_reason=reason)
        self.documented(doubted, agent, approver)
        with pytest.raises(PermissionDenied):
            refusals.deny(request_id=doubted.pk, actor=agent, denial_reason=Refusal.FRAUDULENT)
        assert refusals.offered(doubted) == [Refusal.FRAUDULENT]
        refusals.deny(request_id=doubted.pk, actor=approver, denial_reason=Refusal.FRAUDULENT)
        doubted.refresh_from_db()
        assert (doubted.state, doubted.outcome) == (State.ANSWERING, "denied") and person in free(Use.SALE)
        answer(request_id=doubted.pk, actor=agent, how="email")
        assert not faults()

    def test_it_is_in_effect_as_the_doubt_is_over(self, doubted, person, agent):
        prove(request_id=doubted.pk, actor=agent, verification="")
        assert free(Use.SALE, Use.ADVERTISING) & accounts(person) == set()
        working.run_all()
        attested(doubted)
        doubted.refresh_from_db()
        assert doubted.outcome == "fulfilled" and not faults()

    def test_one_alone_closes_it_in_no_other_way(self, doubted, approver):
        for event in ("expired", "not_a_request", "duplicate"):
            with pytest.raises(NotAllowed, match="on a dossier"):
                set_aside(request_id=doubted.pk, actor=approver, event=event)
        with pytest.raises(PermissionDenied):
            cancel(request_id=doubted.pk, actor=approver)

    def test_it_is_no_ground_by_another_law(self, agent, approver):
        other = f.DataSubjectFactory(country="DE")
        [case] = ask(self.SALE, subject_ids=[other.pk], actor=agent, reason="Asked for by letter", doubt=True)
        self.documented(case, agent, approver)
        with pytest.raises(NotAllowed, match="CCPA alone"):
            refusals.deny(request_id=case.pk, actor=approver, denial_reason=Refusal.FRAUDULENT)

    @pytest.mark.parametrize("key", sorted({*OPT_OUTS} - {SALE}))
    def test_of_no_other_opt_out(self, key, person):
        assert case_kinds[key].may.deny is None
        with pytest.raises(TypeError, match="doubt"):
            asked(key, person, doubt=True)

    def test_taken_up_again_it_is_weighed_anew(self, doubted, person, agent, approver):
        self.documented(doubted, agent, approver)
        refusals.deny(request_id=doubted.pk, actor=approver, denial_reason=Refusal.FRAUDULENT)
        answer(request_id=doubted.pk, actor=agent, how="email")
        reopening.reopen(request_id=doubted.pk, actor=approver, why="It was them after all")
        doubted.refresh_from_db()
        assert doubted.state == State.VERIFYING and not faults()
        with pytest.raises(NotAllowed, match="ours to prove"):
            refusals.deny(request_id=doubted.pk, actor=approver, denial_reason=Refusal.FRAUDULENT)
        prove(request_id=doubted.pk, actor=agent, verification="")
        assert person not in free(Use.SALE)

    def test_by_its_pages(self, client, person, agent, approver):
        client.force_login(agent)
        form = {"subjects": str(person.pk), "reason": "Asked for by letter", "doubt": "on", "token": str(uuid4())}
        page = client.post(reverse("admin:privacy_datasubject_act", args=[self.SALE]), form)
        case = Case.objects.get()
        assert page.status_code == 302 and case.state == State.VERIFYING
        text = client.get(page_url(case)).text
        assert "Set aside" not in text and "Dossier…" in text and "a doubt is weighed" in text
        self.documented(case, agent, approver)
        client.force_login(approver)
        deny = url("deny", case)
        text = client.get(deny).text
        assert "11 CCR 7026(e)" in text and "why it is believed to be fraudulent" in text and "12(4)" not in text
        client.post(deny, {"denial_reason": "fraudulent_opt_out"})
        case.refresh_from_db()
        assert case.outcome == "denied"


@pytest.mark.parametrize("key", ["access", "erasure", "child_flag"])
def test_nothing_else_is_asked_for_without_staff(person, key):
    with pytest.raises(PermissionDenied):
        ask(key, subject_ids=[person.pk], actor=None, reason="By themselves", verification="")


def test_that_no_proof_is_needed_is_no_way_to_prove_who_asks_for_a_copy(person):
    with pytest.raises(ValueError, match="not accepted"):
        asked("access", person, verification="not_required")
