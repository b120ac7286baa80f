"""The sidebar: the work with how much of it waits, the tables beneath, one query for all that is counted."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kosenai_ops import navigation
from privacy import roles
from privacy.models import Processor, Staff, State
from tests import factories as f

pytestmark = pytest.mark.django_db


def sidebar_of(role: str, path: str = "/admin/") -> list[dict]:
    request = RequestFactory().get(path)
    request.user = Staff.objects.get(pk=f.StaffFactory(role=role).pk)
    return navigation.sidebar(request)


def numbers(role: str) -> dict[str, int]:
    return {item["title"]: item["number"] for item in sidebar_of(role)[0]["items"] if item["number"]}


def titles(role: str) -> list[str]:
    return [item["title"] for item in sidebar_of(role)[0]["items"]]


def test_the_work_has_seven_entries_and_those_who_keep_accounts_two_more():
    seven = ["Today", "Queue", "People", "Manual steps", "Holds and flags", "Processors", "Evidence"]
    assert titles(roles.AGENT) == titles(roles.APPROVER) == seven
    assert titles(roles.MANAGER) == [*seven, "Register", "Staff"]
    assert titles(roles.DEVELOPER) == ["Today", "Queue", "Processors", "Evidence"]


def test_each_entry_says_how_much_waits():
    Processor.objects.all().delete()
    f.ProcessorFactory.create_batch(2)
    f.CaseFactory.create_batch(3, state=State.DECIDING)
    f.ChildFlagFactory()
    erasure = f.CaseFactory(kind="erasure", state=State.FULFILLING)
    f.StepFactory(job__case=erasure, name="processors.erase", target="stripe", state="waiting")
    found = numbers(roles.APPROVER)
    assert found == {"Queue": 4, "Manual steps": 1, "Holds and flags": 1, "Processors": 2}
    assert numbers(roles.DEVELOPER) == {"Queue": 4, "Processors": 2}


@pytest.mark.parametrize("role", roles.ROLES)
def test_all_that_is_counted_takes_one_query(role):
    request = RequestFactory().get("/admin/")
    request.user = Staff.objects.get(pk=f.StaffFactory(role=role).pk)
    request.user.has_perm("what the roles permit is read once")
    with CaptureQueriesContext(connection) as queries:
        navigation.sidebar(request)
    assert len(queries) == 1


def test_who_may_see_nothing_of_it_costs_no_query(django_assert_num_queries):
    request = RequestFactory().get("/admin/")
    request.user = AnonymousUser()
    with django_assert_num_queries(0):
        assert [item["title"] for group in navigation.sidebar(request) for item in group["items"]] == ["Today"]


@pytest.mark.parametrize(
    ("page", "entry", "under"),
    [("privacy_childflag_changelist", "Holds and flags", "Child flags"),
     ("privacy_batch_changelist", "Queue", "Batches"),
     ("privacy_processor_data_flow", "Processors", "Data flow"), ("index", "Today", None)],
)  # fmt: skip
def test_the_entry_of_a_page_stands_out_with_the_pages_beside_it(client, page, entry, under):
    client.force_login(f.StaffFactory(role=roles.MANAGER))
    items = client.get(reverse(f"admin:{page}")).context["sidebar_navigation"][0]["items"]
    [active] = [item for item in items if item["active"]]
    assert active["title"] == entry
    assert [item["title"] for item in active["pages"] if item["active"]] == ([under] if under else [])


def test_a_table_opens_the_tables(client):
    client.force_login(f.StaffFactory(role=roles.MANAGER))
    assert '<details class="ko-menu-data" open>' in client.get("/admin/privacy/note/").text
    assert '<details class="ko-menu-data">' in client.get("/admin/privacy/datasubject/").text


def test_every_list_of_the_site_stands_in_the_menu():
    from django.contrib import admin

    lists = {reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in admin.site._registry}
    assert lists - set(navigation.addresses().values()) == set()
