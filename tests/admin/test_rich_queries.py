"""A page takes a dozen queries at most however many kinds of rows stand on it, whoever reads it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kosenai_ops import staff_access
from privacy import regimes, roles
from privacy.cases.packages import give_link
from privacy.catalogue import case_kinds
from privacy.datamap import compiler
from privacy.models import ChildFlag, DataSubject, LegalHold, Outcome, State
from tests import factories as f
from tests.admin.clients import page_url, signed_in, url
from tests.admin.rich import PROCESSORS, rich_case, rich_person, with_earlier_work, with_work
from tests.fulfilment.exporting import exported

pytestmark = pytest.mark.django_db
MOST = 12
QUEUE, PEOPLE = "/admin/privacy/rightsrequest/", "/admin/privacy/datasubject/"
PARKED = {"parked_because": "Not as it was approved: new in the plan", "approved": ["delete privacy.Session"]}


@pytest.fixture(autouse=True)
def nobody_is_written_down(monkeypatch):
    """That somebody is here is written once a minute, which no page is to blame for."""
    monkeypatch.setattr(staff_access, "SECONDS_BETWEEN_WRITES", 3_600)


@pytest.fixture
def person():
    return rich_person()


def asked(client: Client, address: str, posted: dict | None = None):
    """(the queries that the page takes, the page); what is looked up once a process is there the second time."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = client.post(address, posted) if posted else client.get(address)
        if len(queries) <= MOST:
            break
    assert page.status_code == 200, address
    return [query["sql"][:120] for query in queries], page


def within(client: Client, address: str, posted: dict | None = None):
    queries, page = asked(client, address, posted)
    assert len(queries) <= MOST, "\n".join([address, *queries])
    return page


class TestACase:
    @pytest.mark.parametrize("role", [roles.AGENT, roles.APPROVER, roles.MANAGER, roles.AUDITOR, roles.DEVELOPER])
    def test_an_erasure_that_awaits_its_decision(self, person, role):
        page = within(signed_in(role), page_url(rich_case("erasure", person)))
        assert ("decision" in page.context) == (role in (roles.APPROVER, roles.MANAGER))
        if role == roles.DEVELOPER:
            assert not {"sides", "comments", "plan"} & page.context.keys() and "envelope" not in page.text
            return
        assert page.text.count("envelope.txt") == 2 and page.text.count("The earlier answer left a question open") == 4
        assert page.text.count("The clock stood from 30 Nov") == page.text.count("The clock stands since") == 1
        assert sum(line.named for section in page.context["sections"] for line in section.lines) > 0
        assert len(page.context["followed_by"]) == 3 and "Legal hold" in page.text

    def test_one_that_was_taken_up_again_while_its_work_goes_on(self, person):
        case = rich_case("erasure", person)
        with_earlier_work(case)
        with_work(case)
        page = within(signed_in(roles.MANAGER), page_url(case))
        assert page.context["decision"] and page.context["receipt"] and page.context["table"]
        assert sum(bool(line["manual"]) for line in page.context["steps"]) == len(PROCESSORS) + 1

    def test_one_that_is_parked_because_its_plan_has_changed(self, person):
        case = rich_case("erasure", person, state=State.FULFILLING, deciders=1)
        with_earlier_work(case)
        with_work(case, **PARKED)
        page = within(signed_in(roles.MANAGER), page_url(case))
        assert url("approve_again", case) in page.text and page.context["table"] and page.context["receipt"]

    def test_one_that_is_carried_out_in_many_steps(self, person):
        case = rich_case("erasure", person, state=State.FULFILLING, deciders=1)
        with_earlier_work(case)
        job = with_work(case)
        for declared in compiler.all_declarations():
            f.StepFactory(job=job, name="erasure.slices", target=declared.label())
        page = within(signed_in(roles.MANAGER), page_url(case))
        assert len(page.context["steps"]) > 50 and page.context["is_stalled"]
        within(signed_in(roles.MANAGER), url("progress", case))

    @pytest.mark.parametrize("state", [State.ANSWERING, State.CLOSED])
    def test_a_copy_with_its_link_given_by_the_work_of_another_case(self, person, state):
        first = f.CaseFactory(subject=person, closed=True)
        with_earlier_work(first)
        job = f.JobFactory(case=first, ended_at=datetime.now(UTC))
        given = {"outcome": Outcome.FULFILLED, "closed_at": datetime.now(UTC) if state == State.CLOSED else None}
        case = rich_case("access", person, state=state, joined=job, answered_at=datetime.now(UTC),
                         answered_how="link", **given)  # fmt: skip
        with_earlier_work(case)
        page = within(signed_in(roles.MANAGER), page_url(case))
        assert page.context["package"].is_to_remind and "Remind the person" in page.text

    def test_one_of_every_kind_and_the_pages_of_its_decision(self):
        """The account that was merged is split off, the others are about the person."""
        person = rich_person(is_flagged=False)
        account, manager = DataSubject.objects.get(merged_into=person), signed_in(roles.MANAGER)
        for key, kind in case_kinds.items():
            case = rich_case(key, account if key == "split" else person)
            within(manager, page_url(case))
            if kind.decision:
                within(manager, url("approve", case))
            if kind.may.deny and not (kind.undeniable and kind.undeniable(case)):
                within(manager, url("deny", case))

    def test_the_pages_about_it(self, person):
        case = rich_case("erasure", person)
        for name in ("dossier", "extend", "acknowledge", "pause", "resume", "comment", "assign", "cancel", "clocks"):
            within(signed_in(roles.MANAGER), url(name, case))
        closed = rich_case("access", person, closed=True)
        for name in ("reopen", "answer"):
            within(signed_in(roles.MANAGER), url(name, closed))


