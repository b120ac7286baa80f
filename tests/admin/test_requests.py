"""The queue, a request's page, and what staff decide about it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import regimes, roles
from privacy.admin.badges import short_date
from privacy.cases import processors
from privacy.cases import requests as life
from privacy.cases.requests import ask, grant
from privacy.catalogue import NotAllowed
from privacy.jobs import bells
from privacy.models import (
    AccessPackage,
    AuditEntry,
    Case,
    Lane,
    Outcome,
    State,
    StepState,
    Verification,
)
from privacy.selectors.plans import erasure_plan
from tests import factories as f
from tests import working
from tests.admin.clients import REASON, page_url, signed_in, texts, url

pytestmark = pytest.mark.django_db

LIST = "/admin/privacy/rightsrequest/"
PAGES = {
    "progress", "receipt", "link", "download", "prove", "approve", "approve_again", "deny", "set_aside", "answer",
    "reopen", "cancel", "retry", "assign",
}  # fmt: skip


def erasure_of(person, staff) -> Case:
    return ask("erasure", subject_ids=[person.pk], actor=staff, reason=REASON, verification=Verification.SIGNED_IN)[0]


def typed(request: Case) -> dict:
    """What whoever has read the page sends: the word, and what the page said of the plan."""
    return {"typed": str(request.subject_id)[:8], "shown": "\n".join(sorted(parts_of(request)))}


def parts_of(*requests: Case) -> frozenset[str]:
    return erasure_plan([request.subject_id for request in requests]).parts


class TestApproval:
    @pytest.fixture
    def request_(self, agent):
        return erasure_of(f.person_with_everything(), agent.staff)

    def test_the_approver_sees_the_plan_and_the_reason_first(self, approver, request_):
        page = approver.get(url("approve", request_)).content.decode()
        for words in ("Deleted", "Kept", REASON, "cannot be brought back here", "Signed in to the account"):
            assert words in page
        request_.refresh_from_db()
        assert request_.state == State.DECIDING

    def test_approved_with_the_word_typed_it_starts(self, approver, request_, rung):
        answer = approver.post(url("approve", request_), typed(request_))
        request_.refresh_from_db()
        assert request_.state == State.FULFILLING and request_.approved_by == approver.staff
        assert rung == [request_.pk] and answer.url == page_url(request_)

    def test_what_the_page_says_of_the_plan_goes_back_with_the_word(self, approver, request_):
        form = approver.get(url("approve", request_)).context["form"]
        assert form["shown"].value() == typed(request_)["shown"]

    def test_line_breaks_as_browsers_send_them(self, approver, request_):
        given = typed(request_)
        approver.post(url("approve", request_), given | {"shown": given["shown"].replace("\n", "\r\n")})
        request_.refresh_from_db()
        assert "\n" in given["shown"] and request_.state == State.FULFILLING

    def test_more_than_what_was_read_is_not_approved_but_shown(self, approver, agent, rung):
        request_ = erasure_of(f.DataSubjectFactory(), agent.staff)
        read = typed(request_)
        f.MarketingPreferenceFactory(subject=request_.subject)
        page = approver.post(url("approve", request_), read)
        assert page.status_code == 200 and "The plan has changed since you read it. New: delete" in texts(page)
        assert page.context["form"]["shown"].value() == typed(request_)["shown"] != read["shown"]
        request_.refresh_from_db()
        assert request_.state == State.DECIDING and rung == []

    @pytest.mark.parametrize("word", ["", "yes", "approve"])
    def test_another_word_approves_nothing(self, approver, request_, word):
        page = approver.post(url("approve", request_), typed(request_) | {"typed": word})
        assert page.status_code == 200 and page.context["form"].errors["typed"]
        request_.refresh_from_db()
        assert request_.state == State.DECIDING

    def test_who_asked_sees_the_button_disabled_and_is_refused(self):
        manager = signed_in(roles.MANAGER)
        own = erasure_of(f.DataSubjectFactory(), manager.staff)
        page = manager.get(page_url(own)).content.decode()
        assert "another person has to approve" in page and url("approve", own) not in page
        answer = manager.post(url("approve", own), typed(own))
        own.refresh_from_db()
        assert own.state == State.DECIDING and "You asked for it yourself" in texts(answer)

    @pytest.mark.parametrize("role", [roles.AGENT, roles.AUDITOR, roles.DEVELOPER])
    def test_who_may_not_approve_is_refused(self, request_, role):
        client = signed_in(role)
        assert client.post(url("approve", request_), typed(request_)).status_code == 403
        assert client.get(url("approve", request_)).status_code == 403
        assert url("approve", request_) not in client.get(page_url(request_)).content.decode()

    def test_a_hold_placed_meanwhile_is_said_and_obeyed(self, approver, request_, agent):
        ask("hold_place", subject_ids=[request_.subject_id], actor=agent.staff, reason=REASON)
        assert "A legal hold is in force" in approver.get(url("approve", request_)).content.decode()
        approver.post(url("approve", request_), typed(request_))
        working.run(request_.pk)
        request_.refresh_from_db()
        assert request_.state == State.FULFILLING and request_.job.stopped_at
        assert not request_.steps.exclude(state=StepState.PENDING).exists()
        page = approver.get(page_url(request_)).content.decode()
        assert "A legal hold stops this" in page and "Stopped by a legal hold, 0 of" in page

    def test_a_stale_page_gets_a_message(self, approver, request_):
        grant(request_id=request_.pk, actor=f.StaffFactory(role=roles.MANAGER))
        answer = approver.post(url("approve", request_), typed(request_))
        assert answer.url == page_url(request_) and "does not await a decision any more" in texts(answer)

    def test_a_colleague_who_is_quicker_between_look_and_write(self, approver, request_, monkeypatch):
        def too_late(**given):
            raise NotAllowed("A case that is in progress cannot be granted.")

        monkeypatch.setattr(life, "grant_all", too_late)
        assert "A colleague was quicker" in texts(approver.post(url("approve", request_), typed(request_)))

    def test_many_from_the_list(self, approver, agent, rung):
        mine = erasure_of(f.DataSubjectFactory(), approver.staff)
        others = [erasure_of(f.DataSubjectFactory(), agent.staff) for _ in range(2)]
        ids = [r.pk for r in (mine, *others)]
        page = approver.post(f"{LIST}?queue=all", {"action": "approve", "_selected_action": ids})
        assert page.context["free_count"] == 2 and page.context["refused_count"] == 1
        answer = approver.post(
            reverse("admin:privacy_rightsrequest_approve_many"),
            {
                "requests": page.context["request_ids"],
                "typed": "erase 3",
                "shown": page.context["form"]["shown"].value(),
            },
        )
        assert set(rung) == {r.pk for r in others}
        assert "Approved: 2 requests" in texts(answer) and "1 request left alone" in texts(answer)

    def test_a_batch_gets_few_bells_in_a_lane_of_its_own(
        self, approver, agent, monkeypatch, django_capture_on_commit_callbacks
    ):
        published = []
        monkeypatch.setattr(bells, "_publish", published.extend)
        monkeypatch.setattr(bells, "AT_ONCE", 1)
        batch = f.BatchFactory(kind="erasure")
        people = f.DataSubjectFactory.create_batch(2)
        opened = ask("erasure",
            subject_ids=[p.pk for p in people], actor=agent.staff, reason=REASON,
            verification=Verification.SIGNED_IN, batch=batch,
        )  # fmt: skip
        given = {"requests": " ".join(str(r.pk) for r in opened), "shown": "\n".join(parts_of(*opened))}
        with django_capture_on_commit_callbacks(execute=True):
            approver.post(reverse("admin:privacy_rightsrequest_approve_many"), given | {"typed": "erase 2"})
        assert [lane for _, lane in published] == [Lane.BULK]

    @pytest.mark.parametrize("requests", ["", "nonsense"])
    def test_a_selection_that_cannot_be_read(self, approver, requests):
        answer = approver.post(reverse("admin:privacy_rightsrequest_approve_many"), {"requests": requests})
        assert answer.url == LIST

    def test_unknown_ones_are_no_error(self, approver):
        unknown = Case(pk=uuid4())
        assert approver.get(url("approve", unknown)).url == LIST
        answer = approver.post(
            reverse("admin:privacy_rightsrequest_approve_many"),
            {"requests": str(unknown.pk), "typed": str(unknown.pk)[:8]},
        )
        assert answer.status_code == 302

    def test_the_site_may_ask_to_sign_in_again_first(self, approver, request_, settings):
        settings.REAUTHENTICATE_BEFORE_APPROVAL = True
        answer = approver.post(url("approve", request_), typed(request_))
        assert "reauthenticate" in answer.url
        request_.refresh_from_db()
        assert request_.state == State.DECIDING


class TestDecisions:
    def test_denied_with_a_reason(self, approver, agent):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        assert approver.post(url("deny", request), {"denial_reason": ""}).context["form"].errors
        approver.post(url("deny", request), {"denial_reason": "no_match"})
        request.refresh_from_db()
        assert (request.state, request.outcome) == (State.ANSWERING, Outcome.DENIED)
        assert request.denial_reason == "no_match" and request.closed_at is None
        assert "To be answered" in approver.get(page_url(request)).content.decode()

    def test_an_agent_may_not_deny_an_erasure(self, agent):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        assert agent.post(url("deny", request), {"denial_reason": "no_match"}).status_code == 403

    def test_cancelled_and_cancelled_again(self, agent):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        agent.post(url("cancel", request))
        request.refresh_from_db()
        assert request.outcome == Outcome.WITHDRAWN
        assert "cannot be withdrawn" in texts(agent.post(url("cancel", request)))

    def test_cancelling_says_what_is_done_already(self, agent, approver):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        grant(request_id=request.pk, actor=approver.staff)
        request.steps.filter(name="erasure.files").update(
            state=StepState.DONE, finished_at=datetime.now(UTC), started_at=datetime.now(UTC)
        )
        assert "What is done already is not undone" in agent.get(url("cancel", request)).content.decode()

    def test_what_cannot_be_taken_back_ends_the_cancelling(self, agent, approver):
        request = erasure_of(f.person_with_everything(), agent.staff)
        grant(request_id=request.pk, actor=approver.staff)
        assert url("cancel", request) in agent.get(page_url(request)).content.decode()
        working.run(request.pk)
        page = agent.get(page_url(request)).content.decode()
        assert "It cannot be withdrawn any more" in page and url("cancel", request) not in page
        assert "cannot be withdrawn any more" in texts(agent.post(url("cancel", request)))
        request.refresh_from_db()
        assert request.state == State.FULFILLING

    def test_a_parked_one_is_tried_again(self, agent, rung):
        request = ask(
            "access",
            subject_ids=[f.DataSubjectFactory().pk],
            actor=agent.staff,
            reason=REASON,
            verification="signed_in",
        )[0]
        request.jobs.update(parked_because="The disk is full")
        rung.clear()
        assert "The disk is full" in agent.get(page_url(request)).content.decode()
        agent.post(url("retry", request))
        assert request.job.parked_because == "" and rung == [request.pk]
        assert "is not parked" in texts(agent.post(url("retry", request)))

    def test_a_processor_is_attested_with_evidence_and_not_by_who_asked(self, agent, approver):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        grant(request_id=request.pk, actor=approver.staff)
        step = request.steps.filter(name="processors.erase").first()
        where = url("attest", request, step_id=step.pk)
        assert agent.post(where, {"evidence": "TICKET-1"}).status_code == 403
        assert approver.post(where, {"evidence": "Ada said so"}).context["form"].errors
        approver.post(where, {"evidence": "TICKET-1"})
        step.refresh_from_db()
        assert step.state == StepState.DONE and step.result["evidence"] == "TICKET-1"
        assert "can be attested" in texts(approver.post(where, {"evidence": "TICKET-1"}))

    @pytest.mark.parametrize("name", sorted(PAGES))
    def test_an_unknown_request_is_a_message_and_no_error(self, name):
        manager = signed_in(roles.MANAGER)
        unknown = Case(pk=uuid4())
        for answer in (manager.get(url(name, unknown)), manager.post(url(name, unknown))):
            assert answer.url == LIST and "no such request" in texts(answer)

    def test_looking_decides_nothing(self, approver, agent):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        before = AuditEntry.objects.count()
        for name in sorted(PAGES - {"progress", "receipt", "link", "download"}):
            assert approver.get(url(name, request)).status_code == 200, name
        agent.get(url("cancel", request))
        assert AuditEntry.objects.count() == before


class TestProgress:
    def test_numbers_follow_the_work(self, agent, approver):
        request = erasure_of(f.person_with_everything(), agent.staff)
        grant(request_id=request.pk, actor=approver.staff)
        before = agent.get(url("progress", request)).json()
        working.run(request.pk)
        after = agent.get(url("progress", request)).json()
        assert before["next"] == 1500 and before["bars"]["all"][0] == 0
        assert after["bars"]["all"][0] > 0 and after["version"] != before["version"]

    def test_an_attested_answer_is_looked_for_at_once(self, agent, approver):
        """Nothing happens while somebody else's answer is awaited; after it a worker has something to do."""
        request = erasure_of(f.person_with_everything(), agent.staff)
        grant(request_id=request.pk, actor=approver.staff)
        working.run(request.pk)
        assert agent.get(url("progress", request)).json()["next"] == 15_000
        for step in request.steps.filter(state=StepState.WAITING):
            processors.attest(step_id=step.pk, actor=approver.staff, evidence="TICKET-1")
        assert agent.get(url("progress", request)).json()["next"] == 1500

    def test_looking_by_itself_keeps_no_idle_session_alive(self, agent):
        request = f.CaseFactory(state=State.FULFILLING)
        before = Session.objects.get().session_data
        agent.get(url("progress", request))
        assert Session.objects.get().session_data == before
        agent.get(page_url(request))
        assert Session.objects.get().session_data != before

    def test_a_closed_one_is_not_asked_for_again(self, agent):
        request = f.CaseFactory(closed=True)
        assert agent.get(url("progress", request)).json()["next"] == 0

    def test_a_batch_counts_its_requests(self, agent):
        batch = f.BatchFactory()
        f.CaseFactory(batch=batch, state=State.FULFILLING)
        f.CaseFactory(batch=batch, closed=True)
        numbers = agent.get(reverse("admin:privacy_batch_progress", args=[batch.pk])).json()
        assert numbers["bars"]["all"] == [1, 2, ""] and numbers["next"] == 1500
        page = agent.get(reverse("admin:privacy_batch_change", args=[batch.pk])).content.decode()
        assert "1 of 2 requests closed" in page
        assert agent.get(reverse("admin:privacy_batch_progress", args=[uuid4()])).status_code == 404

    def test_the_page_of_a_request_is_quick(self, agent, approver):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        grant(request_id=request.pk, actor=approver.staff)
        agent.get(page_url(request))
        with CaptureQueriesContext(connection) as captured:
            agent.get(page_url(request))
        assert len(captured) <= 12, "\n".join(q["sql"] for q in captured)
        with CaptureQueriesContext(connection) as captured:
            agent.get(url("progress", request))
        assert len(captured) <= 6


