"""What people do by hand at processors: from the page of a case, and for many at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import roles
from privacy.admin.processors.inventory import ProcessorForm
from privacy.cases.requests import ask
from privacy.connectors.base import connectors
from privacy.models import AuditEntry, Processor, State
from privacy.selectors.processors import consoles, manual_counts
from tests import working
from tests.admin.clients import REASON, fixture_of, page_url, signed_in, texts, url
from tests.manual import erasures_at_clerk, waiting

pytestmark = pytest.mark.django_db

MANUAL = "/admin/privacy/rightsrequest/manual/"
AT_CLERK = f"{MANUAL}clerk/"
manager = fixture_of(roles.MANAGER)


@pytest.fixture
def cases(agent, approver):
    return erasures_at_clerk(3, agent=agent.staff, approver=approver.staff)


def ticked(cases) -> dict:
    return {"steps": [str(step.id) for step in waiting(cases)]}


def users(cases) -> set[str]:
    return {f"user_{case.subject_id.hex}" for case in cases}


def shown(page) -> set[str]:
    return set(page.context["all_ids"].split())


class TestMany:
    def test_all_that_waits_at_a_processor_stands_on_one_page_with_what_to_do_there(self, approver, cases):
        page = approver.get(MANUAL)
        assert {line["row"].pk for line in page.context["lines"]} == {case.pk for case in cases}
        for words in (connectors["clerk"].console, "choose Delete user", "Attest for the people ticked"):
            assert words in page.text
        assert shown(page) == set() and "user_" not in page.text

    def test_shown_for_once_are_the_ids_of_those_ticked(self, agent, cases):
        given = ticked(cases[:2]) | {"reveal": "yes"}
        page = agent.post(AT_CLERK, given)
        assert shown(page) == users(cases[:2]) and "no-store" in page["Cache-Control"]
        assert AuditEntry.objects.filter(event="step.revealed", actor=agent.staff).count() == 2
        assert "user_" not in agent.get(AT_CLERK).text

    def test_one_ticket_attests_them_and_the_cases_go_on(self, approver, cases, rung):
        answer = approver.post(AT_CLERK, ticked(cases) | {"evidence": "SUP-1204", "attest": "yes"})
        assert answer.url == AT_CLERK and "Attested for 3 people" in texts(answer)
        assert set(rung) == {case.pk for case in cases} and waiting(cases) == []
        assert "Nothing waits for a person at Clerk" in approver.get(AT_CLERK).text

    @pytest.mark.parametrize("given", [{"evidence": ""}, {"evidence": "Ottilie"}, {"evidence": "OTTILIE-1"}])
    def test_what_is_no_number_attests_nobody_and_leaves_them_ticked(self, approver, cases, given):
        page = approver.post(AT_CLERK, ticked(cases[:2]) | given)
        assert page.status_code == 200 and len(waiting(cases)) == 3
        assert sum(line["is_ticked"] for line in page.context["lines"]) == 2
        assert page.context["form"].errors

    def test_nobody_ticked_or_somebody_attested_meanwhile_is_said(self, approver, cases):
        assert "Tick at least one person" in texts(approver.post(AT_CLERK, {"evidence": "SUP-1"}))
        before = ticked(cases)
        approver.post(url("attest", cases[0], step_id=waiting(cases[:1])[0].pk), {"evidence": "SUP-1"})
        assert "Somebody has finished some of these" in texts(approver.post(AT_CLERK, before | {"evidence": "SUP-2"}))
        assert len(waiting(cases)) == 2

    def test_nobody_attests_what_they_asked_for(self, manager, approver):
        own = erasures_at_clerk(1, agent=manager.staff, approver=approver.staff)
        [line] = manager.get(AT_CLERK).context["lines"]
        assert "another person has to attest" in line["not_because"] and not line["is_ticked"]
        answer = manager.post(AT_CLERK, ticked(own) | {"evidence": "SUP-1"})
        assert "may not attest" in texts(answer) and len(waiting(own)) == 1

    def test_an_agent_asks_there_and_is_offered_no_word(self, agent, cases):
        page = agent.get(AT_CLERK)
        assert "an approver or manager attests it" in page.text and 'name="evidence"' not in page.text
        agent.post(AT_CLERK, ticked(cases) | {"evidence": "SUP-1"})
        assert len(waiting(cases)) == 3

    def test_of_who_is_held_nothing_is_asked(self, agent, cases):
        ask("hold_place", subject_ids=[cases[0].subject_id], actor=agent.staff, reason=REASON)
        assert {line["row"].pk for line in agent.get(AT_CLERK).context["lines"]} == {c.pk for c in cases[1:]}
        assert manual_counts() == {"clerk": 2}

    @pytest.mark.parametrize("role", [roles.AUDITOR, roles.DEVELOPER])
    def test_it_is_for_those_who_may_be_shown_the_ids(self, role, cases):
        client = signed_in(role)
        assert client.get(AT_CLERK).status_code == 403
        assert client.post(AT_CLERK, ticked(cases) | {"reveal": "yes"}).status_code == 403

    def test_twenty_take_the_queries_of_one(self, agent, approver):
        numbers = []
        for people in (1, 19):
            erasures_at_clerk(people, agent=agent.staff, approver=approver.staff)
            approver.get(AT_CLERK)
            with CaptureQueriesContext(connection) as captured:
                assert len(approver.get(AT_CLERK).context["lines"]) == (people if people == 1 else 20)
            numbers.append(len(captured))
        assert numbers[0] == numbers[1] <= 12, numbers


class TestOfACase:
    def test_the_open_step_shows_where_and_what_and_takes_the_ticket(self, approver, cases):
        page, [step] = approver.get(page_url(cases[0])).text, waiting(cases[:1])
        for words in (connectors["clerk"].console, "choose Delete user", url("attest", cases[0], step_id=step.pk)):
            assert words in page
        answer = approver.post(url("attest", cases[0], step_id=step.pk), {"evidence": "SUP-1204"})
        assert answer.url == page_url(cases[0]) and waiting(cases[:1]) == []

    def test_its_ids_are_shown_for_once_and_its_trail_says_so(self, agent, cases):
        [step] = waiting(cases[:1])
        page = agent.post(url("reveal", cases[0], step_id=step.pk))
        assert users(cases[:1]) <= {line["manual"] and line["manual"]["ids"][0] for line in page.context["steps"]
                                    if line["manual"]}  # fmt: skip
        assert "Shown to a member of staff: what the processor calls the person: Erasure at Clerk" in page.text
        assert "no-store" in page["Cache-Control"] and "user_" not in agent.get(page_url(cases[0])).text

    def test_looking_by_the_address_alone_shows_nothing(self, agent, cases):
        [step] = waiting(cases[:1])
        assert agent.get(url("reveal", cases[0], step_id=step.pk)).url == page_url(cases[0])
        assert "no such step" in texts(agent.post(url("reveal", cases[1], step_id=step.pk)))
        assert not AuditEntry.objects.filter(event="step.revealed").exists()

    def test_a_wrong_number_in_the_row_leads_to_the_question_with_what_was_typed(self, approver, cases):
        [step] = waiting(cases[:1])
        page = approver.post(url("attest", cases[0], step_id=step.pk), {"evidence": "by letter"})
        assert page.context["form"].errors["evidence"] and "by letter" in page.text and len(waiting(cases)) == 3

    def test_with_the_last_word_it_moves_as_soon_as_a_worker_looks(self, approver, cases):
        approver.post(url("attest", cases[0], step_id=waiting(cases[:1])[0].pk), {"evidence": "SUP-1204"})
        assert approver.get(url("progress", cases[0])).json()["next"] == 1500
        working.run(cases[0].pk)
        cases[0].refresh_from_db()
        assert cases[0].state == State.ANSWERING

    def test_the_page_takes_few_queries(self, approver, cases):
        approver.get(page_url(cases[0]))
        with CaptureQueriesContext(connection) as captured:
            approver.get(page_url(cases[0]))
        assert len(captured) <= 12, "\n".join(q["sql"] for q in captured)


class TestConsole:
    def test_every_processor_that_a_person_asks_says_what_to_do(self):
        manual = {key for key, connector in connectors.items() if connector.mode == "manual"}
        assert {key for key, console in consoles(manual).items() if not console.instructions} == set()
        assert all(console.instructions.count(". ") + 1 == 2 for console in consoles(manual).values())

    def test_what_a_manager_has_entered_comes_first(self):
        entered = {"console": "https://eu.posthog.com", "instructions": "Do it. Note it."}
        Processor.objects.filter(pk="analytics").update(**entered)
        found = consoles(["analytics", "clerk"])
        assert (found["analytics"].url, found["analytics"].instructions) == (*entered.values(),)
        assert found["clerk"].url == connectors["clerk"].console

    @pytest.mark.parametrize("address", ["javascript:alert(1)", "http://example.com", "example"])
    def test_only_an_https_address_is_taken(self, address):
        assert "console" in ProcessorForm({"console": address}).errors
        assert "console" not in ProcessorForm({"console": "https://eu.posthog.com/persons"}).errors


def test_the_dashboard_counts_them_for_those_who_can_do_them(agent, cases):
    figures = {figure.label: figure for figure in agent.get(reverse("admin:index")).context["pressing"]}
    assert (figures["Manual steps"].number, figures["Manual steps"].url) == (3, MANUAL)
    assert "Manual steps" not in {f.label for f in signed_in(roles.AUDITOR).get("/admin/").context["pressing"]}
