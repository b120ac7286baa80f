"""Who it is stands wherever somebody decides or acts, for those who may see people; titles, messages and logs keep the
pseudonym."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import roles
from privacy.cases.requests import ask
from privacy.models import Case, State
from tests import factories as f
from tests import working
from tests.admin.clients import REASON, fixture_of, page_url, signed_in, texts, url
from tests.manual import erasures_at_clerk

pytestmark = pytest.mark.django_db

LIST = "/admin/privacy/rightsrequest/"
NAME, ADDRESS, MASKED = "Zofia Zielińska", "zofia.zielinska@example.com", "z••••@example.com"
manager = fixture_of(roles.MANAGER)


@pytest.fixture
def person():
    person = f.DataSubjectFactory(full_name=NAME)
    f.IdentifierFactory(subject=person, value=ADDRESS, is_primary=True)
    return person


@pytest.fixture
def case(person, agent) -> Case:
    return opened("erasure", agent.staff, person)


def opened(kind: str, staff, *people, **given) -> Case:
    proof = {"verification": "signed_in"} if kind in ("erasure", "access") else {}
    return ask(kind, subject_ids=[p.pk for p in people], actor=staff, reason=REASON, **proof, **given)[0]


def title_of(page) -> str:
    return re.search(r"<title>(.*?)</title>", page.text, re.DOTALL)[1]


def act_on(person, kind: str) -> str:
    return reverse("admin:privacy_datasubject_act_on", args=[person.pk, kind])


ASKING = ["erasure", "access", "hold_place", "child_flag"]
DECIDING = ["approve", "deny", "cancel", "assign", "answer", "reopen", "set_aside", "prove", "retry", "approve_again"]


class TestNamed:
    @pytest.mark.parametrize("name", ["change", *DECIDING])
    def test_on_every_page_of_a_case_the_heading_is_the_name_and_the_title_the_short_id(self, approver, case, name):
        page = approver.get(url(name, case) if name != "change" else page_url(case))
        assert f'<h1 class="ops-heading">{NAME}</h1>' in page.text and MASKED in page.text
        assert str(case.subject_id)[:8] in page.text and ADDRESS not in page.text
        assert str(case.pk)[:8] in title_of(page) and "Zofia" not in title_of(page)

    @pytest.mark.parametrize("kind", ASKING)
    def test_on_every_page_that_asks(self, agent, person, kind):
        page = agent.get(act_on(person, kind))
        assert f'<h1 class="ops-heading">{NAME}</h1>' in page.text and MASKED in page.text
        assert str(person.pk)[:8] in title_of(page) and "Zofia" not in title_of(page)

    def test_in_lists_and_plans_for_many(self, approver, agent, person, case):
        other = f.DataSubjectFactory(full_name="Ada Byron")
        second = opened("erasure", agent.staff, other)
        people = {"action": "hold_place", "_selected_action": [person.pk, other.pk]}
        both = {"action": "approve", "_selected_action": [case.pk, second.pk]}
        for page in (
            approver.get(LIST),
            approver.post(LIST, both),
            agent.post("/admin/privacy/datasubject/", people),
        ):
            assert NAME in page.text and "Ada Byron" in page.text and MASKED in page.text, page.request["PATH_INFO"]
            assert REASON in page.text or page.request["PATH_INFO"] != LIST or page.request["REQUEST_METHOD"] == "GET"

    @pytest.mark.parametrize("model", ["legalhold", "childflag"])
    def test_of_holds_and_flags(self, agent, person, model):
        opened({"legalhold": "hold_place", "childflag": "child_flag"}[model], agent.staff, person)
        found = agent.get(f"/admin/privacy/{model}/")
        assert NAME in found.text and MASKED in found.text
        [row] = found.context["cl"].result_list
        page = agent.get(reverse(f"admin:privacy_{model}_change", args=[row.pk]))
        assert NAME in page.text and "Zofia" not in title_of(page)

    def test_on_a_batch(self, agent, person):
        batch = f.BatchFactory(actor=agent.staff)
        f.CaseFactory(subject=person, batch=batch)
        page = agent.get(reverse("admin:privacy_batch_change", args=[batch.pk]))
        assert NAME in page.text and MASKED in page.text

    def test_on_the_link_with_where_to_send_it(self, agent, person):
        case = opened("access", agent.staff, person, reply_to="Unter den Linden 1, Berlin")
        working.run(case.pk)
        page = agent.post(url("link", case))
        assert NAME in page.text and "Unter den Linden 1, Berlin" in page.text
        assert "Unter den Linden" not in agent.get(page_url(case)).text  # answered: it is forgotten

    def test_where_to_answer_stands_where_the_answer_is_stated(self, agent, person):
        case = opened("access", agent.staff, person, reply_to=ADDRESS, ticket="SUP-4711")
        working.run(case.pk)
        page = agent.get(url("answer", case)).text
        assert ADDRESS in page and "SUP-4711" in page


class TestNotNamed:
    def test_to_a_developer_nobody_is(self, case, person):
        developer = signed_in(roles.DEVELOPER)
        for page in (developer.get(LIST), developer.get(page_url(case)), developer.get(url("progress", case))):
            assert page.status_code == 200 and "Zofia" not in page.text and MASKED not in page.text
        assert f"Subject {str(person.pk)[:8]}" in developer.get(LIST).text

    def test_messages_addresses_and_logs_tell_no_name(self, approver, agent, person, case, caplog):
        caplog.set_level("DEBUG")
        parts = approver.get(url("approve", case)).context["form"]["shown"].value()
        answer = approver.post(url("approve", case), {"typed": "zielinska", "shown": parts})
        case.refresh_from_db()
        assert case.state == State.FULFILLING
        assert "Zofia" not in texts(answer) + answer.url
        wrong = approver.post(url("approve", opened("erasure", agent.staff, person)), {"typed": "Zofia Nowak"})
        assert wrong.context["form"].errors["typed"] == [f"This is not a word of the name or {str(person.pk)[:8]}."]
        assert "Zofia" not in caplog.text and "Zieli" not in caplog.text
        assert "Zofia" not in str(list(LogEntry.objects.values()))

    def test_of_who_is_erased_the_short_id_is_left(self, approver, agent):
        [case] = erasures_at_clerk(1, agent=agent.staff, approver=approver.staff)
        page = approver.get(page_url(case)).text
        assert f'<h1 class="ops-heading">Subject {str(case.subject_id)[:8]}</h1>' in page and "Verrault" not in page


class TestConfirmed:
    @pytest.mark.parametrize("typed", ["Zofia", "ZIELINSKA", " zofia  zielińska ", "short id"])
    def test_by_a_word_of_the_name_or_the_person_s_short_id(self, approver, case, typed):
        typed = str(case.subject_id)[:8].upper() if typed == "short id" else typed
        parts = approver.get(page_url(case)).context["decision_form"]["shown"].value()
        approver.post(url("approve", case), {"typed": typed, "shown": parts})
        case.refresh_from_db()
        assert case.state == State.FULFILLING

    @pytest.mark.parametrize("typed", ["", "Zof", "z••••@example.com", "case", "Ada"])
    def test_by_nothing_else(self, approver, case, typed):
        typed = str(case.pk)[:8] if typed == "case" else typed
        assert approver.post(url("approve", case), {"typed": typed}).context["form"].errors["typed"]
        case.refresh_from_db()
        assert case.state == State.DECIDING

    def test_on_the_case_s_own_page_for_who_decides_it_alone(self, approver, agent, manager, case):
        page = approver.get(page_url(case))
        assert page.context["decision_form"] and url("approve", case) in page.text and REASON in page.text
        own = opened("erasure", manager.staff, f.DataSubjectFactory())
        for client, row in ((agent, case), (manager, own), (signed_in(roles.AUDITOR), case)):
            page = client.get(page_url(row))
            assert "decision_form" not in page.context and url("approve", row) not in page.text

    def test_what_has_changed_since_it_was_asked_for_is_said(self, approver, agent, case, person):
        unchanged = approver.get(url("approve", case)).text
        assert "since it was asked for" not in unchanged
        f.MarketingPreferenceFactory(subject=person)
        person.identifiers.all().delete()
        other = opened("erasure", agent.staff, f.DataSubjectFactory())
        both = {"action": "approve", "_selected_action": [case.pk, other.pk]}
        for page in (approver.get(url("approve", case)), approver.get(page_url(case)), approver.post(LIST, both)):
            assert "New in the plan since it was asked for: delete marketing preferences" in page.text
            assert "In the plan then, and no longer: delete identifiers" in page.text


class TestQuick:
    def queries(self, client, path: str, **post) -> int:
        ask_for = (lambda: client.post(path, post)) if post else (lambda: client.get(path))
        ask_for()
        with CaptureQueriesContext(connection) as captured:
            assert ask_for().status_code == 200
        return len(captured)

    def test_twenty_people_take_the_queries_of_two(self, approver, agent):
        batch = f.BatchFactory(actor=agent.staff)
        numbers: list[dict[str, int]] = []
        for more in (2, 18):
            people = f.DataSubjectFactory.create_batch(more)
            cases = ask(
                "erasure", subject_ids=[p.pk for p in people], actor=agent.staff, reason=REASON, batch=batch,
                verification="signed_in",
            )  # fmt: skip
            opened("hold_place", agent.staff, *f.DataSubjectFactory.create_batch(more))
            opened("child_flag", agent.staff, *f.DataSubjectFactory.create_batch(more))
            numbers.append({
                "queue": self.queries(approver, f"{LIST}?queue=approval"),
                "batch": self.queries(approver, reverse("admin:privacy_batch_change", args=[batch.pk])),
                "holds": self.queries(approver, "/admin/privacy/legalhold/"),
                "flags": self.queries(approver, "/admin/privacy/childflag/"),
                "approve": self.queries(approver, LIST, action="approve", _selected_action=[c.pk for c in cases]),
            })  # fmt: skip
        assert numbers[0] == numbers[1]
        assert {name for name, number in numbers[1].items() if number > 12} == set(), numbers
