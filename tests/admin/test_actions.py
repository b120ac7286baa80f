"""The six actions on people: permission, a page that shows what will happen, enqueue, message."""

from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import roles
from privacy.admin import forms, search_terms
from privacy.admin.actions import ACTIONS
from privacy.fulfilment import children, holds
from privacy.jobs import bells
from privacy.models import Batch, DataSubject, Identifier, LegalHold, RightsRequest, State
from tests import factories as f
from tests import working

pytestmark = pytest.mark.django_db

LIST = "/admin/privacy/datasubject/"
REASON = "Ticket 4711, asked for by e-mail"


def signed_in(role: str) -> Client:
    client = Client()
    client.staff = f.StaffFactory(role=role)
    client.force_login(client.staff)
    return client


@pytest.fixture
def agent():
    return signed_in(roles.AGENT)


@pytest.fixture
def manager():
    return signed_in(roles.MANAGER)


def act_url(name: str) -> str:
    return reverse("admin:privacy_datasubject_act", args=[name])


def filled_in(name: str, people, **given) -> dict:
    answers = {"subjects": " ".join(str(p.pk) for p in people), "reason": REASON}
    if name in ("export", "erase"):
        answers["verification"] = "email_round_trip"
    return answers | given


def texts(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def make_ready(name: str, person, staff) -> None:
    """Brings the person into the state in which the action makes sense."""
    before = {"release": holds.place, "clear": children.flag}.get(name)
    for request in before(subject_ids=[person.pk], actor=staff, reason=REASON) if before else []:
        working.run(request.id)


class TestThePlanComesFirst:
    @pytest.mark.parametrize("name", ACTIONS)
    def test_looking_writes_nothing(self, manager, name):
        person = f.person_with_everything()
        make_ready(name, person, manager.staff)
        before = RightsRequest.objects.count()
        page = manager.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, name]))
        assert page.status_code == 200
        assert ACTIONS[name].submit in page.content.decode()
        assert RightsRequest.objects.count() == before

    def test_an_erasure_shows_what_goes_what_stays_and_why(self, agent):
        person = f.person_with_everything()
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "erase"])).content.decode()
        for words in ("Deleted", "Anonymised", "Handed over", "Kept", "Usage events", "are kept for eight years"):
            assert words in page
        assert person.full_name not in page

    def test_a_person_under_hold_is_left_alone_and_the_page_says_why(self, agent):
        person = f.LegalHoldFactory().subject
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "erase"])).content.decode()
        assert "A legal hold is in force" in page
        assert "Ask for erasure</button>" not in page

    def test_placing_a_hold_tells_which_erasures_it_stops(self, agent):
        request = f.CaseFactory(kind="erasure", state=State.DECIDING)
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[request.subject_id, "hold"]))
        assert page.context["erasures_touched"] == 1


class TestOnePerson:
    @pytest.mark.parametrize("name", ACTIONS)
    def test_a_submitted_form_opens_one_request_and_leads_to_it(self, manager, rung, name):
        person = f.DataSubjectFactory()
        make_ready(name, person, manager.staff)
        rung.clear()
        answer = manager.post(act_url(name), filled_in(name, [person]))
        request = RightsRequest.objects.get(subject=person, kind=ACTIONS[name].kind)
        assert answer.url == reverse("admin:privacy_rightsrequest_change", args=[request.pk])
        assert request.requested_by == manager.staff and request.reason == REASON and request.batch is None
        assert rung == ([] if name == "erase" else [request.pk])
        assert "Saved: 1 request" in texts(answer)

    @pytest.mark.parametrize("name", ACTIONS)
    def test_without_the_permission_the_post_is_refused(self, name):
        auditor = signed_in(roles.AUDITOR)
        person = f.DataSubjectFactory()
        assert auditor.post(act_url(name), filled_in(name, [person])).status_code == 403
        assert auditor.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, name])).status_code == 403
        assert not RightsRequest.objects.filter(subject=person).exists()

    def test_two_staff_press_erase_and_there_is_one_request(self, agent, manager, rung):
        person = f.DataSubjectFactory()
        first = agent.post(act_url("erase"), filled_in("erase", [person]))
        second = manager.post(act_url("erase"), filled_in("erase", [person]))
        assert RightsRequest.objects.filter(subject=person).count() == 1
        assert second.url == first.url
        assert "Nothing was started" in texts(second)

    def test_a_stopped_broker_loses_nothing_and_says_so(self, agent, monkeypatch, django_capture_on_commit_callbacks):
        def refuse(*args, **kwargs):
            raise ConnectionRefusedError

        monkeypatch.setattr(bells.current_app, "send_task", refuse)
        person = f.DataSubjectFactory()
        with django_capture_on_commit_callbacks(execute=True):
            answer = agent.post(act_url("hold"), filled_in("hold", [person]))
        assert answer.status_code == 302
        page = agent.get(answer.url).content.decode()
        assert "is saved and starts by itself" in page
        assert RightsRequest.objects.get(subject=person).state == State.FULFILLING