class TestWhatIsShown:
    def test_a_developer_sees_how_it_runs_and_nothing_of_the_person(self, agent):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        page = signed_in(roles.DEVELOPER).get(page_url(request)).content.decode()
        assert REASON not in page and "Not shown to your role" in page

    def test_the_receipt_says_what_stays_and_until_when(self, agent, approver):
        request = erasure_of(f.person_with_everything(), agent.staff)
        grant(request_id=request.pk, actor=approver.staff)
        working.run(request.pk)
        for step in request.steps.filter(name="processors.erase").exclude(state=StepState.DONE):
            approver.post(url("attest", request, step_id=step.pk), {"evidence": "TICKET-1"})
        working.run(request.pk)
        request.refresh_from_db()
        assert (request.state, request.outcome) == (State.ANSWERING, Outcome.FULFILLED)
        page = agent.get(url("receipt", request)).content.decode()
        for words in ("Receipt: erasure", "Deleted", "Accounting records", "(until ", "TICKET-1", "backups"):
            assert words in page
        subject = agent.get(reverse("admin:privacy_datasubject_change", args=[request.subject_id])).content.decode()
        assert "This is a tombstone" in subject

    def test_before_there_is_a_receipt_the_link_says_so(self, agent):
        request = erasure_of(f.DataSubjectFactory(), agent.staff)
        assert "no receipt yet" in texts(agent.get(url("receipt", request)))

    def test_times_are_shown_in_the_reader_s_zone(self, agent):
        at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
        request = f.CaseFactory(received_at=at)
        agent.staff.time_zone = "Asia/Tokyo"
        agent.staff.save()
        assert "2 Jul 2026, 07:30" in agent.get(page_url(request)).content.decode()

    @pytest.mark.parametrize(
        ("answered", "outcome", "said"),
        [
            (0, Outcome.FULFILLED, "In time"), (-3, Outcome.DENIED, "In time"), (1, Outcome.FULFILLED, "1 day late"),
            (12, Outcome.PARTLY, "12 days late"), (12, Outcome.WITHDRAWN, ""), (12, Outcome.DUPLICATE, ""),
        ],
    )  # fmt: skip
    def test_a_closed_one_says_when_and_whether_in_time(self, agent, answered, outcome, said):
        """By the day of the answer, and not of when somebody got round to closing it."""
        due = regimes.today() - timedelta(days=20)
        at = datetime.combine(due + timedelta(days=answered), datetime.min.time(), regimes.CONTROLLER_ZONE)
        request = f.CaseFactory(closed=True, outcome=outcome, due_on=due, answered_at=at, answered_how="email")
        found = f"Closed {short_date(regimes.today())}"
        for page in (agent.get(page_url(request)), agent.get(LIST, {"queue": "closed"})):
            assert found in page.text
            assert {words for words in ("In time", "days late", "day late") if words in page.text} == (
                {said.lstrip("0123456789 ")} if said else set()
            )
            assert said in page.text

    def test_an_overdue_one_says_by_how_much(self, agent):
        request = f.CaseFactory(due_on=regimes.today() - timedelta(days=3))
        assert "3 days overdue" in agent.get(page_url(request)).content.decode()


