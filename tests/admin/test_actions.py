"""What is asked for about people: permission, a page that shows what will happen, enqueue, message."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import regimes, roles
from privacy.admin import forms
from privacy.admin.people import search_terms
from privacy.cases.requests import ask, grant
from privacy.catalogue import case_kinds
from privacy.jobs import bells
from privacy.models import Batch, Case, DataSubject, Identifier, Job, LegalHold, State
from tests import factories as f
from tests import working
from tests.admin.clients import REASON, fixture_of, signed_in, texts
from tests.asking import answers_for, posted, proof_for
from tests.reckoning import deadline_for

pytestmark = pytest.mark.django_db

LIST = "/admin/privacy/datasubject/"
TOMBSTONE = {"full_name": "", "country": "", "erased_at": datetime(2026, 5, 1, tzinfo=UTC)}


manager = fixture_of(roles.MANAGER)


def act_url(name: str) -> str:
    return reverse("admin:privacy_datasubject_act", args=[name])


def filled_in(name: str, people, **given) -> dict:
    answers = posted(answers_for(name, people[0])) if people else {}
    answers |= {"subjects": " ".join(str(p.pk) for p in people), "reason": REASON, "token": str(uuid4())}
    return answers | proof_for(name) | given


def make_ready(name: str, person, staff) -> None:
    """Brings the person into the state in which the action makes sense."""
    if name == "split":
        DataSubject.objects.filter(pk=person.pk).update(merged_into=f.DataSubjectFactory())
    if name == "limit_lift":
        f.LimitFactory(subject=person, ground="restriction")
    if name == "withdraw_consent":
        f.ConsentEventFactory(subject=person)
    before = {"hold_release": "hold_place", "child_clear": "child_flag", "child_confirm": "child_flag"}.get(name)
    for case in ask(before, subject_ids=[person.pk], actor=staff, reason=REASON) if before else []:
        working.run(case.id)


class TestThePlanComesFirst:
    def test_looking_writes_nothing(self, manager):
        """At any kind, of a person who is as it needs them."""
        person = f.person_with_everything()
        for name, kind in case_kinds.items():
            with transaction.atomic():
                make_ready(name, person, manager.staff)
                before = Case.objects.count()
                page = manager.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, name]))
                assert (page.status_code, kind.submit in page.text) == (200, True), name
                assert Case.objects.count() == before, name
                transaction.set_rollback(True)

    def test_an_erasure_shows_what_goes_what_stays_and_why(self, agent):
        person = f.person_with_everything()
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "erasure"])).content.decode()
        for words in ("Deleted", "Anonymised", "Handed over", "Kept", "Usage events", "are kept for eight years"):
            assert words in page
        heading, title = f'<h1 class="ops-heading">{person.full_name}</h1>', page[: page.index("</title>")]
        assert heading in page and str(person.pk)[:8] in title and person.full_name not in title

    def test_of_a_person_under_hold_the_page_says_that_the_erasure_waits_for_its_release(self, agent):
        person = f.LegalHoldFactory().subject
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "erasure"])).content.decode()
        assert "A legal hold is in force: the request is taken in" in page
        assert "nothing is erased until it is released" in page
        assert "Ask for erasure</button>" in page

    @pytest.mark.parametrize("name", ["erasure", "child_flag"])
    def test_of_an_erased_person_nothing_is_asked_and_the_page_says_why(self, agent, name):
        person = f.DataSubjectFactory(**TOMBSTONE)
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, name]))
        assert page.context["is_pointless"] and "Already erased." in page.content.decode()
        assert f"{case_kinds[name].submit}</button>" not in page.content.decode()

    def test_a_hold_on_an_erased_person_is_placed_because_processors_may_still_have_to_be_told(self, agent):
        person = f.DataSubjectFactory(**TOMBSTONE)
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "hold_place"]))
        assert not page.context["is_pointless"] and "Already erased." not in page.content.decode()
        assert f"{case_kinds['hold_place'].submit}</button>" in page.content.decode()
        agent.post(act_url("hold_place"), filled_in("hold_place", [person]))
        assert LegalHold.objects.filter(subject=person, released_at=None).exists()

    def test_placing_a_hold_tells_which_erasures_it_stops(self, agent):
        running = f.JobFactory(case__kind="erasure", case__state=State.FULFILLING)
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[running.subject_id, "hold_place"]))
        assert "1 open erasure of these people will stop." in page.content.decode()

    def test_a_second_of_the_kind_is_told_before_it_is_asked_for(self, agent):
        first = f.CaseFactory(kind="erasure", state=State.DECIDING)
        page = agent.get(reverse("admin:privacy_datasubject_act_on", args=[first.subject_id, "erasure"]))
        assert "1 request of this kind open already" in page.content.decode()


class TestOnePerson:
    @pytest.mark.parametrize("name", case_kinds)
    def test_a_submitted_form_opens_one_request_and_leads_to_it(self, manager, rung, name):
        person = f.DataSubjectFactory()
        make_ready(name, person, manager.staff)
        rung.clear()
        answer = manager.post(act_url(name), filled_in(name, [person]))
        request = Case.objects.get(subject=person, kind=name)
        assert answer.url == reverse("admin:privacy_rightsrequest_change", args=[request.pk])
        assert request.requested_by == manager.staff and request.reason == REASON and request.batch is None
        assert rung == ([] if case_kinds[name].deciders == 2 or not case_kinds[name].steps else [request.pk])
        assert "Saved: 1 request" in texts(answer)

    @pytest.mark.parametrize("name", case_kinds)
    def test_without_the_permission_the_post_is_refused(self, name):
        auditor = signed_in(roles.AUDITOR)
        person = f.DataSubjectFactory()
        assert auditor.post(act_url(name), filled_in(name, [person])).status_code == 403
        assert auditor.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, name])).status_code == 403
        assert not Case.objects.filter(subject=person, kind=name).exists()

    @pytest.mark.parametrize("name", ["access", "erasure", "hold_place", "child_flag"])
    def test_the_same_form_sent_twice_opens_one_request(self, agent, rung, name):
        form = filled_in(name, [f.DataSubjectFactory()])
        first, second = (agent.post(act_url(name), form) for _ in range(2))
        assert Case.objects.count() == 1
        assert second.url == first.url
        assert "Nothing was started: it was sent already" in texts(second)
        assert len(rung) == (name != "erasure")

    def test_the_page_gives_each_form_a_token_of_its_own(self, agent):
        where = reverse("admin:privacy_datasubject_act_on", args=[f.DataSubjectFactory().pk, "access"])
        tokens = [re.search(r'name="token" value="([^"]+)"', agent.get(where).text)[1] for _ in range(2)]
        assert len(set(tokens)) == 2
        missing = agent.post(act_url("access"), filled_in("access", [f.DataSubjectFactory()], token=""))
        assert missing.context["form"].errors["token"] and not Case.objects.exists()

    def test_two_staff_press_erase_and_there_are_two_requests_that_share_the_work(self, agent, manager, rung):
        """Each letter is answered apart; what is erased is erased once."""
        person = f.DataSubjectFactory()
        first, second = (who.post(act_url("erasure"), filled_in("erasure", [person])) for who in (agent, manager))
        assert first.url != second.url and Case.objects.filter(subject=person).count() == 2
        for case in Case.objects.all():
            grant(request_id=case.pk, actor=f.StaffFactory())
        assert Job.objects.count() == 1
        assert [case.job for case in Case.objects.all()] == [Job.objects.get()] * 2

    def test_a_stopped_broker_loses_nothing_and_says_so(self, agent, monkeypatch, django_capture_on_commit_callbacks):
        def refuse(*args, **kwargs):
            raise ConnectionRefusedError

        monkeypatch.setattr(bells.current_app, "send_task", refuse)
        person = f.DataSubjectFactory()
        with django_capture_on_commit_callbacks(execute=True):
            answer = agent.post(act_url("hold_place"), filled_in("hold_place", [person]))
        assert answer.status_code == 302
        page = agent.get(answer.url).content.decode()
        assert "is saved and starts by itself" in page
        assert Case.objects.get(subject=person).state == State.FULFILLING


class TestTheLetter:
    """What is typed beside the reason for a right: when it came, where to answer, and the ticket."""

    def test_a_day_of_receipt_moves_the_deadline(self, agent):
        day = regimes.today() - timedelta(days=10)
        today, then = f.DataSubjectFactory.create_batch(2, country="DE")
        agent.post(act_url("erasure"), filled_in("erasure", [today]))
        agent.post(act_url("erasure"), filled_in("erasure", [then], received_on=day.isoformat()))
        prompt, letter = Case.objects.get(subject=today), Case.objects.get(subject=then)
        assert regimes.day_of(letter.received_at) == day
        assert letter.due_on == deadline_for("erasure", "DE", letter.received_at)[1]
        assert letter.due_on < prompt.due_on

    def test_no_day_is_yet_to_come(self, agent):
        given = {"received_on": (regimes.today() + timedelta(days=1)).isoformat()}
        page = agent.post(act_url("access"), filled_in("access", [f.DataSubjectFactory()], **given))
        assert "yet to come" in str(page.context["form"].errors["received_on"])
        assert not Case.objects.exists()

    def test_proof_may_come_later_and_nothing_is_decided_until_then(self, agent, rung):
        answer = agent.post(act_url("access"), filled_in("access", [f.DataSubjectFactory()], verification="later"))
        case = Case.objects.get()
        assert (case.state, case.verification, rung) == (State.VERIFYING, "", [])
        assert "It waits until it is sure who asks." in texts(answer)

    @pytest.mark.parametrize("name", [name for name, kind in case_kinds.items() if not kind.answered_in_writing])
    def test_a_duty_asks_for_none_of_it(self, manager, name):
        person = f.DataSubjectFactory()
        make_ready(name, person, manager.staff)
        page = manager.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, name]))
        assert {"received_on", "reply_to", "ticket", "verification"}.isdisjoint(page.context["form"].fields)


class TestManyPeople:
    def test_the_list_leads_to_the_confirmation_and_a_batch(self, agent, rung):
        people = f.DataSubjectFactory.create_batch(3)
        page = agent.post(LIST, {"action": "access", "_selected_action": [p.pk for p in people]})
        assert page.status_code == 200 and not Case.objects.exists()
        subjects = page.context["form"].initial["subjects"]
        answer = agent.post(act_url("access"), filled_in("access", [], subjects=" ".join(map(str, subjects))))
        batch = Batch.objects.get()
        assert answer.url == reverse("admin:privacy_batch_change", args=[batch.pk])
        assert {r.subject for r in batch.cases.all()} == set(people)
        assert len(rung) == 3

    def test_all_rows_of_a_filter(self, agent):
        f.DataSubjectFactory.create_batch(60)
        everyone = DataSubject.objects.values_list("pk", flat=True)
        page = agent.post(LIST, {"action": "hold_place", "select_across": 1, "_selected_action": list(everyone[:50])})
        assert len(page.context["form"].initial["subjects"]) == len(everyone)

    def test_above_the_cap_it_says_so(self, agent, monkeypatch):
        monkeypatch.setattr("privacy.admin.actions.MAX_PEOPLE", 2)
        people = f.DataSubjectFactory.create_batch(3)
        answer = agent.post(LIST, {"action": "hold_place", "_selected_action": [p.pk for p in people]})
        assert "At most 2 people at once" in texts(answer)

    def test_the_cap_holds_on_the_post_too(self, agent):
        too_many = " ".join(str(uuid4()) for _ in range(forms.MAX_PEOPLE + 1))
        answer = agent.post(act_url("hold_place"), filled_in("hold_place", [], subjects=too_many))
        assert answer.url == LIST and "At most 1,000" in texts(answer)

    def test_those_with_something_in_their_way_are_left_alone(self, agent, rung):
        free, erased = f.DataSubjectFactory(), f.DataSubjectFactory(**TOMBSTONE)
        answer = agent.post(act_url("erasure"), filled_in("erasure", [free, erased]))
        assert Case.objects.get().subject == free
        assert "1 person left alone" in texts(answer)

    def test_nobody_free_leaves_no_empty_batch(self, agent):
        erased = f.DataSubjectFactory.create_batch(2, **TOMBSTONE)
        agent.post(act_url("erasure"), filled_in("erasure", erased))
        assert not Batch.objects.exists() and not Case.objects.exists()

    def test_many_sent_twice_open_one_batch(self, agent, rung):
        form = filled_in("access", f.DataSubjectFactory.create_batch(3))
        first, second = (agent.post(act_url("access"), form) for _ in range(2))
        assert first.url == reverse("admin:privacy_batch_change", args=[Batch.objects.get().pk])
        assert second.url == LIST and "Nothing was started" in texts(second)
        assert Case.objects.count() == len(rung) == 3

    @pytest.mark.parametrize(
        ("where", "factory", "name"),
        [
            ("legalhold", f.LegalHoldFactory, "hold_release"),
            ("childflag", f.ChildFlagFactory, "child_clear"),
            ("childflag", f.ChildFlagFactory, "child_confirm"),
        ],
    )
    def test_the_lists_of_duties_end_them_by_the_same_flow(self, manager, where, factory, name):
        row = factory()
        page = manager.post(f"/admin/privacy/{where}/", {"action": name, "_selected_action": [row.pk]})
        assert page.context["kind"].key == name
        assert page.context["form"].initial["subjects"] == [row.subject_id]

    def test_what_an_agent_asks_for_releases_nothing(self, agent, rung):
        hold = f.LegalHoldFactory()
        page = agent.post("/admin/privacy/legalhold/", {"action": "hold_release", "_selected_action": [hold.pk]})
        assert "another member of staff has to confirm" in page.content.decode()
        agent.post(act_url("hold_release"), filled_in("hold_release", [hold.subject]))
        assert Case.objects.get().state == State.DECIDING and rung == []
        assert LegalHold.objects.get().released_at is None


class TestBadInput:
    @pytest.mark.parametrize("reason", ["", "   ", "short"])
    def test_a_poor_reason_shows_the_form_again_with_all_that_was_typed(self, agent, reason):
        person = f.DataSubjectFactory()
        key = "not a key but typed with care"
        page = agent.post(act_url("access"), filled_in("access", [person], reason=reason, recipient_key=key))
        assert page.status_code == 200
        text = page.content.decode()
        assert "Nothing was done" in text and key in text and str(person.pk) in text
        assert page.context["form"]["verification"].value() == "email_round_trip"
        assert not Case.objects.exists()

    @pytest.mark.parametrize("key", ["age1", "AGE-SECRET-KEY-1", "'; --"])
    def test_a_key_that_is_none_is_refused_in_words(self, agent, key):
        page = agent.post(act_url("access"), filled_in("access", [f.DataSubjectFactory()], recipient_key=key))
        assert page.context["form"].errors["recipient_key"]
        assert not Case.objects.exists()

    def test_verification_must_be_chosen_and_our_own_duty_is_none_for_a_copy(self, agent):
        for value in ("", "controller", "nonsense"):
            page = agent.post(act_url("access"), filled_in("access", [f.DataSubjectFactory()], verification=value))
            assert "verification" in page.context["form"].errors

    @pytest.mark.parametrize("subjects", ["", "nonsense", "1234 5678"])
    def test_a_selection_that_cannot_be_read_leads_back_to_the_list(self, agent, subjects):
        answer = agent.post(act_url("hold_place"), filled_in("hold_place", [], subjects=subjects))
        assert answer.url == LIST

    def test_unknown_people_and_actions_lead_back_with_a_message(self, agent):
        unknown = reverse("admin:privacy_datasubject_act_on", args=[uuid4(), "access"])
        nonsense = reverse("admin:privacy_datasubject_act_on", args=[f.DataSubjectFactory().pk, "nonsense"])
        for url in (unknown, nonsense):
            assert "no such person or action" in texts(agent.get(url))
        assert agent.post(act_url("hold_place"), filled_in("hold_place", [], subjects=str(uuid4()))).status_code == 302
        assert agent.get("/admin/privacy/datasubject/nonsense/change/").status_code == 302
        assert not Case.objects.exists()


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
        assert len(sql) <= 7, "\n".join(sql)
        assert not [q for q in sql if "COUNT(" in q and "privacy_datasubject" in q and "LIMIT" not in q]

    def test_a_person(self, agent):
        person = f.person_with_everything()
        url = reverse("admin:privacy_datasubject_change", args=[person.pk])
        assert len(self.queries(agent, url)) == 12

    def test_many_rows_cost_no_more_and_what_is_not_there_is_not_asked_for(self, agent):
        few, many = f.person_with_everything(), f.person_with_everything()
        f.UsageEventFactory.create_batch(30, subject=many)
        f.LegalHoldFactory.create_batch(3, subject=many, released_at=datetime.now(UTC), released_by=f.StaffFactory())
        f.CaseFactory.create_batch(4, subject=many, closed=True)
        bare = f.DataSubjectFactory()
        pages = [reverse("admin:privacy_datasubject_change", args=[one.pk]) for one in (few, many, bare)]
        assert [len(self.queries(agent, url)) for url in pages] == [12, 12, 10]
