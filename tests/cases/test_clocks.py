"""What staff do about clocks, and how the law is changed by two managers."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from privacy import regimes
from privacy.cases import clocks, requests
from privacy.cases import regimes as rules
from privacy.cases.requests import ask
from privacy.catalogue import NotAllowed
from privacy.evidence import chains
from privacy.models import Case, Clock, DataSubject, DelayReason, Job, RegimeRule
from privacy.regimes import delays, seeds
from privacy.selectors import cases, deadlines
from tests import factories as f
from tests import working

pytestmark = pytest.mark.django_db
RECEIVED = datetime(2026, 11, 2, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def agent(db):
    return f.StaffFactory(role="agent")


@pytest.fixture
def managers(db):
    return f.StaffFactory(role="manager"), f.StaffFactory(role="manager")


def opened(agent, country: str, kind: str = "access", region: str = "", received_at=RECEIVED) -> Case:
    person = f.DataSubjectFactory(country=country, region=region)
    given = {"reason": "Asked by mail", "verification": "signed_in", "received_at": received_at}
    return ask(kind, subject_ids=[person.id], actor=agent, **given)[0]


def dates(case: Case) -> tuple[str, date, date]:
    case.refresh_from_db()
    return case.regime, case.due_on, case.limit_on


def faults(case: Case) -> list:
    return chains.faults_of_chain(case.pk)


def test_a_case_has_a_clock_of_every_law_and_is_planned_to_the_unrolled_day(agent):
    case = opened(agent, "DE", received_at=datetime(2026, 10, 31, 20, tzinfo=UTC))
    assert dates(case) == ("gdpr", date(2026, 11, 30), date(2026, 11, 30))
    sunday = opened(agent, "DE", received_at=datetime(2026, 10, 22, 20, tzinfo=UTC))
    assert dates(sunday) == ("gdpr", date(2026, 11, 22), date(2026, 11, 23))
    assert set(sunday.clocks.values_list("kind", "rule__law")) == {("respond", "gdpr"), ("internal", "internal")}
    assert faults(case) == []


class TestExtending:
    def test_counts_from_the_original_start_and_moves_the_work(self, agent):
        case = opened(agent, "DE", "erasure")
        requests.grant(request_id=case.id, actor=f.StaffFactory(role="approver"))
        clocks.extend(request_id=case.id, actor=agent, because="complexity")
        assert dates(case)[1:] == (date(2027, 2, 2), date(2027, 2, 2))
        assert Job.objects.get(case=case).due_on == date(2027, 2, 2)
        assert case.clocks.filter(kind="extended").exists() and faults(case) == []

    def test_once_and_only_within_the_first_period(self, agent):
        case = opened(agent, "DE")
        clocks.extend(request_id=case.id, actor=agent, because="complexity")
        with pytest.raises(NotAllowed, match="already"):
            clocks.extend(request_id=case.id, actor=agent, because="complexity")
        late = opened(agent, "DE", received_at=RECEIVED - timedelta(days=60))
        with pytest.raises(NotAllowed, match="first period is over"):
            clocks.extend(request_id=late.id, actor=agent, because="complexity")

    def test_not_where_no_law_allows_it(self, agent):
        case = opened(agent, "BR")
        with pytest.raises(NotAllowed, match="No law.* LGPD gives no more time"):
            clocks.extend(request_id=case.id, actor=agent, because="complexity")
        assert clocks.delays_offered(case) == []

    @pytest.mark.parametrize(
        "country, region, kind, allowed, cited",
        [
            ("DE", "", "access", {"complexity", "number_of_requests"}, "GDPR art. 12(3)"),
            ("GB", "", "erasure", {"complexity", "number_of_requests"}, "UK GDPR art. 12(3)"),
            ("US", "US-CA", "access", {"reasonably_necessary"}, "Cal. Civ. Code 1798.130(a)(2)(A) and 1798.145(h)(1)"),
            ("US", "US-VA", "access", {"reasonably_necessary"}, "Va. Code 59.1-577(B)"),
            ("CA", "", "access", {"interference", "consultations", "conversion"}, "PIPEDA s. 8(4)("),
            ("CH", "", "access", set(), ""),
            ("US", "US-CA", "opt_out_sale_sharing", set(), ""),
        ],
    )
    def test_only_for_a_reason_that_the_law_of_the_case_allows(self, agent, country, region, kind, allowed, cited):
        case = opened(agent, country, kind, region, received_at=NOW)
        delays = clocks.delays_offered(case)
        assert {delay.reason for delay in delays} == allowed and all(cited in delay.with_law for delay in delays)
        for reason in {*DelayReason} - allowed:
            with pytest.raises(NotAllowed):
                clocks.extend(request_id=case.id, actor=agent, because=reason)
        for reason in sorted(allowed)[:1]:
            clocks.extend(request_id=case.id, actor=agent, because=reason)
            assert faults(case) == []

    def test_not_for_what_is_no_reason(self, agent):
        with pytest.raises(ValueError, match="boredom"):
            clocks.extend(request_id=opened(agent, "DE").id, actor=agent, because="boredom")

    def test_not_by_a_law_of_which_no_reasons_are_known(self, agent):
        f.RegimeRuleFactory(law="atlantis", name="Atlantis", places=["BR"], respond="30d", extend="30d")
        with pytest.raises(NotAllowed, match="For which reasons .*Atlantis.* is not known"):
            clocks.extend(request_id=opened(agent, "BR").id, actor=agent, because="complexity")

    def test_every_law_of_the_file_that_gives_more_time_has_its_reasons_and_no_other(self):
        assert {seed.law for seed in seeds.RULES if seed.extend} ^ {*delays.REASONS} == set()
        assert {reason for reasons in delays.REASONS.values() for reason in reasons} == {*DelayReason}

    def test_not_by_who_may_not_answer(self, agent):
        case = opened(agent, "DE")
        with pytest.raises(PermissionDenied):
            clocks.extend(request_id=case.id, actor=f.StaffFactory(role="auditor"), because="complexity")


class TestPausing:
    def test_the_uk_s_clock_stands_while_the_scope_is_asked_and_others_go_on(self, agent):
        case, other = opened(agent, "GB"), opened(agent, "DE")
        clocks.pause(request_id=case.id, actor=agent, why="scope")
        with pytest.raises(NotAllowed, match="No law"):
            clocks.pause(request_id=other.id, actor=agent, why="scope")
        with pytest.raises(NotAllowed, match="stands already"):
            clocks.pause(request_id=case.id, actor=agent, why="scope")
        with time_machine.travel(NOW + timedelta(days=20)):  # past its date, and not overdue: it stands
            assert not Case.objects.filter(deadlines.overdue(), pk=case.pk).exists()
            assert cases.waits_for(cases.with_work(Case.objects.filter(pk=case.pk)).get()).startswith("the person")
            assert all(told for _, told in clocks.reckoned(Case.objects.get(pk=case.pk), case.pauses.all()))
        with time_machine.travel(NOW + timedelta(days=5)):
            clocks.resume(request_id=case.id, actor=agent)
        assert dates(case)[1:] == (date(2026, 12, 7), date(2026, 12, 7))
        assert faults(case) == []


class TestAcknowledging:
    def test_is_recorded_once_and_neither_before_the_receipt_nor_to_come(self, agent):
        case = opened(agent, "US", region="US-CA")
        for moment in (RECEIVED - timedelta(days=2), NOW + timedelta(days=1)):
            with pytest.raises(ValueError, match="before|yet to come"):
                clocks.acknowledge(request_id=case.id, actor=agent, on=moment)
        clocks.acknowledge(request_id=case.id, actor=agent)
        with pytest.raises(NotAllowed, match="already"):
            clocks.acknowledge(request_id=case.id, actor=agent)
        assert Clock.objects.get(case=case, kind="acknowledge").planned_on == date(2026, 11, 17)
        assert faults(case) == []


def test_a_corrected_residence_starts_the_clocks_anew_by_its_law(agent):
    case, closed = opened(agent, "DE"), opened(agent, "DE")
    requests.cancel(request_id=closed.id, actor=agent)
    DataSubject.objects.filter(pk__in=[case.subject_id, closed.subject_id]).update(country="KR")
    assert clocks.residence_corrected([case.subject_id, closed.subject_id], agent) == [case]
    assert dates(case) == ("none_verified", date(2026, 11, 12), date(2026, 11, 12))
    assert faults(case) == []


def test_who_was_erased_keeps_the_dates_that_their_law_had_set(agent, managers):
    case, later = opened(agent, "DE", "erasure"), opened(agent, "DE", "erasure")
    DataSubject.objects.filter(pk__in=[case.subject_id, later.subject_id]).update(
        erased_at=NOW, full_name="", country="", region=""
    )
    first, second = managers
    facts = {name: getattr(f.RegimeRuleFactory.build(), name) for name in rules.FIELDS} | {"rights": ["erasure"]}
    rule = rules.propose(facts=facts | {"respond": "1d"}, reason="It is stricter", actor=first)
    assert rules.preview(rule).moved == 0
    rules.confirm(rule_id=rule.id, actor=second)
    working.run_all()
    assert dates(case) == ("gdpr", date(2026, 12, 2), date(2026, 12, 2))
    clocks.extend(request_id=later.id, actor=agent, because="complexity")
    assert dates(later)[:2] == ("gdpr", date(2027, 2, 2))
    explained = dict(clocks.reckoned(Case.objects.get(pk=case.pk), case.pauses.all()))
    assert {clock.kind: bool(told) for clock, told in explained.items()} == {"respond": True, "internal": True}


def test_a_worker_that_dies_between_slices_goes_on_after_the_last_one(agent, managers, monkeypatch):
    monkeypatch.setattr(rules, "AT_ONCE", 1)
    opened_ = [opened(agent, "BR") for _ in range(3)]
    rule = RegimeRule.objects.get(law="lgpd")
    facts = {name: getattr(rule, name) for name in rules.FIELDS} | {"respond": "20d"}
    proposed = rules.propose(facts=facts, reason="The authority says so", actor=managers[0], replaces=rule)
    assert rules.preview(proposed).by_days == {5: 3}
    rules.confirm(rule_id=proposed.id, actor=managers[1])
    again, calls = rules.reckon_again, []

    def dies_at_the_second(cases, actor, because):
        calls.append(cases)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return again(cases, actor, because)

    monkeypatch.setattr(rules, "reckon_again", dies_at_the_second)
    working.run_all()
    working.let_time_pass()
    working.run_all()
    assert {dates(case)[1] for case in opened_} == {date(2026, 11, 22)}
    job = Job.objects.get(kind="regimes_apply")
    assert job.ended_at and job.steps.get().result["moved"] == 3


def test_a_residence_that_is_put_right_at_the_person_s_request_moves_what_is_open(agent):
    case = opened(agent, "DE")
    key, approver = f"privacy.DataSubject.country:{case.subject_id}", f.StaffFactory(role="approver")
    given = {"reason": "Asked by mail", "verification": "signed_in", "changes": {key: "BR"}}
    [putting] = ask("rectification", subject_ids=[case.subject_id], actor=agent, **given)
    requests.grant(request_id=putting.id, actor=approver)
    working.run_all()
    assert dates(case) == ("lgpd", date(2026, 11, 17), date(2026, 11, 17))


class TestChangingTheLaw:
    def proposed(self, manager, **changes) -> RegimeRule:
        rule = RegimeRule.objects.get(law="lgpd", confirmed_at__isnull=False)
        facts = {name: getattr(rule, name) for name in rules.FIELDS} | changes
        return rules.propose(facts=facts, reason="The authority says so", actor=manager, replaces=rule)

    def test_is_shown_first_and_moves_what_is_open_when_a_second_has_confirmed_it(self, agent, managers):
        case, other = opened(agent, "BR"), opened(agent, "DE")
        first, second = managers
        rule = self.proposed(first, respond="20d")
        preview = rules.preview(rule)
        assert (preview.looked_at, preview.by_days) == (2, {5: 1}) and preview.most[0].case == case
        with pytest.raises(NotAllowed, match="another manager"):
            rules.confirm(rule_id=rule.id, actor=first)
        assert dates(case)[1] == date(2026, 11, 17)
        rules.confirm(rule_id=rule.id, actor=second)
        working.run_all()
        assert dates(case) == ("lgpd", date(2026, 11, 22), date(2026, 11, 22))
        assert dates(other)[0] == "gdpr"
        assert not RegimeRule.objects.get(pk=rule.replaces_id).is_in_force

    def test_is_refused_and_nothing_moves(self, agent, managers):
        first, second = managers
        rule = self.proposed(first, respond="20d")
        with pytest.raises(NotAllowed, match="waits for a second"):
            self.proposed(second, respond="1d")
        rules.refuse(rule_id=rule.id, actor=second)
        with pytest.raises(NotAllowed, match="not proposed"):
            rules.confirm(rule_id=rule.id, actor=second)
        assert opened(agent, "BR").due_on == date(2026, 11, 17)
        self.proposed(first, respond="19d")

    def test_takes_managers_and_sound_facts(self, agent, managers):
        with pytest.raises(PermissionDenied):
            self.proposed(agent, respond="20d")
        for wrong in ({"respond": "soon"}, {"respond": ""}, {"effective_to": date(2000, 1, 1)}, {"source": ""}):
            with pytest.raises(ValidationError):
                self.proposed(managers[0], **wrong)

    def test_by_its_pages(self, client, agent, managers):
        case, (first, second) = opened(agent, "BR"), managers
        rule = RegimeRule.objects.get(law="lgpd")
        client.force_login(first)
        form = {
            "law": rule.law, "name": rule.name, "places": "BR", "rights": "access", "respond": "20d",
            "source": rule.source, "effective_from": "2020-09-18", "reason": "The authority says so",
            "verified_on": "2026-11-19", "verified_by": "A manager",
        }  # fmt: skip
        url = reverse("admin:privacy_regimerule_propose_change", args=[rule.pk])
        page = client.post(url, form)
        assert "1 of 1 open requests" in page.content.decode() and not rules.proposals().exists()
        changed = client.post(url, form | {"shown": page.context["shown"], "respond": "30d"})
        assert changed.status_code == 200 and not rules.proposals().exists()  # what was shown was another change
        client.post(url, form | {"shown": page.context["shown"]})
        [proposed] = rules.proposals()
        assert client.get(reverse("admin:privacy_regimerule_changelist")).status_code == 200
        decide = reverse("admin:privacy_regimerule_decide", args=[proposed.pk])
        assert "another manager has to confirm" in client.get(decide).content.decode()
        client.force_login(second)
        client.post(decide, {"confirm": "1"})
        working.run_all()
        assert dates(case)[1] == date(2026, 11, 22)
        client.force_login(agent)
        assert client.get(decide).status_code == client.get(url).status_code == 403


def test_the_page_says_why_an_answer_cannot_be_put_off_and_asks_nothing(client, agent):
    client.force_login(agent)
    page = client.get(reverse("admin:privacy_rightsrequest_extend", args=[opened(agent, "BR").pk])).content.decode()
    assert "LGPD gives no more time" in page and "<select" not in page and "Back" in page


def test_the_page_of_a_case_explains_its_clocks_and_gives_them_as_json(client, agent):
    case = opened(agent, "US", region="US-CA")
    client.force_login(agent)
    page = client.get(reverse("admin:privacy_rightsrequest_change", args=[case.pk])).content.decode()
    assert "11 CCR 7021" in page and "45 days later is" in page and "Acknowledged…" in page and "Extend…" in page
    told = client.get(reverse("admin:privacy_rightsrequest_clocks", args=[case.pk])).json()
    kinds = {clock["kind"]: clock for clock in told["clocks"]}
    assert kinds["acknowledge"]["due"] == "2026-11-17" and kinds["respond"]["rule"]["respond"] == "45d"
    extend = client.get(reverse("admin:privacy_rightsrequest_extend", args=[case.pk])).content.decode()
    assert "1798.145(h)(1)" in extend and "GDPR" not in extend
    for name, form in (("acknowledge", {"on": ""}), ("extend", {"because": "reasonably_necessary"})):
        url = reverse(f"admin:privacy_rightsrequest_{name}", args=[case.pk])
        assert client.get(url).status_code == 200
        assert client.post(url, form).status_code == 302
    case.refresh_from_db()
    assert case.acknowledged_at and case.due_on == regimes.day_of(RECEIVED) + timedelta(days=90)