def test_many_are_decided_by_the_queries_of_one(person):
    """Each appeal is against a case of its own."""
    others = [rich_person(), f.DataSubjectFactory()]
    manager = signed_in(roles.MANAGER)
    for kind in ("erasure", "appeal", "complaint", "hold_release"):
        ids = [rich_case(kind, one).pk for one in (person, *others)]
        for action in ("deny",) if case_kinds[kind].alone else ("approve", "deny"):
            within(manager, f"{QUEUE}?queue=all", {"action": action, "_selected_action": ids})
    closed = [rich_case("access", one, closed=True).pk for one in (person, *others)]
    within(manager, f"{QUEUE}?queue=closed", {"action": "reopen", "_selected_action": closed})


@pytest.mark.parametrize("role", [roles.AGENT, roles.APPROVER, roles.MANAGER, roles.AUDITOR])
def test_the_pages_of_a_person_of_their_accounts_and_of_what_is_in_force(person, role):
    with_work(rich_case("erasure", person), **PARKED)
    member = signed_in(role)
    for one in (person, DataSubject.objects.get(merged_into=person)):
        within(member, reverse("admin:privacy_datasubject_change", args=[one.pk]))
    hold, flag = LegalHold.objects.get(released_at=None), ChildFlag.objects.get(state="suspected")
    for row in (hold, flag):
        within(member, reverse(f"admin:privacy_{row._meta.model_name}_change", args=[row.pk]))
        within(member, reverse(f"admin:privacy_{row._meta.model_name}_changelist"))


def test_asking_about_one_and_about_many(person):
    other, manager = rich_person(), signed_in(roles.MANAGER)
    for key, kind in case_kinds.items():
        if not kind.alone:
            chosen = {"action": key, "_selected_action": [person.pk, other.pk]}
            within(manager, PEOPLE, chosen)
        within(manager, reverse("admin:privacy_datasubject_act_on", args=[person.pk, key]))


@pytest.fixture
def busy_day(person):
    """Something of all that the lists and the first page tell."""
    with_work(rich_case("erasure", person, state=State.FULFILLING, deciders=1), **PARKED)
    rich_case("access", person, state=State.VERIFYING, due_on=regimes.today() - timedelta(days=2))
    batch = f.BatchFactory(kind="access")
    for state in (State.DECIDING, State.FULFILLING, State.ANSWERING, State.CLOSED) * 2:
        given = {"closed": True} if state == State.CLOSED else {"state": state}
        case = f.CaseFactory(batch=batch, owner=f.StaffFactory(deputy=f.StaffFactory()), **given)
        f.StepFactory(job__case=case, name="access.package")
        f.AccessPackageFactory(request=case)
    for _ in range(2):
        f.JobFactory(id=f.MailFactory().id, kind="mail", case=None, subject=None, parked_because="It is away")
        f.JobFactory(id=f.ImportRunFactory().id, kind="import", case=None, subject=None, parked_because="It is gone")
        f.RoleGrantFactory()
        f.InvitationFactory()
        f.AccessReviewFactory()
        f.SuppressionFactory()
        f.ProcessorFactory(role="sub_processor", parent=f.ProcessorFactory())
    return batch


@pytest.mark.parametrize("role", [roles.AGENT, roles.APPROVER, roles.MANAGER, roles.AUDITOR, roles.DEVELOPER])
def test_the_first_page_and_the_queue_on_a_busy_day(busy_day, role):
    member = signed_in(role)
    f.SavedFilterFactory(member=member.staff)
    within(member, reverse("admin:index"))
    for tab in ("", "?queue=all", "?queue=parked", "?queue=closed", "?queue=mine"):
        within(member, QUEUE + tab)


def test_the_pages_of_the_house_on_a_busy_day(busy_day):
    manager, rows = signed_in(roles.MANAGER), []
    for model in ("batch", "staff", "rolegrant", "processor", "importrun"):
        name = f"admin:privacy_{model}"
        listed = within(manager, reverse(f"{name}_changelist"))
        rows += [reverse(f"{name}_change", args=[row.pk]) for row in listed.context["cl"].result_list[:2]]
    for address in (*rows, reverse("admin:privacy_batch_change", args=[busy_day.pk])):
        within(manager, address)
    for name in ("processor_data_flow", "processor_record", "rightsrequest_manual"):
        within(manager, reverse(f"admin:privacy_{name}"))
    within(manager, reverse("admin:privacy_rightsrequest_manual", args=["clerk"]))


@pytest.mark.django_db(transaction=True)
def test_the_page_of_a_link_to_a_package():
    package = exported(f.person_with_everything())
    token = give_link(request_id=package.request_id, actor=f.StaffFactory())
    within(Client(), reverse("package_download", args=[token]))