class TestPackage:
    @pytest.fixture
    def request_(self, agent):
        request = ask(
            "access",
            subject_ids=[f.DataSubjectFactory().pk],
            actor=agent.staff,
            reason=REASON,
            verification="signed_in",
        )[0]
        working.run(request.pk)
        request.refresh_from_db()
        assert (request.state, request.outcome) == (State.ANSWERING, Outcome.FULFILLED)
        return request

    def test_staff_download_it_by_post_and_it_is_logged(self, agent, request_):
        assert agent.get(url("download", request_)).status_code == 302
        answer = agent.post(url("download", request_))
        assert b"".join(answer.streaming_content)[:2] == b"PK"
        assert "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
        request_.refresh_from_db()
        assert request_.state == State.ANSWERING  # the person has nothing yet
        assert AuditEntry.objects.filter(chain=request_.pk, event="package.downloaded_by_staff").exists()

    def test_a_link_is_shown_in_the_answer_and_nowhere_else(self, agent, request_):
        page = agent.post(url("link", request_))
        token = page.context["link"].rstrip("/").rsplit("/", 1)[-1]
        assert token in page.content.decode()
        assert token not in agent.get(page_url(request_)).content.decode()
        assert "no-store" in page["Cache-Control"]

    def test_a_link_answers_the_request_and_another_one_answers_nothing_more(self, agent, request_):
        agent.post(url("link", request_))
        request_.refresh_from_db()
        answered = request_.answered_at
        assert (request_.state, request_.answered_how) == (State.CLOSED, "link") and answered
        assert agent.post(url("link", request_)).status_code == 200
        request_.refresh_from_db()
        assert request_.answered_at == answered
        assert AuditEntry.objects.filter(chain=request_.pk, event="case.answered").count() == 1

    def test_an_expired_one_is_refused_in_words(self, agent, request_):
        AccessPackage.objects.update(expires_at=datetime.now(UTC) - timedelta(days=1))
        for name in ("link", "download"):
            assert "expired" in texts(agent.post(url(name, request_)))

    @pytest.mark.parametrize("role", [roles.AUDITOR, roles.DEVELOPER])
    def test_who_may_not_export_gets_neither(self, request_, role):
        client = signed_in(role)
        assert client.post(url("download", request_)).status_code == 403
        assert client.post(url("link", request_)).status_code == 403