class TestManyPeople:
    def test_the_list_leads_to_the_confirmation_and_a_batch(self, agent, rung):
        people = f.DataSubjectFactory.create_batch(3)
        page = agent.post(LIST, {"action": "export", "_selected_action": [p.pk for p in people]})
        assert page.status_code == 200 and not RightsRequest.objects.exists()
        subjects = page.context["form"].initial["subjects"]
        answer = agent.post(act_url("export"), filled_in("export", [], subjects=" ".join(map(str, subjects))))
        batch = Batch.objects.get()
        assert answer.url == reverse("admin:privacy_batch_change", args=[batch.pk])
        assert {r.subject for r in batch.requests.all()} == set(people)
        assert len(rung) == 3

    def test_all_rows_of_a_filter(self, agent):
        f.DataSubjectFactory.create_batch(60)
        everyone = DataSubject.objects.values_list("pk", flat=True)
        page = agent.post(LIST, {"action": "hold", "select_across": 1, "_selected_action": list(everyone[:50])})
        assert len(page.context["form"].initial["subjects"]) == len(everyone)

    def test_above_the_cap_it_says_so(self, agent, monkeypatch):
        monkeypatch.setattr("privacy.admin.actions.MAX_PEOPLE", 2)
        people = f.DataSubjectFactory.create_batch(3)
        answer = agent.post(LIST, {"action": "hold", "_selected_action": [p.pk for p in people]})
        assert "At most 2 people at once" in texts(answer)

    def test_the_cap_holds_on_the_post_too(self, agent):
        too_many = " ".join(str(uuid4()) for _ in range(forms.MAX_PEOPLE + 1))
        answer = agent.post(act_url("hold"), {"subjects": too_many, "reason": REASON})
        assert answer.url == LIST and "At most 1,000" in texts(answer)

    def test_those_with_something_in_their_way_are_left_alone(self, agent, rung):
        free, held = f.DataSubjectFactory(), f.LegalHoldFactory().subject
        answer = agent.post(act_url("erase"), filled_in("erase", [free, held]))
        assert RightsRequest.objects.get().subject == free
        assert "1 person left alone" in texts(answer)

    def test_nobody_free_leaves_no_empty_batch(self, agent):
        held = [f.LegalHoldFactory().subject for _ in range(2)]
        agent.post(act_url("erase"), filled_in("erase", held))
        assert not Batch.objects.exists() and not RightsRequest.objects.exists()

    def test_the_list_of_holds_releases_them_by_the_same_flow(self, manager):
        hold = f.LegalHoldFactory()
        page = manager.post("/admin/privacy/legalhold/", {"action": "release", "_selected_action": [hold.pk]})
        assert page.context["action"].name == "release"
        assert page.context["form"].initial["subjects"] == [hold.subject_id]

    def test_an_agent_may_not_release(self, agent):
        hold = f.LegalHoldFactory()
        agent.post("/admin/privacy/legalhold/", {"action": "release", "_selected_action": [hold.pk]})
        assert not RightsRequest.objects.exists()
        assert LegalHold.objects.get().released_at is None


