"""What Ctrl+K finds, and for whom: nothing that a role may not see, and no term in an address or a log."""

import logging

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy import roles
from tests import factories as f
from tests.admin.clients import signed_in

pytestmark = pytest.mark.django_db
FIND = "/admin/find/"


def found(role: str, term: str) -> dict[str, list[str]]:
    context = signed_in(role).post(FIND, {"term": term}).context
    return {name: [hit.title for hit in hits] for name, hits in context["found"].items()}


@pytest.fixture
def zofia():
    person = f.DataSubjectFactory(full_name="Zofia Zielińska")
    f.IdentifierFactory(subject=person, value="zofia@example.com", is_primary=True)
    return person


@pytest.mark.parametrize("term", ["zielinska", "ZOFIA@example.com", "short id"])
def test_people_are_found_by_name_address_and_short_id(zofia, term):
    answer = signed_in(roles.AGENT).post(FIND, {"term": str(zofia.pk)[:8] if term == "short id" else term})
    assert reverse("admin:privacy_datasubject_change", args=[zofia.pk]) in answer.text
    assert "Zofia Zielińska" in answer.text and str(zofia.pk)[:8] in answer.text
    assert "zofia@example.com" not in answer.text and "example.com" in answer.text


def test_cases_are_found_by_short_id_with_who_it_is_about(zofia):
    case = f.CaseFactory(subject=zofia, kind="erasure")
    assert found(roles.AGENT, str(case.pk)[:8])["Cases"] == [str(case)]
    assert found(roles.AGENT, str(case))["Cases"] == [str(case)]
    assert "Zofia" in signed_in(roles.AGENT).post(FIND, {"term": str(case.pk)[:8]}).text


def test_a_developer_finds_the_case_and_nobody(zofia):
    case = f.CaseFactory(subject=zofia, kind="erasure")
    for term in ("Zofia", "zofia@example.com", str(zofia.pk)[:8], str(case.pk)[:8]):
        answer = signed_in(roles.DEVELOPER).post(FIND, {"term": term})
        assert "Zofia" not in answer.text and "People" not in answer.context["found"]
    assert found(roles.DEVELOPER, str(case.pk)[:8])["Cases"] == [str(case)]


def test_pages_are_found_by_their_word_in_the_menu_and_by_what_they_stand_under():
    assert found(roles.MANAGER, "legal h")["Pages"] == ["Legal holds"]
    assert set(found(roles.MANAGER, "holds")["Pages"]) == {"Legal holds", "Child flags"}
    assert "Pages" not in found(roles.DEVELOPER, "invoices")
    assert found(roles.MANAGER, "invoices")["Pages"] == ["Invoices"]


def test_actions_are_those_of_the_role_and_lead_to_the_search_for_people():
    answer = signed_in(roles.AGENT).post(FIND, {"term": "export"})
    [hit] = [hit for hit in answer.context["found"]["Actions"] if hit.title == "Export data"]
    assert hit.url == "/admin/privacy/datasubject/#searchbar"
    for role in (roles.AUDITOR, roles.DEVELOPER):
        assert "Actions" not in found(role, "export")


def test_the_term_stands_in_no_log_and_a_get_is_led_away(zofia, caplog):
    client = signed_in(roles.AGENT)
    with caplog.at_level(logging.DEBUG):
        client.post(FIND, {"term": "zofia@example.com"})
    said = " ".join(r.getMessage() for r in caplog.records if not r.name.startswith("django.db"))
    assert "zofia" not in said
    assert client.get(FIND, {"term": "zofia"}).url == "/admin/"


def test_a_stranger_is_sent_to_sign_in(client):
    assert "login" in client.post(FIND, {"term": "x"}).url


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(term=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300))
def test_whatever_is_typed_is_answered(manager, client, term):
    assert client.post(FIND, {"term": term}).status_code == 200
