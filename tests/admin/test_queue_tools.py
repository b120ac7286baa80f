"""The queue as a tool: it is searched, narrowed by day, exported for a reason, denied in bulk, and filters are kept."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.html import escape

from privacy import regimes, roles
from privacy.cases import refusals
from privacy.catalogue import NotAllowed
from privacy.fulfilment import filters
from privacy.fulfilment.importing.workbooks import workbook_table
from privacy.models import AuditEntry, Case, SavedFilter, State
from tests import factories as f
from tests.admin.clients import page_url, signed_in, texts

pytestmark = pytest.mark.django_db
LIST = reverse("admin:privacy_rightsrequest_changelist")
SEARCH, EXPORT, SAVE, DENY = (
    reverse(f"admin:privacy_rightsrequest_{name}") for name in ("search", "export", "save_filter", "deny_many")
)


def shown(page) -> set[Case]:
    return set(Case.objects.filter(pk__in=[row.pk for row in page.context["cl"].result_list]))


class TestSearch:
    @pytest.fixture
    def case(self):
        case = f.CaseFactory(kind="erasure", subject__full_name="Anna Łukasz", closed=True)
        f.IdentifierFactory(subject=case.subject, value="anna@example.com")
        f.CaseFactory(subject__full_name="Somebody Else")
        return case

    @pytest.mark.parametrize(
        "term",
        ["lukasz", "ANNA@example.com", "{case:.8}", "Erasure {case:.8}", "{person:.8}", "{case}", "@example.com"],
    )
    def test_a_case_is_found_by_its_person_and_its_id_closed_ones_too(self, agent, case, term):
        answer = agent.post(SEARCH, {"term": term.format(case=str(case.pk), person=str(case.subject_id))})
        assert answer.url == page_url(case)

    def test_several_are_a_list_whose_address_does_not_tell_the_term(self, agent, case):
        other = f.CaseFactory(subject=case.subject)
        answer = agent.post(SEARCH, {"term": "Łukasz"})
        assert "ukasz" not in answer.url and shown(agent.get(answer.url)) == {case, other}

    def test_nobody_is_said_with_what_was_tried(self, agent, case):
        page = agent.post(SEARCH, {"term": "zzyzx"}, follow=True)
        assert shown(page) == set()
        assert "the id of a case" in page.text and "a name with a word that begins so" in page.text

    @pytest.mark.parametrize("term", ["lukasz", "anna@example.com", "{person}"])
    def test_who_may_not_see_people_finds_by_the_case_alone(self, case, term):
        developer = signed_in(roles.DEVELOPER)
        page = developer.post(SEARCH, {"term": term.format(person=str(case.subject_id))}, follow=True)
        assert shown(page) == set()
        assert developer.post(SEARCH, {"term": f"{case.pk!s:.8}"}).url == page_url(case)


class TestDays:
    def test_received_and_due_from_to_hold_their_last_day_whole(self, agent):
        first = datetime(2026, 3, 1, tzinfo=regimes.CONTROLLER_ZONE)
        days = [first + timedelta(days=n) for n in range(4)]
        received = [f.CaseFactory(received_at=day + timedelta(hours=23)) for day in days]
        due = [f.CaseFactory(received_at=datetime(2020, 1, 1, tzinfo=UTC), due_on=day.date()) for day in days]
        page = agent.get(LIST, {"received_from": "2026-03-02", "received_to": "2026-03-03"})
        assert shown(page) == set(received[1:3])
        page = agent.get(LIST, {"due_from": "2026-03-02", "due_to": "2026-03-03", "received_from": ""})
        assert shown(page) == set(due[1:3])
        assert 'type="date" name="due_from" value="2026-03-02"' in page.text

    def test_the_cases_of_the_same_person_are_one_click_away(self, agent):
        case = f.CaseFactory()
        others = {f.CaseFactory(subject=case.subject, closed=True), f.CaseFactory(subject=case.subject)}
        f.CaseFactory()
        page = agent.get(LIST)
        link = f"{LIST}?queue=all&subject={case.subject_id}"
        assert link.replace("&", "&amp;") in page.text and "3 cases" in page.text
        assert shown(agent.get(link)) == {case, *others}


class TestExport:
    def test_asks_why_and_writes_it_down_and_holds_the_present_filter(self, agent):
        erasure = f.CaseFactory(kind="erasure", requested_by__username="=1+1", reason="A secret reason")
        f.CaseFactory(kind="access", subject__full_name="Anna Łukasz")
        page = agent.post(f"{EXPORT}?kind__exact=erasure", {"file_format": "csv", "reason": ""})
        assert page.context["form"].errors["reason"] and not AuditEntry.objects.filter(event="table.exported").exists()
        given = {"file_format": "csv", "reason": "report", "reference": "SUP-1204"}
        answer = agent.post(f"{EXPORT}?kind__exact=erasure", given)
        [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert (row["id"], row["requested_by"], row["subject_id"]) == (
            str(erasure.pk), "'=1+1", str(erasure.subject_id)
        )  # fmt: skip
        assert "secret" not in answer.content.decode() and "no-store" in answer["Cache-Control"]
        entry = AuditEntry.objects.get(event="table.exported")
        assert entry.actor == agent.staff
        assert entry.data == {
            "model": "privacy.RightsRequest", "rows": 1, "why": "report", "reference": "SUP-1204",
        }  # fmt: skip

    def test_the_workbook_holds_the_same(self, agent):
        case = f.CaseFactory(owner=f.StaffFactory(username="+cmd"))
        answer = agent.post(EXPORT, {"file_format": "xlsx", "reason": "review"})
        [row] = workbook_table(answer.content).rows
        assert (row["id"], row["owner"], row["state"]) == (str(case.pk), "'+cmd", "received")

    @pytest.mark.parametrize("role", [roles.AUDITOR, roles.DEVELOPER])
    def test_who_may_not_take_data_out_does_not(self, role):
        client = signed_in(role)
        assert client.post(EXPORT, {"file_format": "csv", "reason": "review"}).status_code == 403
        assert "Export this list" not in client.get(LIST).text

    def test_a_reference_that_names_a_person_is_refused(self, agent):
        f.CaseFactory(subject__full_name="Anna 123456")
        page = agent.post(EXPORT, {"file_format": "csv", "reason": "review", "reference": "ANNA-123456"})
        assert page.context["form"].errors["reference"]
        assert not AuditEntry.objects.filter(event="table.exported").exists()


class TestSavedFilters:
    def test_a_filter_is_named_and_found_again_without_whom_was_searched_for(self, agent):
        address = f"{SAVE}?queue=overdue&kind__exact=erasure&due_from=&subject={f.CaseFactory().subject_id}"
        answer = agent.post(address, {"name": "Late erasures"})
        assert answer.url == f"{LIST}?queue=overdue&kind__exact=erasure"
        saved = SavedFilter.objects.get()
        assert (saved.member, saved.query) == (agent.staff, "queue=overdue&kind__exact=erasure")
        assert "Late erasures" in agent.get(LIST).text
        assert "Late erasures" not in signed_in(roles.AGENT).get(LIST).text
        assert agent.get(answer.url).status_code == 200

    def test_a_search_alone_is_not_saved_nor_what_the_list_does_not_offer(self, agent):
        searched = agent.post(reverse("admin:privacy_rightsrequest_search"), {"term": "Anna"}).url
        token = searched.partition("q=")[2]
        agent.post(f"{SAVE}?q={token}", {"name": "Anna"})
        assert agent.post(f"{SAVE}?reason__startswith=A", {"name": "x"}).status_code == 400
        assert not SavedFilter.objects.exists()

    def test_one_takes_away_only_ones_own(self, agent):
        mine, other = f.SavedFilterFactory(member=agent.staff), f.SavedFilterFactory()
        for saved in (mine, other):
            agent.post(reverse("admin:privacy_rightsrequest_forget_filter", args=[saved.pk]))
        assert list(SavedFilter.objects.all()) == [other]

    def test_another_of_the_name_takes_its_place_and_there_is_an_end(self, agent, monkeypatch):
        monkeypatch.setattr(filters, "MOST", 1)
        for queue in ("overdue", "mine"):
            filters.save(actor=agent.staff, name="Mine", query={"queue": queue})
        assert SavedFilter.objects.get().query == "queue=mine"
        with pytest.raises(NotAllowed, match="the most"):
            filters.save(actor=agent.staff, name="Other", query={"queue": "mine"})


class TestDenyMany:
    def selected(self, client, *cases):
        given = {"action": "deny", "_selected_action": [str(case.pk) for case in cases]}
        return client.post(f"{LIST}?queue=all", given)

    def given(self, *cases, reason="no_match"):
        return {"requests": " ".join(str(case.pk) for case in cases), "denial_reason": reason}

    def test_shows_what_happens_and_denies_what_can_be_and_leaves_the_rest(self, approver):
        free = [f.CaseFactory(kind="erasure", state=State.DECIDING), f.CaseFactory(state=State.VERIFYING)]
        running = f.CaseFactory(state=State.FULFILLING)
        page = self.selected(approver, *free, running)
        assert {case.state for case in Case.objects.all()} == {"deciding", "verifying", "fulfilling"}
        assert page.context["free_count"] == 2 and "Nothing is done to the data of these people" in page.text
        assert "Left alone: 1" in page.text
        assert all(escape(c.subject.full_name) in page.text for c in [*free, running])
        answer = approver.post(DENY, self.given(*free, running))
        assert answer.url == LIST and "Denied: 2 requests" in texts(answer)
        found = {c.pk: (c.state, c.outcome, c.denial_reason) for c in Case.objects.all()}
        assert found == {c.pk: ("answering", "denied", "no_match") for c in free} | {running.pk: ("fulfilling", "", "")}
        assert set(AuditEntry.objects.filter(event__in=("case.refused", "case.unproved")).values_list("chain")) == {
            (case.pk,) for case in free
        }

    def test_without_a_reason_nothing_is_denied(self, approver):
        case = f.CaseFactory(kind="erasure", state=State.DECIDING)
        page = approver.post(DENY, self.given(case, reason=""))
        assert page.context["form"].errors["denial_reason"] and str(case.pk) in page.text
        case.refresh_from_db()
        assert case.state == State.DECIDING

    @pytest.mark.parametrize("role", [roles.AUDITOR, roles.DEVELOPER])
    def test_who_denies_nothing_has_no_button_and_is_refused(self, role):
        client, case = signed_in(role), f.CaseFactory(state=State.VERIFYING)
        assert client.post(DENY, self.given(case)).status_code == 403
        assert 'value="deny"' not in client.get(LIST).text

    def test_the_verb_checks_the_kind_s_permission_and_denies_all_or_none(self, agent):
        mine, other = f.CaseFactory(state=State.VERIFYING), f.CaseFactory(kind="erasure", state=State.DECIDING)
        agent.post(DENY, self.given(mine, other))
        assert set(Case.objects.values_list("pk", "state")) == {(mine.pk, "answering"), (other.pk, "deciding")}
        third = f.CaseFactory(state=State.VERIFYING)
        with pytest.raises(PermissionDenied):
            refusals.deny_all(request_ids=[third.pk, other.pk], actor=agent.staff, denial_reason="no_match")
        third.refresh_from_db()
        assert (third.state, third.denial_reason) == (State.VERIFYING, "")

    def test_many_cost_the_queries_of_one(self, django_assert_max_num_queries):
        cases = [f.CaseFactory(state=State.VERIFYING) for _ in range(30)]
        manager = f.StaffFactory()
        with django_assert_max_num_queries(16):
            refusals.deny_all(request_ids=[c.pk for c in cases], actor=manager, denial_reason="no_match")


class TestReopenMany:
    URL = reverse("admin:privacy_rightsrequest_reopen_many")

    def test_what_is_closed_is_taken_up_again_for_one_reason_and_the_rest_left(self, approver):
        closed = [f.CaseFactory(kind="erasure", closed=True) for _ in range(2)]
        still = f.CaseFactory(kind="erasure", state=State.DECIDING)
        given = {"action": "reopen", "_selected_action": [str(case.pk) for case in closed]}
        page = approver.post(f"{LIST}?queue=closed", given)
        assert page.context["free_count"] == 2 and all(escape(c.subject.full_name) in page.text for c in closed)
        ids = " ".join(str(case.pk) for case in [*closed, still])
        assert approver.post(self.URL, {"requests": ids, "why": ""}).context["form"].errors["why"]
        answer = approver.post(self.URL, {"requests": ids, "why": "The authority asked us to look again"})
        assert "Taken up again: 2 requests" in texts(answer)
        assert set(Case.objects.values_list("state", flat=True)) == {"deciding"}
        assert [case.comments.count() for case in [*closed, still]] == [1, 1, 0]

    def test_who_decides_nothing_takes_nothing_up(self, agent):
        case = f.CaseFactory(kind="erasure", closed=True)
        answer = agent.post(self.URL, {"requests": str(case.pk), "why": "Asked again"})
        case.refresh_from_db()
        assert case.state == State.CLOSED and "left alone" in texts(answer)