class TestBadInput:
    @pytest.mark.parametrize("reason", ["", "   ", "short"])
    def test_a_poor_reason_shows_the_form_again_with_all_that_was_typed(self, agent, reason):
        person = f.DataSubjectFactory()
        key = "not a key but typed with care"
        page = agent.post(act_url("export"), filled_in("export", [person], reason=reason, recipient_key=key))
        assert page.status_code == 200
        text = page.content.decode()
        assert "Nothing was done" in text and key in text and str(person.pk) in text
        assert page.context["form"]["verification"].value() == "email_round_trip"
        assert not RightsRequest.objects.exists()

    @pytest.mark.parametrize("key", ["age1", "AGE-SECRET-KEY-1", "'; --"])
    def test_a_key_that_is_none_is_refused_in_words(self, agent, key):
        page = agent.post(act_url("export"), filled_in("export", [f.DataSubjectFactory()], recipient_key=key))
        assert page.context["form"].errors["recipient_key"]
        assert not RightsRequest.objects.exists()

    def test_verification_must_be_chosen_and_our_own_duty_is_none_for_a_copy(self, agent):
        for value in ("", "controller", "nonsense"):
            page = agent.post(act_url("export"), filled_in("export", [f.DataSubjectFactory()], verification=value))
            assert "verification" in page.context["form"].errors

    @pytest.mark.parametrize("subjects", ["", "nonsense", "1234 5678"])
    def test_a_selection_that_cannot_be_read_leads_back_to_the_list(self, agent, subjects):
        answer = agent.post(act_url("hold"), {"subjects": subjects, "reason": REASON})
        assert answer.url == LIST

    def test_unknown_people_and_actions_lead_back_with_a_message(self, agent):
        unknown = reverse("admin:privacy_datasubject_act_on", args=[uuid4(), "export"])
        nonsense = reverse("admin:privacy_datasubject_act_on", args=[f.DataSubjectFactory().pk, "nonsense"])
        for url in (unknown, nonsense):
            assert "no such person or action" in texts(agent.get(url))
        assert agent.post(act_url("hold"), {"subjects": str(uuid4()), "reason": REASON}).status_code == 302
        assert agent.get("/admin/privacy/datasubject/nonsense/change/").status_code == 302
        assert not RightsRequest.objects.exists()


class TestSearch:
    @pytest.fixture
    def person(self):
        person = f.DataSubjectFactory(full_name="Ada Lovelace")
        f.IdentifierFactory(subject=person, kind=Identifier.Kind.EMAIL, value="ada@example.com")
        f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_ada")
        f.IdentifierFactory(subject=person, kind=Identifier.Kind.STRIPE, value="cus_ada")
        return person

    @pytest.mark.parametrize(
        "shape", ["ADA@Example.com ", "user_ada", "cus_ada", "{id}", "{id:.8}", "Subject {id:.8}", "ada love"]
    )
    def test_every_shape_finds_the_person(self, agent, person, shape):
        f.DataSubjectFactory.create_batch(3, full_name="Somebody Else")
        answer = agent.post(f"{LIST}search/", {"term": shape.format(id=str(person.pk))})
        assert answer.url == reverse("admin:privacy_datasubject_change", args=[person.pk])

    def test_several_are_a_list_whose_address_does_not_tell_the_term(self, agent, person):
        f.DataSubjectFactory(full_name="Ada Palmer")
        f.DataSubjectFactory(full_name="Grace Hopper")
        answer = agent.post(f"{LIST}search/", {"term": "Ada"})
        assert "Ada" not in answer.url
        page = agent.get(answer.url)
        assert page.context["cl"].result_count == 2
        assert 'value="Ada"' in page.content.decode()

    @pytest.mark.parametrize("term", ["nobody@example.com", "a@@b", "zzz", "'; drop", "%"])
    def test_nobody_found_says_so(self, agent, person, term):
        page = agent.post(f"{LIST}search/", {"term": term}, follow=True)
        assert page.status_code == 200 and "Nobody matches" in page.content.decode()

    @pytest.mark.parametrize("q", ["nonsense", "ada@example.com"])
    def test_a_term_in_the_address_is_no_search(self, agent, person, q):
        page = agent.get(LIST, {"q": q})
        assert page.context["cl"].result_count == 0 and "expired" in texts(page)

    def test_who_may_not_see_people_finds_none(self, person):
        answer = signed_in(roles.DEVELOPER).post(f"{LIST}search/", {"term": "ada@example.com"})
        assert str(person.pk) not in answer.url

    def test_a_sealed_term_reads_back(self):
        assert search_terms.unseal(search_terms.seal("Zoë@例え")) == "Zoë@例え"


class TestQuick:
    """Queries do not grow with the rows; four of them are the session, the member of staff and their permissions."""

    def queries(self, client, url) -> list[str]:
        client.get(url)  # the session notes once a minute that it was seen
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return [q["sql"] for q in captured]

    def test_the_list(self, agent):
        f.DataSubjectFactory.create_batch(60)
        sql = self.queries(agent, LIST)
        assert len(sql) <= 6, "\n".join(sql)
        assert not [q for q in sql if "COUNT(" in q and "privacy_datasubject" in q and "LIMIT" not in q]

    def test_a_person(self, agent):
        person = f.person_with_everything()
        url = reverse("admin:privacy_datasubject_change", args=[person.pk])
        assert len(self.queries(agent, url)) <= 11
