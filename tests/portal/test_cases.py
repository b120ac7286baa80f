"""The page of a case by its signed link: where it stands in words, and what the person can do about it."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy.cases import following, requests
from privacy.cases.following import appeal_by_the_person, withdraw_by_the_person
from privacy.cases.refusals import deny
from privacy.cases.requests import ask, grant
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence import chains
from privacy.fulfilment.case_links import address_of, token_for
from privacy.models import AuditEntry, Case, Limit, Outcome, State
from privacy.selectors.cases import sealed_of
from privacy.selectors.following import Standing, case_for, standing_of
from tests import factories as f
from tests import working
from tests.asking import answers_for, person_for, proof_for

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "de", "fr", "es", "it"]
REASON = "Asked for on the privacy page"


@pytest.fixture
def stranger():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def person():
    return f.IdentifierFactory(subject__country="US", subject__region="US-VA").subject


def asked(key: str, person, **more) -> Case:
    more = {"reason": REASON, "reply_to": "ada@example.com", "verification": "email_round_trip"} | more
    [case] = ask(key, subject_ids=[person.pk], actor=None, **more)
    return case


def path_of(case: Case, name: str = "case") -> str:
    return reverse(name, args=[token_for(case.pk)])


def denied(person) -> Case:
    case = asked("erasure", person)
    deny(request_id=case.pk, actor=f.StaffFactory(), denial_reason="no_match")
    return requests.answer(request_id=case.pk, actor=f.StaffFactory(), how="email")


def standing(case: Case) -> Standing:
    return standing_of(case_for(case.pk))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_was_asked_when_and_by_when_in_the_reader_s_language_and_zone(stranger, person, language):
    f.ProfilePreferenceFactory(subject=person, language=language, time_zone="America/New_York")
    with time_machine.travel("2026-12-01T03:30:00Z"):
        case = asked("erasure", person)
        page = stranger.get(path_of(case))
    assert f'<html lang="{language}">' in page.text and not page.cookies
    months = {"en": "30 Nov 2026", "de": "30. November 2026", "fr": "30 novembre 2026", "es": "30 de noviembre de 2026"}
    assert months.get(language, "30 Novembre 2026").lower() in page.text.lower() and "EST" in page.text
    assert person.full_name not in page.text and REASON not in page.text


def test_the_address_asks_for_another_language_and_the_browser_s_is_taken_where_nobody_has_chosen(stranger, person):
    case = asked("erasure", person)
    f.ProfilePreferenceFactory(subject=person, language="it")
    assert '<html lang="it">' in stranger.get(path_of(case), headers={"Accept-Language": "de"}).text
    assert '<html lang="fr">' in stranger.get(path_of(case) + "?lang=fr").text
    assert '<html lang="it">' in stranger.get(path_of(case) + "?lang=../xx").text


@pytest.mark.parametrize("key", sorted(key for key, kind in case_kinds.items() if kind.answered_in_writing))
def test_there_is_a_page_for_each_kind_and_it_has_none_of_staff_s_words(stranger, key):
    person = person_for(key)
    [case] = ask(
        key, subject_ids=[person.pk], actor=f.StaffFactory(), **answers_for(key, person) | proof_for(key),
    )  # fmt: skip
    page = stranger.get(path_of(case))
    assert page.status_code == 200 and case_kinds[key].plainly.name in page.text.replace("&#x27;", "'")
    assert "second person" not in page.text and "A court asks" not in page.text


def test_where_it_stands_follows_the_case_from_the_decision_to_the_answer(stranger, person, settings):
    settings.GRACE_DAYS = 3
    case = asked("erasure", person)
    assert standing(case) == Standing.DECIDING
    grant(request_id=case.pk, actor=f.StaffFactory())
    assert standing(case) == Standing.GRACE and "still take it back" in stranger.get(path_of(case)).text
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        working.run_all()
        working.let_time_pass()
        working.run_all()
    assert standing(case) == Standing.ANSWERING
    requests.answer(request_id=case.pk, actor=f.StaffFactory(), how="email")
    assert standing(case) == Standing.DONE and "It is done" in stranger.get(path_of(case)).text


def test_a_hold_is_not_told_here(stranger, person):
    f.LegalHoldFactory(subject=person)
    case = asked("erasure", person)
    grant(request_id=case.pk, actor=f.StaffFactory())
    working.run_all()
    page = stranger.get(path_of(case)).text
    assert standing(case) == Standing.FULFILLING and "hold" not in page.lower()


def test_what_was_answered_in_words_is_read_there(stranger, person):
    case = asked("question", person)
    words = "Your <b>scripts</b> lie in Frankfurt."
    requests.answer(request_id=case.pk, actor=f.StaffFactory(), how="email", words=words)
    page = stranger.get(path_of(case)).text
    assert "Your &lt;b&gt;scripts&lt;/b&gt; lie in Frankfurt." in page and "Answered on" in page


def test_the_package_is_not_handed_out_here(stranger, person):
    case = asked("access", person)
    working.run_all()
    page = stranger.get(path_of(case)).text
    assert "letter of its own" in page and "/download/" not in page


def test_of_what_the_person_must_not_learn_or_did_not_ask_there_is_no_page(stranger, person):
    silent = f.CaseFactory(subject=person, silent=True)
    duty = f.CaseFactory(subject=person, kind="hold_place", verification="controller")
    for token in (token_for(silent.pk), token_for(duty.pk), token_for(uuid4()), "x", signing.dumps("x", salt="y")):
        for name in ("case", "case_withdraw", "case_appeal"):
            answer = stranger.get(reverse(name, args=[token]))
            assert answer.status_code == 404 and "This link does not work" in answer.text


def test_a_link_dies_with_its_time_and_its_first_letter_changed(stranger, person):
    case = asked("erasure", person)
    path = path_of(case)
    forged = path.replace("/privacy/case/", "/privacy/case/A")
    assert address_of(case.pk).endswith(path)
    with time_machine.travel(timezone.now() + timedelta(days=401)):
        assert stranger.get(path).status_code == 404
    assert stranger.get(forged).status_code == 404 and stranger.get(path).status_code == 200


class TestTakingBack:
    def test_looking_changes_nothing_and_the_click_withdraws_in_the_person_s_own_name(self, stranger, person, settings):
        settings.GRACE_DAYS = 3
        case = asked("erasure", person)
        grant(request_id=case.pk, actor=f.StaffFactory())
        assert Limit.objects.filter(ground="grace", lifted_at=None).exists()
        path = path_of(case, "case_withdraw")
        assert stranger.get(path).status_code == 200 and standing(case) == Standing.GRACE
        done = stranger.post(path)
        case.refresh_from_db()
        assert done.status_code == 303 and (case.state, case.outcome) == (State.CLOSED, Outcome.WITHDRAWN)
        assert AuditEntry.objects.get(chain=case.pk, event="case.withdrawn").actor is None
        assert not Limit.objects.filter(ground="grace", lifted_at=None).exists() and not chains.walk().faults
        assert "You have taken it back" in stranger.get(done.url).text

    def test_a_double_click_and_a_second_tab_find_it_done(self, stranger, person):
        case = asked("erasure", person)
        answers = [stranger.post(path_of(case, "case_withdraw")) for _ in range(2)]
        assert [a.status_code for a in answers] == [303, 303]
        assert AuditEntry.objects.filter(chain=case.pk, event="case.withdrawn").count() == 1

    def test_what_has_begun_is_too_late_and_says_so(self, stranger, person):
        f.NoteFactory(author=person)
        case = asked("erasure", person)
        grant(request_id=case.pk, actor=f.StaffFactory())
        working.run(case.pk)
        case.refresh_from_db()
        assert case.is_open
        answer = stranger.post(path_of(case, "case_withdraw"))
        assert answer.status_code == 409 and "cannot be taken back" in answer.text
        case.refresh_from_db()
        assert case.is_open

    @pytest.mark.parametrize("key", ["question", "opt_out_profiling", "objection"])
    def test_what_is_in_effect_or_only_to_be_answered_is_not_offered(self, stranger, person, key):
        more = {"purpose": "functional.service.improve"} if key == "objection" else {}
        case = asked(key, person, **more)
        assert "Take it back" not in stranger.get(path_of(case)).text
        with pytest.raises(NotAllowed):
            withdraw_by_the_person(case_id=case.pk)


class TestAppeal:
    def test_what_was_denied_is_appealed_once_with_its_own_page(self, stranger, person):
        case = denied(person)
        page = stranger.get(path_of(case)).text
        assert "Do you disagree?" in page
        path = path_of(case, "case_appeal")
        missing = stranger.post(path, {"reason": " "})
        assert missing.status_code == 400 and 'href="#id_reason"' in missing.text
        done = [stranger.post(path, {"reason": "It is my account"}) for _ in range(2)]
        appeal = Case.objects.get(kind="appeal")
        assert (appeal.parent, appeal.subject, appeal.state, appeal.reason) == (
            case, person, State.DECIDING, "It is my account",
        )  # fmt: skip
        assert appeal.requested_by is None and appeal.due_on and not chains.walk().faults
        assert {a.status_code for a in done} == {303} and stranger.get(done[1].url).status_code == 200
        assert (
            "Your appeal" in stranger.get(path_of(case)).text
            and "Do you disagree?" not in stranger.get(path_of(case)).text
        )

    def test_it_is_answered_where_the_case_was(self, person):
        case = asked("erasure", person)
        deny(request_id=case.pk, actor=f.StaffFactory(), denial_reason="no_match")
        Case.objects.filter(pk=case.pk).update(state="closed", closed_at=timezone.now())
        assert sealed_of(appeal_by_the_person(case_id=case.pk, words="No"))["reply_to"] == "ada@example.com"

    def test_neither_what_was_granted_nor_an_appeal_nor_a_report_nor_what_is_open(self, stranger, person):
        cases = [
            asked("erasure", person),
            f.CaseFactory(subject=person, closed=True),
            f.CaseFactory(subject=person, kind="appeal", closed=True, parent=denied(person)),
            asked("child_report", person),
        ]
        Case.objects.filter(kind__in=["appeal", "child_report"]).update(
            state="closed", outcome="denied", closed_at=timezone.now()
        )
        for case in cases:
            assert stranger.post(path_of(case, "case_appeal"), {"reason": "No"}).status_code == 303
            with pytest.raises(NotAllowed):
                appeal_by_the_person(case_id=case.pk, words="No")

    def test_whoever_decided_the_case_decides_no_appeal_of_it(self, person):
        from django.core.exceptions import PermissionDenied

        case = denied(person)
        decider = AuditEntry.objects.get(chain=case.pk, event="case.refused").actor
        appeal = appeal_by_the_person(case_id=case.pk, words="No")
        with pytest.raises(PermissionDenied):
            grant(request_id=appeal.pk, actor=decider)


def test_a_report_s_page_follows_the_browser_and_not_the_account(stranger, person):
    f.ProfilePreferenceFactory(subject=person, language="it", time_zone="Asia/Tokyo")
    case = asked("child_report", person)
    page = stranger.get(path_of(case), headers={"Accept-Language": "de", "Sec-GPC": "1"}).text
    assert '<html lang="de">' in page and "JST" not in page
    assert not Case.objects.filter(kind="opt_out_sale_sharing").exists()


def test_the_date_of_a_report_is_the_same_wherever_its_account_lives():
    places = [("US", "US-CA"), ("DE", ""), ("BR", ""), ("", ""), ("GB", "")]
    people = [f.DataSubjectFactory(country=country, region=region) for country, region in places]
    for key in ("child_report", "access_report"):
        assert len({asked(key, person).due_on for person in people}) == 1


def test_the_browser_s_signal_is_heeded_on_the_person_s_own_page(stranger, person):
    stranger.get(path_of(asked("erasure", person)), headers={"Sec-GPC": "1"})
    assert Case.objects.filter(kind="opt_out_sale_sharing").exists()


def test_every_standing_has_its_words():
    from django.template.loader import get_template

    source = get_template("privacy/portal/case.html").template.source
    assert {s for s in Standing if f'"{s}"' not in source} == {Standing.CLOSED}
    assert following