class TestQueue:
    @pytest.mark.parametrize(
        ("tab", "expected"),
        [
            ("", 6), ("mine", 1), ("approval", 1), ("running", 1), ("answering", 1), ("parked", 1), ("overdue", 1),
            ("owed", 1), ("closed", 2), ("all", 8),
        ],
    )  # fmt: skip
    def test_every_tab(self, approver, tab, expected):
        past = regimes.today() - timedelta(days=1)
        waiting = {"kind": "erasure", "state": State.DECIDING}
        f.CaseFactory(**waiting)
        f.CaseFactory(**waiting, requested_by=approver.staff)
        f.CaseFactory(state=State.FULFILLING)
        f.JobFactory(case__state=State.FULFILLING, parked_because="The disk is full")
        f.CaseFactory(due_on=past)
        f.CaseFactory(state=State.ANSWERING, owner=approver.staff)
        f.CaseFactory(closed=True, due_on=past, owner=approver.staff)
        f.JobFactory(case=f.CaseFactory(closed=True, outcome=Outcome.PARTLY))
        page = approver.get(LIST, {"queue": tab} if tab else {})
        assert page.context["cl"].result_count == expected
        number = next(t["number"] for t in page.context["cl"].tabs if t["is_current"])
        assert number in (expected, None)

    def test_the_next_deadline_comes_first(self, agent):
        today = regimes.today()
        later, sooner, never = (f.CaseFactory(due_on=day) for day in (today + timedelta(days=9), today, None))
        assert list(agent.get(LIST).context["cl"].result_list) == [sooner, later, never]

    def test_it_is_quick(self, agent):
        for _ in range(5):
            f.CaseFactory()
        agent.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            agent.get(LIST)
        assert len(captured) <= 9, "\n".join(q["sql"] for q in captured)

    def test_a_person_s_requests(self, agent):
        f.CaseFactory()
        assert agent.get(LIST, {"queue": "all", "subject": str(uuid4())}).context["cl"].result_count == 0
        assert agent.get(LIST, {"queue": "all", "subject": "nonsense"}).status_code == 400
