"""From the proof of who asks to the answer: the pages on which staff say what has become of a case, and by whom it is
seen to its end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from privacy import regimes, roles
from privacy.cases import requests as life
from privacy.cases.requests import ask
from privacy.catalogue import case_kinds
from privacy.datamap import Use
from privacy.models import (
    AuditEntry,
    Case,
    ChildFlag,
    DataSubject,
    LegalHold,
    MarketingPreference,
    Outcome,
    State,
    StepState,
)
from tests import factories as f
from tests import working
from tests.admin.clients import REASON, fixture_of, page_url, signed_in, texts, url

pytestmark = pytest.mark.django_db

LIST = "/admin/privacy/rightsrequest/"
ADDRESS, TICKET = "ottilie@example.com", "SUP-4711"


manager = fixture_of(roles.MANAGER)


def opened(key: str, staff, person=None, **given) -> Case:
    """Asked for by this member of staff; a right is proved already, unless `verification` says otherwise."""
    if case_kinds[key].proof:
        given = {"verification": "signed_in"} | given
    person = person or f.DataSubjectFactory()
    return ask(key, subject_ids=[person.pk], actor=staff, reason=REASON, **given)[0]


def fulfilled(staff, **given) -> Case:
    """A copy that is built and not handed over yet."""
    case = opened("access", staff, **given)
    working.run(case.pk)
    case.refresh_from_db()
    assert case.state == State.ANSWERING
    return case


def page_of(client: Client, case: Case) -> str:
    return client.get(page_url(case)).content.decode()


def standing_of(case: Case) -> tuple[str, str]:
    case.refresh_from_db()
    return case.state, case.outcome


def typed(case: Case) -> dict:
    return {"typed": str(case.subject_id)[:8]}


# What staff state, and what they saw.
SEEN = {"way": "signed_in", "because": "Asked for it in the studio, signed in"}


class TestProof:
    def test_of_a_copy_it_starts_the_work(self, agent, rung):
        case = opened("access", agent.staff, verification="")
        assert url("prove", case) in page_of(agent, case) and "Waits for proof of who asks" in page_of(agent, case)
        answer = agent.post(url("prove", case), SEEN)
        assert standing_of(case) == (State.FULFILLING, "") and case.verification == "signed_in"
        assert rung == [case.pk] and "it is sure who asks" in texts(answer)
        assert AuditEntry.objects.get(chain=case.pk, event="case.proved").actor == agent.staff

    def test_of_an_erasure_it_leads_to_the_decision(self, agent, rung):
        case = opened("erasure", agent.staff, verification="")
        agent.post(url("prove", case), SEEN)
        assert standing_of(case) == (State.DECIDING, "") and rung == []

    @pytest.mark.parametrize("way", ["", "later", "controller", "document", "email_code", "nonsense"])
    def test_another_way_proves_nothing(self, agent, way):
        case = opened("access", agent.staff, verification="")
        assert agent.post(url("prove", case), SEEN | {"way": way}).context["form"].errors["way"]
        assert standing_of(case) == (State.VERIFYING, "")

    def test_nobody_approves_before_it(self, agent, approver):
        case = opened("erasure", agent.staff, verification="")
        assert url("approve", case) not in page_of(approver, case)
        assert "does not await a decision" in texts(approver.post(url("approve", case), typed(case)))
        assert standing_of(case) == (State.VERIFYING, "")

    def test_it_is_proved_once_and_only_by_who_may_ask(self, agent):
        case = opened("access", agent.staff, verification="")
        assert signed_in(roles.AUDITOR).post(url("prove", case), SEEN).status_code == 403
        for said in ("it is sure who asks", "not awaited any more"):
            assert said in texts(agent.post(url("prove", case), SEEN))
        assert case.job.steps.count() == 1

    def test_denied_because_nobody_proved_it(self, agent, approver):
        case = opened("erasure", agent.staff, verification="")
        approver.post(url("deny", case), {"denial_reason": "insuf_verification"})
        assert standing_of(case) == (State.ANSWERING, Outcome.DENIED)
        assert AuditEntry.objects.filter(chain=case.pk, event="case.unproved").exists()


class TestSetAside:
    @pytest.mark.parametrize("event", ["duplicate", "not_a_request", "expired"])
    def test_it_is_closed_and_says_as_what(self, agent, approver, event):
        case = opened("erasure", agent.staff, verification="", reply_to=ADDRESS)
        assert url("set_aside", case) in page_of(approver, case)
        approver.post(url("set_aside", case), {"event": event})
        assert standing_of(case) == (State.CLOSED, event)
        assert case.sealed == "" and not case.steps.exists()
        assert AuditEntry.objects.get(chain=case.pk, event=f"case.{event}").actor == approver.staff
        assert Outcome(event).label in page_of(approver, case)

    @pytest.mark.parametrize("event", ["", "withdrawn", "granted"])
    def test_only_as_what_is_offered(self, agent, approver, event):
        case = opened("erasure", agent.staff, verification="")
        assert approver.post(url("set_aside", case), {"event": event}).context["form"].errors["event"]
        assert standing_of(case) == (State.VERIFYING, "")

    def test_what_is_proved_is_decided(self, agent, approver):
        case = opened("erasure", agent.staff)
        assert url("set_aside", case) not in page_of(approver, case)
        assert "cannot be duplicate" in texts(approver.post(url("set_aside", case), {"event": "duplicate"}))
        assert standing_of(case) == (State.DECIDING, "")

    def test_who_may_not_deny_sets_nothing_aside(self, agent):
        case = opened("erasure", agent.staff, verification="")
        assert url("set_aside", case) not in page_of(agent, case)
        assert agent.post(url("set_aside", case), {"event": "duplicate"}).status_code == 403


class TestAnswer:
    def test_how_and_when_is_recorded_and_closes_it(self, agent):
        case = fulfilled(agent.staff)
        day = regimes.today() - timedelta(days=1)
        assert url("answer", case) in page_of(agent, case)
        agent.post(url("answer", case), {"how": "post", "on": day.isoformat()})
        assert standing_of(case) == (State.CLOSED, Outcome.FULFILLED)
        assert case.answered_how == "post" and regimes.day_of(case.answered_at) == day
        assert "by post" in page_of(agent, case)
        assert "cannot be answered" in texts(agent.post(url("answer", case), {"how": "email"}))
        case.refresh_from_db()
        assert case.answered_how == "post"

    def test_without_a_day_it_was_today(self, agent):
        case = fulfilled(agent.staff)
        agent.post(url("answer", case), {"how": "email"})
        case.refresh_from_db()
        assert regimes.day_of(case.answered_at) == regimes.today()

    @pytest.mark.parametrize(
        "given",
        [
            {"how": ""},
            {"how": "link"},
            {"how": "nonsense"},
            {"how": "email", "on": "tomorrow"},
            {"how": "email", "on": 1},
        ],
    )
    def test_what_was_not_so_is_not_recorded(self, agent, given):
        """By the link it is answered when one is made; and no day is yet to come."""
        case = fulfilled(agent.staff)
        if given.get("on") == 1:
            given = given | {"on": (regimes.today() + timedelta(days=1)).isoformat()}
        assert agent.post(url("answer", case), given).context["form"].errors
        assert standing_of(case) == (State.ANSWERING, Outcome.FULFILLED) and case.answered_at is None

    def test_a_denial_is_answered_too(self, agent, approver):
        case = opened("erasure", agent.staff)
        approver.post(url("deny", case), {"denial_reason": "claim_not_covered"})
        approver.post(url("answer", case), {"how": "email"})
        assert standing_of(case) == (State.CLOSED, Outcome.DENIED)

    def test_what_is_not_to_be_answered_yet_is_not(self, agent):
        case = opened("erasure", agent.staff)
        assert url("answer", case) not in page_of(agent, case)
        assert "cannot be answered" in texts(agent.post(url("answer", case), {"how": "email"}))
        assert standing_of(case) == (State.DECIDING, "") and case.answered_at is None

    @pytest.mark.parametrize("role", [roles.AUDITOR, roles.DEVELOPER])
    def test_who_may_not_answer_is_refused_and_does_not_read_where_to(self, agent, role):
        case = fulfilled(agent.staff, reply_to=ADDRESS, ticket=TICKET)
        other = signed_in(role)
        assert other.post(url("answer", case), {"how": "email"}).status_code == 403
        page = page_of(other, case)
        assert ADDRESS not in page and TICKET not in page and url("answer", case) not in page

    def test_where_to_answer_is_shown_until_it_is_answered_and_then_forgotten(self, agent):
        person = f.DataSubjectFactory()
        given = {
            "subjects": str(person.pk), "token": str(uuid4()), "reason": REASON, "verification": "signed_in",
            "reply_to": ADDRESS, "ticket": TICKET,
        }  # fmt: skip
        agent.post(reverse("admin:privacy_datasubject_act", args=["access"]), given)
        case = Case.objects.get()
        assert ADDRESS not in case.sealed and TICKET not in case.sealed
        working.run(case.pk)
        page = page_of(agent, case)
        assert ADDRESS in page and TICKET in page and "<dt>Where to answer</dt>" in page
        agent.post(url("answer", case), {"how": "email"})
        case.refresh_from_db()
        assert case.sealed == ""
        assert ADDRESS not in page_of(agent, case) and TICKET not in page_of(agent, case)


class TestASecondAnswer:
    """The date is near while the work goes on: answered with what is so, and once more when it is done."""

    @pytest.fixture
    def case(self, agent, approver):
        long_ago = regimes.today() - timedelta(days=120)
        case = opened("erasure", agent.staff, f.person_with_everything(), reply_to=ADDRESS, received_on=long_ago)
        life.grant(request_id=case.pk, actor=approver.staff)
        working.run(case.pk)
        assert life.answer_before_due() == 1
        assert standing_of(case) == (State.ANSWERING, Outcome.PARTLY)
        return case

    def test_it_is_owed_until_the_work_is_done(self, agent, approver, case):
        assert "a second answer is owed" in agent.get(url("answer", case)).content.decode()
        agent.post(url("answer", case), {"how": "email"})
        assert standing_of(case) == (State.CLOSED, Outcome.PARTLY)
        page = page_of(agent, case)
        assert "Second answer owed" in page and ADDRESS in page
        assert list(agent.get(LIST, {"queue": "owed"}).context["cl"].result_list) == [case]
        for step in case.steps.filter(state=StepState.WAITING):
            where = reverse("admin:privacy_rightsrequest_attest", args=[case.pk, step.pk])
            approver.post(where, {"evidence": "TICKET-1"})
        working.run_again(case)
        assert standing_of(case) == (State.ANSWERING, Outcome.FULFILLED) and case.closed_at is None
        agent.post(url("answer", case), {"how": "email"})
        assert standing_of(case) == (State.CLOSED, Outcome.FULFILLED) and case.sealed == ""
        assert not agent.get(LIST, {"queue": "owed"}).context["cl"].result_count
        assert AuditEntry.objects.filter(chain=case.pk, event="case.answered").count() == 2


class TestTakenUpAgain:
    def test_a_copy_is_built_anew(self, agent, rung):
        case = fulfilled(agent.staff)
        agent.post(url("answer", case), {"how": "email"})
        case.refresh_from_db()
        due, first = case.due_on, case.package
        rung.clear()
        assert url("reopen", case) in page_of(agent, case)
        agent.post(url("reopen", case), {"why": "Asked again"})
        assert standing_of(case) == (State.FULFILLING, "") and case.closed_at is None
        assert case.due_on == due and rung == [case.pk]
        working.run(case.pk)
        assert standing_of(case) == (State.ANSWERING, Outcome.FULFILLED) and case.package != first

    def test_an_erasure_waits_for_a_decision_and_not_every_role_may(self, agent, approver, rung):
        case = opened("erasure", agent.staff)
        approver.post(url("deny", case), {"denial_reason": "no_match"})
        approver.post(url("answer", case), {"how": "email"})
        assert url("reopen", case) not in page_of(agent, case)
        assert agent.post(url("reopen", case), {"why": "Asked again"}).status_code == 403
        assert "Waits for another person" in approver.get(url("reopen", case)).content.decode()
        approver.post(url("reopen", case), {"why": "Asked again"})
        assert standing_of(case) == (State.DECIDING, "") and rung == []

    def test_who_approves_it_anew_is_who_approved_it(self, agent, approver, manager):
        case = opened("erasure", agent.staff)
        life.grant(request_id=case.pk, actor=approver.staff)
        agent.post(url("cancel", case))
        assert standing_of(case) == (State.CLOSED, Outcome.WITHDRAWN)
        approver.post(url("reopen", case), {"why": "Asked again"})
        assert "Approved by" not in page_of(manager, case)
        life.grant(request_id=case.pk, actor=manager.staff)
        assert standing_of(case) == (State.FULFILLING, "") and case.approved_by == manager.staff
        working.run(case.pk)
        assert standing_of(case) == (State.ANSWERING, Outcome.FULFILLED)

    def test_a_duty_is_not(self, agent, approver):
        case = f.CaseFactory(kind="hold_release", closed=True, requested_by=agent.staff)
        assert url("reopen", case) not in page_of(approver, case)
        assert "Only what somebody asked for" in texts(approver.post(url("reopen", case), {"why": "Asked again"}))
        assert standing_of(case) == (State.CLOSED, Outcome.FULFILLED)

    def test_what_is_open_is_not(self, agent):
        case = opened("access", agent.staff)
        assert url("reopen", case) not in page_of(agent, case)
        assert "cannot be reopened" in texts(agent.post(url("reopen", case), {"why": "Asked again"}))
        assert standing_of(case) == (State.FULFILLING, "")


class TestOwner:
    def test_it_is_given_to_another_and_stands_among_theirs(self, agent, approver):
        case = opened("access", agent.staff)
        assert case.owner == agent.staff and url("assign", case) in page_of(agent, case)
        answer = agent.post(url("assign", case), {"owner": approver.staff.pk})
        case.refresh_from_db()
        assert case.owner == approver.staff and "sees it to its end" in texts(answer)
        assert mine(approver) == [case] and mine(agent) == []
        entry = AuditEntry.objects.get(chain=case.pk, event="case.assigned")
        assert (entry.actor, entry.data["owner"]) == (agent.staff, approver.staff.pk)

    @pytest.mark.parametrize("role", [roles.AUDITOR, roles.DEVELOPER, ""])
    def test_not_to_who_could_not_answer_it(self, agent, role):
        case = opened("access", agent.staff)
        answer = agent.post(url("assign", case), {"owner": f.StaffFactory(role=role).pk})
        case.refresh_from_db()
        assert case.owner == agent.staff and "Their role does not allow them" in texts(answer)

    def test_not_to_who_has_left_or_nobody(self, agent):
        case = opened("access", agent.staff)
        for owner in (f.StaffFactory(is_active=False).pk, "", "nonsense"):
            assert agent.post(url("assign", case), {"owner": owner}).context["form"].errors["owner"]
        case.refresh_from_db()
        assert case.owner == agent.staff

    def test_only_by_who_may_ask_for_it(self, agent):
        case, auditor = opened("access", agent.staff), signed_in(roles.AUDITOR)
        assert auditor.post(url("assign", case), {"owner": auditor.staff.pk}).status_code == 403

    @pytest.mark.parametrize(("days", "stands_in"), [(1, True), (0, True), (-1, False), (None, False)])
    def test_a_deputy_sees_what_is_theirs_while_they_are_away(self, agent, approver, days, stands_in):
        case = opened("access", agent.staff)
        own = opened("access", approver.staff)
        agent.staff.deputy = approver.staff
        agent.staff.absent_until = None if days is None else regimes.today() + timedelta(days=days)
        agent.staff.save()
        assert set(mine(approver)) == ({case, own} if stands_in else {own})
        assert mine(agent) == [case]

    def test_what_is_closed_is_nobody_s_any_more(self, agent):
        f.CaseFactory(closed=True, owner=agent.staff)
        assert mine(agent) == []


def mine(client: Client) -> list[Case]:
    changelist = client.get(LIST, {"queue": "mine"}).context["cl"]
    number = next(tab["number"] for tab in changelist.tabs if tab["is_current"])
    assert number == changelist.result_count
    return list(changelist.result_list)


class TestEscalated:
    def test_what_nobody_has_answered_three_days_before_its_date(self, manager):
        today = regimes.today()
        for state, days in [(State.DECIDING, 3), (State.ANSWERING, 0), (State.FULFILLING, -9), (State.DECIDING, 4)]:
            f.CaseFactory(state=state, due_on=today + timedelta(days=days))
        f.CaseFactory(closed=True, due_on=today)
        found = manager.get(LIST, {"deadline": "escalated"}).context["cl"].result_list
        assert {(case.due_on - today).days for case in found} == {3, 0, -9}


class TestAPlanThatHasGotMore:
    @pytest.fixture
    def case(self, manager, approver):
        """Approved, and parked before its first step, because the person wrote something since."""
        case = opened("erasure", manager.staff)
        life.grant(request_id=case.pk, actor=approver.staff)
        f.MarketingPreferenceFactory(subject=case.subject)
        working.run(case.pk)
        assert "Not as it was approved" in case.job.parked_because
        return case

    def test_it_is_approved_again_as_it_is_now(self, approver, case, rung):
        assert url("approve_again", case) in page_of(approver, case)
        page = approver.get(url("approve_again", case)).content.decode()
        assert "New in the plan since it was approved: delete marketing preferences" in page
        approver.post(url("approve_again", case))
        assert case.job.parked_because == "" and rung == [case.pk]
        assert "delete privacy.MarketingPreference" in case.job.approved
        entry = AuditEntry.objects.get(chain=case.pk, event="plan.approved_again")
        assert entry.actor == approver.staff and "delete privacy.MarketingPreference" in entry.data["new"]
        working.run(case.pk)
        assert case.job.parked_because == ""
        assert not MarketingPreference.objects.filter(subject=case.subject).exists()

    def test_not_by_who_asked_nor_by_trying_again(self, manager, case, rung):
        page = page_of(manager, case)
        assert "Approve again…" in page and "another person has to approve" in page
        assert url("approve_again", case) not in page and url("retry", case) not in page
        assert manager.post(url("approve_again", case)).status_code == 403
        assert "another person has to approve it again" in texts(manager.post(url("retry", case)))
        assert case.job.parked_because and rung == []

    def test_not_by_a_role_that_does_not_decide(self, agent, case):
        assert url("approve_again", case) not in page_of(agent, case)
        assert agent.post(url("approve_again", case)).status_code == 403

    def test_not_when_nothing_is_new(self, agent, approver):
        case = opened("erasure", agent.staff)
        life.grant(request_id=case.pk, actor=approver.staff)
        page = approver.get(url("approve_again", case))
        assert page.context["is_pointless"] and "The plan has not changed" in page.content.decode()
        assert "has not changed" in texts(approver.post(url("approve_again", case)))


class TestTwoPeopleEndADuty:
    """A release, and "not a child's": asked by one, confirmed by another."""

    @pytest.fixture(params=["hold_release", "child_clear"])
    def case(self, request, manager):
        before = {"hold_release": "hold_place", "child_clear": "child_flag"}[request.param]
        first = opened(before, manager.staff)
        working.run(first.pk)
        return opened(request.param, manager.staff, first.subject)

    def test_another_person_confirms_with_the_id_typed(self, approver, case, rung):
        page = approver.get(url("approve", case)).content.decode()
        assert case_kinds[case.kind].decision.happens[0] in page and REASON in page
        assert approver.post(url("approve", case), {"typed": "yes"}).context["form"].errors["typed"]
        assert is_in_force(case)
        approver.post(url("approve", case), typed(case))
        assert not is_in_force(case) and rung == [case.pk]
        assert Case.objects.get(pk=case.pk).approved_by == approver.staff
        working.run(case.pk)
        assert standing_of(case) == (State.CLOSED, Outcome.FULFILLED)

    def test_who_asked_does_not(self, manager, case, rung):
        page = page_of(manager, case)
        assert "another person has to approve" in page and url("approve", case) not in page
        assert "You asked for it yourself" in texts(manager.post(url("approve", case), typed(case)))
        assert standing_of(case) == (State.DECIDING, "") and is_in_force(case) and rung == []

    def test_an_agent_does_not(self, agent, case):
        assert url("approve", case) not in page_of(agent, case)
        assert "Waits for an approver or manager" in page_of(agent, case)
        assert agent.post(url("approve", case), typed(case)).status_code == 403
        assert is_in_force(case)

    def test_denied_or_withdrawn_it_stays_in_force_and_nobody_is_answered(self, approver, agent, case):
        again = opened(case.kind, agent.staff, case.subject)
        approver.post(url("deny", case), {"denial_reason": "not_agreed"})
        agent.post(url("cancel", again))
        assert standing_of(case) == (State.CLOSED, Outcome.DENIED)
        assert standing_of(again) == (State.CLOSED, Outcome.WITHDRAWN)
        assert is_in_force(case)

    def test_many_take_the_word_of_the_kind(self, agent, approver, case):
        other_before = opened({"hold_release": "hold_place", "child_clear": "child_flag"}[case.kind], agent.staff)
        other = opened(case.kind, agent.staff, other_before.subject)
        ids = [case.pk, other.pk]
        page = approver.post(LIST, {"action": "approve", "_selected_action": ids})
        word = f"{case_kinds[case.kind].decision.word} 2"
        assert f"Type {word} to confirm" in page.content.decode()
        given = {"requests": page.context["request_ids"], "typed": word}
        approver.post(reverse("admin:privacy_rightsrequest_approve_many"), given)
        assert not is_in_force(case) and not is_in_force(other)

    def test_what_one_decides_is_not_approved(self, agent, approver, case):
        copy = opened("access", agent.staff, verification="")
        assert "nobody has to approve" in texts(approver.get(url("approve", copy)))
        assert standing_of(copy) == (State.VERIFYING, "")

    def test_different_kinds_are_not_decided_together(self, agent, approver, case):
        erasure = opened("erasure", agent.staff)
        answer = approver.post(LIST, {"action": "approve", "_selected_action": [case.pk, erasure.pk]})
        assert "of one kind" in texts(answer)
        assert is_in_force(case)


def is_frozen(person: DataSubject) -> bool:
    return not DataSubject.objects.free_for(Use.STUDIO).filter(pk=person.pk).exists()


def is_in_force(case: Case) -> bool:
    if case.kind == "hold_release":
        return LegalHold.objects.filter(subject=case.subject, released_at=None).exists()
    person = DataSubject.objects.get(pk=case.subject_id)
    suspected = ChildFlag.objects.filter(subject=person, state=ChildFlag.State.SUSPECTED).exists()
    assert suspected == is_frozen(person)
    return suspected


class TestADutyIsInForceAtOnce:
    """With the answer to the form, and before any worker looks."""

    def send(self, client, name: str, person) -> Case:
        given = {"subjects": str(person.pk), "token": str(uuid4()), "reason": REASON}
        client.post(reverse("admin:privacy_datasubject_act", args=[name]), given)
        return Case.objects.get(kind=name)

    def test_a_hold(self, agent):
        person = f.DataSubjectFactory()
        self.send(agent, "hold_place", person)
        assert LegalHold.objects.get(subject=person).placed_by == agent.staff

    def test_a_flag_and_the_decision_that_it_is_a_child_s(self, agent, manager):
        person = f.DataSubjectFactory()
        self.send(agent, "child_flag", person)
        assert is_frozen(person)
        self.send(manager, "child_confirm", person)
        flag = ChildFlag.objects.get(subject=person)
        assert (flag.state, flag.decided_by) == (ChildFlag.State.CHILD, manager.staff)
        assert is_frozen(person)

    @pytest.mark.parametrize("name", ["hold_place", "child_flag"])
    def test_it_is_neither_cancelled_nor_denied(self, manager, name):
        case = self.send(manager, name, f.DataSubjectFactory())
        page = page_of(manager, case)
        for verb in ("cancel", "deny"):
            assert url(verb, case) not in page
            assert manager.post(url(verb, case), {"denial_reason": "no_match"}).status_code == 403
        assert standing_of(case) == (State.FULFILLING, "")

    def test_a_release_lets_the_stopped_erasure_go_on(self, agent, approver, manager):
        erasure = opened("erasure", agent.staff)
        hold = opened("hold_place", agent.staff, erasure.subject)
        life.grant(request_id=erasure.pk, actor=approver.staff)
        working.run_all()
        assert erasure.job.stopped_at and standing_of(hold) == (State.CLOSED, Outcome.FULFILLED)
        release = opened("hold_release", agent.staff, erasure.subject)
        assert "1 open erasure of these people will go on" in approver.get(url("approve", release)).content.decode()
        approver.post(url("approve", release), typed(release))
        working.run_all()
        assert standing_of(erasure) == (State.ANSWERING, Outcome.FULFILLED)
