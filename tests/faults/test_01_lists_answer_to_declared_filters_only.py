"""The address of a list asks by what the list declares, exactly; whatever else it says is refused and not ignored."""

import itertools
import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import urlencode, urljoin

import pytest
from django.contrib import admin
from django.db.models import ForeignObjectRel
from django.test import Client, RequestFactory
from django.urls import reverse

from privacy import models as privacy
from privacy.admin.address import Refused
from privacy.models import AuditEntry, Outcome, State
from tests import factories as f
from tests.admin.pages import pages
from tests.trail import since_the_release

pytestmark = pytest.mark.django_db
ROLES = ("manager", "auditor", "developer")
HOSTILE = [
    "INT.", "^(a+)+$", "(", "\0", "%00", "10**40", "9" * 40, "-1", "9999999999-01-01", "0000-00-00", "2026-02-30",
    "True", "None", "", " ", "' OR 1=1 --", "ａ", "🎬" * 40, "x" * 5_000, "1,2", "nan", "{}",
]  # fmt: skip
NOT_SHOWN = (400, 403)


def registered():
    return list(admin.site._registry.items())


def list_of(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def own_columns(model):
    return [field for field in model._meta.get_fields() if not isinstance(field, ForeignObjectRel)]


def columns(model):
    """(path, field) of the model's own columns and those one relation away, in both directions."""
    for field in model._meta.get_fields():
        yield field.name, field
        if field.related_model:
            for further in own_columns(field.related_model):
                yield f"{field.name}__{further.name}", further


def lookups(field) -> list[str]:
    known = list(field.get_lookups()) if hasattr(field, "get_lookups") else ["exact", "isnull", "in"]
    return ["", *known, "year__gte", "date", "length", "0", "key__startswith"]


def keys(model):
    for path, field in columns(model):
        for lookup in lookups(field):
            yield f"{path}__{lookup}" if lookup else path


def declared(model, model_admin, request) -> set[str]:
    return {offered.parameter_name for offered in model_admin.get_list_filter(request)}


def asking(model, key: str, value: str, member):
    request = RequestFactory().get(list_of(model), {key: value})
    request.user = member
    return request


# The door does not ask who comes: one role finds out, and an attack whether the others find the same.
@pytest.mark.parametrize("role", [ROLES[0], *[pytest.param(role, marks=pytest.mark.attack) for role in ROLES[1:]]])
def test_no_column_with_no_lookup_gets_as_far_as_the_query(role):
    """Every admin, column and lookup, through the one door that the list and its export share."""
    member = f.StaffFactory(role=role)
    passed, tried = [], 0
    for model, model_admin in registered():
        allowed = declared(model, model_admin, asking(model, "", "", member))
        for key in set(keys(model)) - allowed:
            tried += 1
            request = asking(model, key, "x", member)
            try:
                model_admin.get_changelist(request)
            except Refused:
                continue
            passed.append((model._meta.label, key))
    assert passed == []
    assert tried > 10_000


def test_no_column_of_a_list_answers_to_the_address():
    """Every admin and column over HTTP; lookups, values and roles take turns."""
    f.person_with_everything()
    clients = {role: Client() for role in ROLES}
    for role, client in clients.items():
        client.force_login(f.StaffFactory(role=role))
    answered, values, roles = {}, itertools.cycle(HOSTILE), itertools.cycle(ROLES)
    for model, model_admin in registered():
        allowed = declared(model, model_admin, asking(model, "", "", f.StaffFactory.build(role=None)))
        for place, field in enumerate(own_columns(model)):
            found = [f"{field.name}__{lookup}" if lookup else field.name for lookup in lookups(field)]
            key, role = found[place % len(found)], next(roles)
            if key not in allowed:
                query = urlencode({key: next(values)})
                status = clients[role].get(f"{list_of(model)}?{query}").status_code
                if status not in NOT_SHOWN:
                    answered[role, f"{model._meta.label}?{query}"] = status
    assert answered == {}


def test_a_masked_title_cannot_be_read_letter_by_letter(client):
    f.ScriptFactory(title="The Long Way Home")
    client.force_login(f.StaffFactory(role="auditor"))
    url = list_of(privacy.Script)
    for lookup in ("startswith", "istartswith", "contains", "regex", "gt", "lt", "exact", "length", "iexact"):
        for letter in ("T", "X"):
            assert client.get(url, {f"title__{lookup}": letter}).status_code == 400
    assert since_the_release().count() == 0


def test_a_developer_cannot_ask_about_reasons(client):
    f.CaseFactory(reason="Her ex-husband wrote to us about the divorce")
    client.force_login(f.StaffFactory(role="developer"))
    answer = client.get(list_of(privacy.RightsRequest), {"reason__startswith": "Her", "queue": "all"})
    assert answer.status_code == 400
    assert "ask" in answer.text and "Her" not in answer.text


def test_the_export_of_a_list_takes_no_more_than_the_list(client):
    f.ScriptFactory(title="The Long Way Home")
    client.force_login(f.StaffFactory(role="manager"))
    for query in ("title__startswith=T", "body__regex=%28a%2B%29%2B", "owner__full_name=x", "o=2", "q=x"):
        for ask in (client.get, client.post):
            assert ask(f"{reverse('admin:privacy_script_export')}?{query}").status_code == 400, query


def rows(client, model, query: str) -> int:
    answer = client.get(f"{list_of(model)}?{query}")
    assert answer.status_code == 200, query
    return answer.context["cl"].result_count


class TestDeclaredFiltersStillFilter:
    def test_those_of_the_dashboard(self, client, manager):
        today = date.today()
        f.CaseFactory(due_on=today + timedelta(days=3), state=State.RECEIVED)
        f.CaseFactory(due_on=today + timedelta(days=30), state=State.FULFILLING)
        f.CaseFactory(due_on=today + timedelta(days=30), state=State.ANSWERING, outcome=Outcome.DENIED)
        f.LegalHoldFactory()
        f.LegalHoldFactory(released=True)
        f.ChildFlagFactory()
        f.ChildFlagFactory(cleared=True)
        asked = {
            (privacy.RightsRequest, "deadline=week"): 1,
            (privacy.RightsRequest, f"state__exact={State.FULFILLING}"): 1,
            (privacy.RightsRequest, "outcome__exact=denied"): 1,
            (privacy.RightsRequest, "queue=answering"): 1,
            (privacy.RightsRequest, "queue=all"): 3,
            (privacy.RightsRequest, "queue=all&p=1"): 3,
            (privacy.LegalHold, "released_at__isnull=1"): 1,
            (privacy.LegalHold, "state=past"): 1,
            (privacy.ChildFlag, "state__exact=suspected"): 1,
            (privacy.Processor, "review=due"): 8,
        }
        assert {key: rows(client, *key) for key in asked} == asked

    def test_those_of_a_person(self, client, manager):
        person, _ = f.person_with_everything(), f.person_with_everything()
        for model, model_admin in registered():
            if path := getattr(model_admin, "subject_path", None):
                everybody, own = rows(client, model, ""), rows(client, model, f"{path}__exact={person.pk}")
                assert 0 < own < everybody, model
        assert rows(client, privacy.RightsRequest, f"queue=all&subject={person.pk}") == 1

    def test_those_that_staff_choose(self, client, manager):
        f.CaseFactory(kind="erasure")
        f.CaseFactory(kind="access")
        assert rows(client, privacy.RightsRequest, f"kind__exact={'erasure'}") == 1
        f.LimitFactory()
        assert rows(client, privacy.DataSubject, "state=frozen") == 1

    def test_those_of_the_trail(self, client, manager):
        person = f.person_with_everything()
        client.post(reverse("admin:privacy_script_reveal_content", args=[person.scripts.first().pk]),
                    {"reason": "support"})  # fmt: skip
        entry = since_the_release().get()
        assert rows(client, AuditEntry, f"chain__exact={entry.chain}") == 1
        assert rows(client, AuditEntry, "event=content.revealed") == 1

    def test_those_of_the_staff(self, client, django_user_model):
        boss = django_user_model.objects.create_superuser("root")
        client.force_login(boss)
        agent = f.StaffFactory(role="agent", is_active=False)
        group = agent.groups.get().pk
        for query, number in {
            f"groups__id__exact={group}": 1,
            "is_active__exact=0": 1,
            "is_superuser__exact=1": 1,
        }.items():
            assert rows(client, django_user_model, query) == number
        assert rows(client, django_user_model, f"q={agent.username}") == 1

    def test_sorting_by_the_columns_that_show_an_arrow(self, client, manager):
        f.DataSubjectFactory(full_name="Ada", created_at="2026-01-01T00:00Z")
        f.DataSubjectFactory(full_name="Zoe", created_at="2026-01-02T00:00Z")
        for order, first in (("2", "Ada"), ("-2", "Zoe"), ("", "Zoe")):
            page = client.get(list_of(privacy.DataSubject), {"o": order})
            assert page.context["cl"].result_list[0].full_name == first


def test_every_link_that_our_pages_have_is_understood(client, django_user_model, unrendered):
    """Tabs, filters, arrows, pages, figures and the ways back, from lists that are narrowed already, too; of one who
    sees the people and the accounts."""
    client.force_login(f.StaffFactory(role="manager", is_superuser=True))
    person = f.person_with_everything()
    f.CaseFactory.create_batch(51, subject=person, kind="erasure", closed=True,
                                        approved_by=f.StaffFactory(), approved_at="2026-01-01T00:00Z")  # fmt: skip
    starts = {page.url for page in pages() if page.kind in ("index", "changelist", "change", "add")} | {
        f"{list_of(privacy.RightsRequest)}?queue=all&state__exact=closed&outcome__exact=fulfilled&kind__exact=erasure&deadline=week",
        f"{list_of(privacy.RightsRequest)}?queue=all&subject={person.pk}&o=1.-3&p=2",
        f"{list_of(privacy.Script)}?owner__exact={person.pk}",
        f"{list_of(django_user_model)}?is_active__exact=1&o=-1",
    }
    links, refused = set(), set()
    for start in starts:
        page = client.get(start)
        if page.status_code == 400:
            refused.add(start)
        links |= {urljoin(start, unescape(link)) for link in re.findall(r'href="([^"#]*\?[^"]*)"', page.text)}
    assert refused == set()
    ours = {link for link in links if link.startswith("/admin/")}
    assert len(ours) > 100
    which = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|20\d\d-\d\d-\d\d|(?<=/)\d+(?=/)|(?<=\bp=)\d+"
    one_of_each = {re.sub(which, "x", link): link for link in ours}
    unrendered()
    assert {link: status for link in one_of_each.values() if (status := read(client, link)) >= 400} == {}


def read(client, link: str) -> int:
    """How it answers, when the rows of a list have been read, which else its words would do."""
    answer = client.get(link)
    if cl := (getattr(answer, "context_data", None) or {}).get("cl"):
        list(cl.result_list)
    return answer.status_code


BAD = [
    "state__exact=%00", "state__exact=nonsense", "state__exact=", "state__exact=received&state__exact=received",
    "kind__exact=0", "kind__isnull=1", "queue=nonsense", "queue=", "subject=nonsense", "subject=", "subject=%00",
    f"subject={'9' * 40}", "subject__exact=nonsense", "deadline=month", "due_on__gte=9999999999-01-01",
    "due_on__gte=0000-00-00", "due_on__lte=31.12.2026", "due_on__lt=2026-01-01",
    "p=0", "p=-1", "p=2", "p=99999999999999999999", "p=x", "p=%C2%B2", "p=", "p=1&p=1", "all=", "all=1", "e=1",
    "o=99", "o=1.1", "o=x", "o=-", "o=" + ".".join(["1"] * 3000), "o=%D9%A1", "q=" + "x" * 3000, "_facets=True",
    "due_from=31.12.2026", "due_to=2026-13-01", "received_from=0001-01-01", "received_to=9999-12-31", "due_from=x",
    "_popup=1",
    "_to_field=id", "_to_field=reason", "_changelist_filters=x", "unknown=1", "=1", "%00=1", "queue=all&x=%FF",
]  # fmt: skip


@pytest.mark.parametrize("query", BAD)
def test_a_bad_value_of_a_good_key_is_refused_like_a_bad_key(client, manager, query):
    f.CaseFactory()
    assert client.get(f"{list_of(privacy.RightsRequest)}?{query}").status_code == 400


def test_the_refusal_says_what_to_do_and_repeats_nothing(client, manager, caplog):
    answer = client.get(list_of(privacy.DataSubject), {"full_name__icontains": "Mustermann"})
    assert "Open the page from the menu" in answer.text
    assert "Mustermann" not in answer.text + caplog.text
    assert "full_name" not in answer.text


def test_masked_and_unmarked_columns_do_not_order_a_list(client, manager):
    f.person_with_everything()
    for model, model_admin in registered():
        if getattr(model_admin, "subject_path", None):
            for column in range(len(model_admin.list_display) + 1):
                assert client.get(list_of(model), {"o": f"-{column}"}).status_code == 400, (model, column)


@pytest.mark.parametrize("name", ["script", "legalhold", "auditentry", "suppression", "batch", "team"])
def test_lists_without_a_search_refuse_one(client, manager, name):
    assert client.get(reverse(f"admin:privacy_{name}_changelist"), {"q": "x"}).status_code == 400


def test_a_search_longer_than_any_name_is_refused_before_it_is_a_query(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root"))
    url = list_of(django_user_model)
    assert client.get(url, {"q": "a " * 499}).status_code == 200
    assert client.get(url, {"q": "a " * 5_000}).status_code == 400


def test_a_long_term_is_searched_for_and_finds_nobody(client, manager):
    f.DataSubjectFactory(full_name="Zoë Quint")  # no word begins as one of the terms does
    for term in ("x" * 60_000, "🎬" * 60_000, "a " * 30_000, "x" * 60_000 + "@example.com", "%" * 60_000):
        answer = client.post(reverse("admin:privacy_datasubject_search"), {"term": term}, follow=True)
        assert answer.status_code == 200
        assert answer.context["cl"].result_count == 0


HOSTILE_KEYS = ["nobody", "9" * 40, "-1", "🎬", "x" * 3_000, "_5F", "1e400"]


def test_the_page_of_no_row_leads_away_and_never_breaks(client, manager):
    hostile = itertools.cycle(HOSTILE_KEYS)
    for model, _ in registered():
        for name in ("change", "change", "change", "history", "delete"):
            page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=[next(hostile)])
            assert client.get(page).status_code in (302, 403, 404), page


def test_the_page_of_a_row_takes_the_way_back_and_nothing_else(client, manager):
    f.person_with_everything()
    for model in (privacy.Script, privacy.DataSubject, privacy.RightsRequest, privacy.Team, privacy.Processor):
        row = model.objects.first()
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
        assert client.get(page, {"_changelist_filters": "p=2"}).status_code == 200
        for query in ({"title__startswith": "T"}, {"_to_field": "title"}, {"_to_field": "full_name"}, {"_popup": "x"}):
            assert client.get(page, query).status_code == 400, (page, query)


def test_a_form_is_not_filled_in_from_its_address(client, manager):
    add = reverse("admin:privacy_processor_add")
    assert client.get(add).status_code == 200
    assert client.get(add, {"_popup": "1", "_to_field": "key"}).status_code == 200
    for query in ({"name": "x"}, {"parent": "9" * 40}, {"_to_field": "name"}):
        assert client.get(add, query).status_code == 400


def test_the_rows_on_a_page_are_turned_by_pages_that_exist(client, manager):
    team = f.TeamFactory()
    f.MembershipFactory.create_batch(21, team=team)
    page = reverse("admin:privacy_team_change", args=[team.pk])
    for number, status in {"1": 200, "2": 200, "3": 400, "0": 400, "²": 400, "x": 400, "9" * 40: 400}.items():
        assert client.get(page, {"memberships-page": number}).status_code == status, number


def test_the_rows_of_a_batch_are_turned_by_pages_that_exist(client, manager):
    page = reverse("admin:privacy_batch_change", args=[f.BatchFactory().pk])
    for number, status in {"1": 200, "2": 400, "x": 400, "²": 400, "9" * 40: 400}.items():
        assert client.get(page, {"page": number}).status_code == status, number


def test_an_action_takes_keys_of_rows_and_the_address_of_its_list(client, manager):
    person = f.DataSubjectFactory()
    url = list_of(privacy.DataSubject)
    for key in ("nonsense", "", "9" * 40):
        answer = client.post(url, {"action": "hold_place", "_selected_action": [key], "index": "0"})
        assert answer.status_code == 400, key
    ticked = {"action": "hold_place", "_selected_action": [str(person.pk)], "index": "0"}
    assert client.post(f"{url}?full_name__startswith=A", ticked).status_code == 400
    assert client.post(f"{url}?state=busy", ticked).status_code == 200


def test_nothing_is_searched_by_an_address(client, manager):
    assert client.get("/admin/search/", {"s": "people"}).status_code == 404


def test_choices_are_not_looked_up_by_what_somebody_types(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root"))
    query = {"app_label": "privacy", "model_name": "rightsrequest", "field_name": "requested_by", "term": "r"}
    assert client.get("/admin/autocomplete/", query).status_code == 404
