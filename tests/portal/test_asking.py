"""What people ask for by themselves: nothing is stored before the mailbox is theirs, and nobody learns who has an
account."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy.catalogue import case_kinds
from privacy.evidence import chains
from privacy.fulfilment.asking import LONGEST, Wish, sealed
from privacy.models import Case, DataSubject, Identifier, Job, Limit, ProfilePreference, Suppression
from privacy.portal import limits, proofs
from privacy.portal.asking import CHOICES, is_at_once
from privacy.selectors.asking import offered
from privacy.selectors.cases import sealed_of
from privacy.selectors.suppression import hashes
from tests import factories as f
from tests.portal.walking import asked, form_of, link_in, opened, post, proof

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "de", "fr", "es", "it"]
KINDS = sorted(kind.key for kind in offered())
BY_MAIL = [key for key in KINDS if not is_at_once(case_kinds[key]) and key != CHOICES]
AT_ONCE = [key for key in KINDS if is_at_once(case_kinds[key])]
EVERYTHING = (Case, DataSubject, Identifier, ProfilePreference, Limit, Job)


def rows() -> list[int]:
    return [model.objects.count() for model in EVERYTHING]


@pytest.fixture
def stranger():
    """A browser without cookies and without the token of a form."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture(autouse=True)
def little_work(monkeypatch):
    """tests.portal.test_proofs does the whole of it."""
    monkeypatch.setattr(proofs, "COST", 1)


@pytest.fixture
def ada():
    return f.IdentifierFactory(value="ada@example.com", subject__country="DE").subject


def test_every_right_that_people_read_of_is_declared_with_words_and_offered_or_told_where():
    named = {key for key, kind in case_kinds.items() if kind.answered_in_writing}
    assert {key for key in named if not case_kinds[key].plainly} == set()
    assert named - set(KINDS) == {"parental_review", "appeal"}  # by the report of a child; on the page of the case


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_names_each_right_and_leads_to_its_form(stranger, language):
    page = stranger.get(reverse("privacy"), headers={"Accept-Language": f"{language}-CH,{language};q=0.9"})
    assert f'<html lang="{language}">' in page.text and page["Content-Language"] == language
    assert "Accept-Language" in page["Vary"] and not page.cookies
    links = re.findall(r'href="(/privacy/request/[^"]+)"', page.text)
    assert len(links) == len(KINDS)
    for link in links:
        form = stranger.get(link)
        assert form.status_code == 200 and f'<html lang="{language}">' in form.text and not form.cookies


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", BY_MAIL)
def test_the_form_stores_nothing_and_the_mail_leads_to_the_case(stranger, mailoutbox, ada, key, language):
    before = rows()
    sent = post(stranger, key, language=language)
    assert sent.status_code == 303 and stranger.get(sent.url).status_code == 200
    [letter] = mailoutbox
    assert letter.to == ["ada@example.com"] and letter.extra_headers["Auto-Submitted"] == "auto-generated"
    link = link_in(letter)
    asks = stranger.get(link)
    assert asks.status_code == 200 and f'<html lang="{language}">' in asks.text and rows() == before
    later = {}
    if key == "rectification":
        later = {"later": "1", f"changes:privacy.DataSubject.full_name:{ada.pk}": "Ada Lovelace"}
    if key == "erasure_of_one":
        later = {"later": "1", "area": "privacy.Prompt", "since": "2026-05-01"}
    done = stranger.post(link, later)
    case = Case.objects.get()
    assert (case.kind, case.subject, case.verification) == (key, ada, "email_round_trip")
    assert case.requested_by is None and case.due_on and not done.cookies
    status = stranger.get(done.url)
    assert status.status_code == 200 and f'<html lang="{language}">' in status.text
    assert not chains.walk().faults


def test_what_is_typed_stands_in_no_address_no_mail_and_no_log(stranger, mailoutbox, ada, caplog):
    caplog.set_level("DEBUG")
    words = "Ottilie Verrault, 12 rue Foo"
    sent = post(stranger, "access", reason=words)
    [letter] = mailoutbox
    link = link_in(letter)
    told = " ".join([sent.url, link, letter.body, letter.subject, caplog.text, str(letter.extra_headers)])
    assert "Ottilie" not in told and "ada" not in told.replace("readable", "").lower().replace("ada@example.com", "")
    assert "Ottilie" in stranger.get(link).text  # it comes back with the link alone
    stranger.post(link)
    assert Case.objects.get().reason == words


@pytest.mark.parametrize("key", BY_MAIL)
def test_the_answer_is_the_same_whether_the_address_is_known(stranger, mailoutbox, ada, key):
    answers = [post(stranger, key, address) for address in ("ada@example.com", "nobody@example.net")]
    known, unknown = ((a.status_code, a.url, a.headers.keys(), a.content) for a in answers)
    assert known == unknown and len(mailoutbox) == 2
    first, second = (letter.body.replace(link_in(letter), "") for letter in mailoutbox)
    assert first == second


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_that_is_nobody_s_becomes_somebody_who_is_answered_in_their_language(stranger, mailoutbox, language):
    [case] = opened(stranger, mailoutbox, "access", "Visitor@Example.net", language=language)
    assert case.subject.relation == "correspondent"
    assert case.subject.identifiers.get().value == "visitor@example.net"
    assert case.subject.preferences.language == language
    assert sealed_of(case)["reply_to"] == "visitor@example.net" and "visitor" not in case.sealed
    [again] = opened(stranger, mailoutbox, "question", "visitor@example.net")
    assert again.subject == case.subject


def test_what_cannot_be_said_without_an_account_is_taken_in_as_a_question(stranger, mailoutbox):
    [case] = opened(stranger, mailoutbox, "rectification", "nobody@example.net")
    assert case.kind == "question" and case.reason == "Rectification: My name is wrong"


def test_the_address_of_somebody_who_was_erased_is_not_taken_in_again(stranger, mailoutbox):
    gone = f.IdentifierFactory(value="gone@example.com")
    case = f.CaseFactory(subject=gone.subject, kind="erasure", closed=True, approved_by=f.StaffFactory(),
                         approved_at=timezone.now(), deciders=2)  # fmt: skip
    Suppression.objects.create(request=case, **hashes(gone))
    gone.delete()
    [new] = opened(stranger, mailoutbox, "access", "gone@example.com")
    assert not Identifier.objects.filter(value="gone@example.com").exists() and new.subject != gone.subject
    assert sealed_of(new)["reply_to"] == "gone@example.com"


class TestAnAddressOfSeveral:
    @pytest.fixture
    def two(self):
        return [f.IdentifierFactory(value="family@example.com").subject for _ in range(2)]

    def test_a_case_is_opened_for_each_and_the_link_shows_both(self, stranger, mailoutbox, two):
        link = asked(stranger, mailoutbox, "access", "family@example.com")
        done = stranger.post(link)
        assert {case.subject for case in Case.objects.all()} == set(two)
        assert all("of 2 people" in case.reason for case in Case.objects.all())
        assert stranger.get(done.url).text.count('href="/privacy/case/') == 2

    def test_nobody_sees_what_is_held_of_the_other(self, stranger, mailoutbox, two):
        names = [person.full_name for person in two]
        link = asked(stranger, mailoutbox, "rectification", "family@example.com")
        assert not any(name in stranger.post(link, follow=True).text for name in names)
        assert {case.kind for case in Case.objects.all()} == {"question"} and Case.objects.count() == 2
        choices = stranger.post(asked(stranger, mailoutbox, CHOICES, "family@example.com"))
        assert choices.status_code == 200 and "Several people have this address" in choices.text

    def test_of_two_accounts_that_are_one_person_s_it_is_one_case(self, stranger, mailoutbox, two):
        DataSubject.objects.filter(pk=two[1].pk).update(merged_into=two[0])
        [case] = opened(stranger, mailoutbox, "access", "family@example.com")
        assert case.subject == two[0]


# --- Links ------------------------------------------------------------------------------------------------------------


class TestTheLinkOfTheMail:
    def test_opens_the_case_once_however_often_it_is_sent(self, stranger, mailoutbox, ada):
        link = asked(stranger, mailoutbox, "erasure")
        first, second = stranger.post(link), Client().post(link)
        assert Case.objects.count() == 1 and first.url.split("/")[2:3] == second.url.split("/")[2:3] == ["case"]
        assert "counts once" in stranger.get(link).text and Case.objects.count() == 1

    def test_so_does_one_of_somebody_who_was_nobody(self, stranger, mailoutbox):
        link = asked(stranger, mailoutbox, "question", "nobody@example.net")
        stranger.post(link)
        stranger.post(link)
        assert Case.objects.count() == DataSubject.objects.count() == Identifier.objects.count() == 1

    def test_of_two_tabs_with_a_mail_each_both_are_opened(self, stranger, mailoutbox, ada):
        assert len(opened(stranger, mailoutbox, "question")) == len(opened(stranger, mailoutbox, "question")) == 1

    def test_is_good_for_a_day(self, stranger, mailoutbox, ada):
        link = asked(stranger, mailoutbox, "erasure")
        with time_machine.travel(timezone.now() + timedelta(hours=23)):
            assert stranger.get(link).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            assert stranger.get(link).status_code == stranger.post(link).status_code == 404
        assert not Case.objects.exists()

    def test_a_forged_one_of_another_purpose_and_an_old_one_get_the_same_words(self, stranger, mailoutbox, ada):
        from privacy.evidence import sealing
        from privacy.fulfilment import case_links, unsubscribing

        link = asked(stranger, mailoutbox, "erasure")
        start, token = reverse("confirm_request", args=["x"])[:-2], link.split("/")[3]
        letter = {"kind": "erasure", "address": "ada@example.com", "language": "en", "answers": {}, "token": "0" * 32}
        forged = [
            token[:50] + ("A" if token[50] != "A" else "B") + token[51:], token[:40], "x", "ä", token + token,
            sealing.seal_letter(letter, "something else"), sealing.seal({"a": ["b"]}).replace(":", ""),
            case_links.token_for(ada.pk), unsubscribing.token_for(ada.pk),
        ]  # fmt: skip
        pages = {leaving_out(stranger.post(f"{start}{bad}/").text) for bad in forged}
        assert len(pages) == 1 and "This link does not work" in pages.pop() and not Case.objects.exists()
        assert {stranger.get(f"{start}{bad}/").status_code for bad in forged} == {404}

    def test_tells_no_other_site_and_no_search_engine(self, stranger, mailoutbox, ada):
        for path in (asked(stranger, mailoutbox, "erasure"), form_of("erasure"), reverse("ask_sent", args=["erasure"])):
            page = stranger.get(path)
            assert page["Referrer-Policy"] == "no-referrer" and page["X-Robots-Tag"] == "noindex"
            assert "no-store" in page["Cache-Control"] and "default-src 'none'" in page["Content-Security-Policy"]

    def test_goes_through_a_web_server_that_takes_4094_characters(self, stranger, mailoutbox, ada):
        link = asked(stranger, mailoutbox, "question", reason="Ω ж 漢字 " * 100)
        assert len(f"POST {link}?lang=de HTTP/1.1") < 4094
        assert len(sealed(Wish("question", "a@example.com", "en", {"reason": "x" * 1500}))) < LONGEST


# --- What depends on whose the address is -----------------------------------------------------------------------------


class TestSaidWhenTheAddressIsProved:
    def test_what_we_hold_is_shown_after_the_click_and_not_before(self, stranger, mailoutbox, ada):
        link = asked(stranger, mailoutbox, "rectification")
        assert ada.full_name not in stranger.get(link).text
        asks = stranger.post(link)
        assert asks.status_code == 200 and ada.full_name in asks.text and not Case.objects.exists()
        assert "no-store" in asks["Cache-Control"]

    def test_nothing_changed_and_what_is_not_accepted_are_said_at_their_place(self, stranger, mailoutbox, ada):
        link, name = asked(stranger, mailoutbox, "rectification"), f"changes:privacy.DataSubject.full_name:{ada.pk}"
        country = f"changes:privacy.DataSubject.country:{ada.pk}"
        same = stranger.post(link, {"later": "1", name: ada.full_name, country: "DE"})
        assert same.status_code == 400 and "Nothing is changed yet" in same.text
        wrong = stranger.post(link, {"later": "1", name: "Ada Lovelace", country: "Atlantis"})
        assert wrong.status_code == 400 and f'href="#id_{country}"' in wrong.text and not Case.objects.exists()

    def test_the_link_that_has_opened_it_leads_to_it_again(self, stranger, mailoutbox, ada):
        link = asked(stranger, mailoutbox, "rectification")
        said = {"later": "1", f"changes:privacy.DataSubject.full_name:{ada.pk}": "Ada Lovelace"}
        answers = [stranger.post(link, data) for data in (said, said, {})]
        assert [a.status_code for a in answers] == [303] * 3 and Case.objects.count() == 1

    def test_somebody_else_s_values_are_not_taken(self, stranger, mailoutbox, ada):
        other = f.DataSubjectFactory(full_name="Grace")
        link = asked(stranger, mailoutbox, "rectification")
        answer = stranger.post(link, {"later": "1", f"changes:privacy.DataSubject.full_name:{other.pk}": "Mine"})
        assert answer.status_code == 400 and not Case.objects.exists()


# --- Opt-outs ---------------------------------------------------------------------------------------------------------


class TestOptOuts:
    @pytest.mark.parametrize("key", AT_ONCE)
    def test_with_a_proof_of_work_it_is_in_effect_at_once_and_nothing_is_said_of_whom(self, stranger, ada, key):
        known = post(stranger, key, proof=proof(stranger, key))
        assert Case.objects.get().subject == ada and Limit.objects.filter(subject=ada, ground="opt_out").exists()
        unknown = post(stranger, key, "nobody@example.net", proof=proof(stranger, key))
        assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
        assert "done" in known.url and Case.objects.count() == 1 and not mail.outbox

    @pytest.mark.parametrize("key", AT_ONCE)
    def test_without_one_it_takes_the_way_through_the_mailbox(self, stranger, mailoutbox, ada, key):
        link = asked(stranger, mailoutbox, key)
        assert not Limit.objects.exists() and stranger.get(link).status_code == 200 and not Case.objects.exists()
        done = stranger.post(link)
        assert "done" in done.url and Limit.objects.filter(subject=ada, ground="opt_out").exists()
        stranger.post(link)
        assert Case.objects.count() == 1

    def test_it_takes_as_long_for_nobody(self, stranger, monkeypatch):
        from privacy.portal import asking

        slept = []
        monkeypatch.setattr(asking.time, "sleep", slept.append)
        post(stranger, "opt_out_profiling", "nobody@example.net", proof=proof(stranger, "opt_out_profiling"))
        assert slept and slept[0] > 0.3

    def test_a_proof_counts_once_and_for_its_own_form(self, stranger, ada):
        spent = proof(stranger, "opt_out_profiling")
        assert "done" in post(stranger, "opt_out_profiling", proof=spent).url
        assert "sent" in post(stranger, "opt_out_profiling", proof=spent).url
        assert "sent" in post(stranger, "opt_out_marketing", proof=proof(stranger, "opt_out_profiling")).url

    def test_the_choices_of_an_address_are_on_a_page_by_its_mailbox(self, stranger, mailoutbox, ada):
        assert stranger.post(asked(stranger, mailoutbox, CHOICES)).url.startswith("/privacy/preferences/")
        nobody = stranger.post(asked(stranger, mailoutbox, CHOICES, "nobody@example.net"))
        assert nobody.status_code == 200 and "We do not know this address" in nobody.text
        assert not Case.objects.exists()


# --- Reports ----------------------------------------------------------------------------------------------------------


class TestReports:
    def test_of_a_child_it_is_about_the_account_and_answers_who_reports_it(self, stranger, mailoutbox):
        child = f.IdentifierFactory(value="kid@example.com", subject__country="US", subject__region="US-CA").subject
        [case] = opened(stranger, mailoutbox, "child_report", "teacher@example.org")
        assert (case.kind, case.subject, case.state) == ("child_report", child, "answering")
        sealed = sealed_of(case)
        assert sealed["reply_to"] == "teacher@example.org" and sealed["relation"] == "teacher"
        assert not Identifier.objects.filter(value="teacher@example.org").exists()

    def test_of_an_account_that_is_not_found_it_is_about_who_reports_it_and_says_so(self, stranger, mailoutbox):
        [case] = opened(stranger, mailoutbox, "child_report", "teacher@example.org")
        assert case.subject.identifiers.get().value == "teacher@example.org"
        assert sealed_of(case)["reported"] == "kid@example.com (no account is known by this)"

    def test_whoever_reports_learns_from_no_page_whether_there_is_an_account(self, stranger, mailoutbox):
        f.IdentifierFactory(value="kid@example.com", subject__country="US", subject__region="US-CA")
        f.ProfilePreferenceFactory(subject=Identifier.objects.get().subject, language="it", time_zone="Asia/Tokyo")
        pages = []
        for reported in ("kid@example.com", "nobody@example.net"):
            link = asked(stranger, mailoutbox, "child_report", "teacher@example.org", reported=reported)
            pages.append([stranger.get(link).text, stranger.get(stranger.post(link).url).text])
        for known, unknown in zip(*pages, strict=True):
            assert leaving_out(known) == leaving_out(unknown)

    def test_the_account_s_owner_does_not_read_who_reported_what(self, stranger, mailoutbox):
        from privacy.personal_data.cases import REPORTS, CaseData

        assert {key for key, kind in case_kinds.items() if kind.is_report} ^ set(REPORTS) == set()
        assert set(REPORTS) <= set(CaseData.veiled["reason"].values) and "sealed" in CaseData.withheld

    def test_of_access_it_is_about_the_own_account_unless_another_is_named(self, stranger, mailoutbox, ada):
        [case] = opened(stranger, mailoutbox, "access_report")
        assert case.subject == ada and "reported" not in sealed_of(case)


def leaving_out(page: str) -> str:
    """Without what is made anew for each page: keys, tokens, times."""
    return re.sub(r'nonce="[^"]+"|/privacy/(case|confirm)/[^/"]+/|\d\d:\d\d', "", page)


# --- Bad input --------------------------------------------------------------------------------------------------------


class TestBadInput:
    @pytest.mark.parametrize(
        "address",
        [
            "", " ", "ada", "@example.com", "ada@", "ada@localhost", "a b@example.com", "ada@example.com, b@example.de",
            "ada@example.com\r\nBcc: all@example.org", "ada@example.com\nBcc: all@example.org", "<ada@example.com>",
            "Ada <ada@example.com>", "ada@exa\u200bmple.com", '"a\r\nb"@example.com', "ada@[127.0.0.1]",
            "ada@example.com%0aBcc:x@example.org", "a" * 250 + "@example.com", "adä@example.com", "-oQ/tmp@ex..com",
        ],
    )  # fmt: skip
    def test_an_address_that_is_none_is_said_at_its_field_and_no_mail_is_sent(self, stranger, mailoutbox, address):
        answer = post(stranger, "access", address)
        assert answer.status_code == 400 and 'href="#id_address"' in answer.text and not mailoutbox
        assert 'aria-invalid="true"' in answer.text and "autofocus" in answer.text

    def test_a_homograph_is_another_mailbox_and_gets_nobody_s_account(self, stranger, mailoutbox, ada):
        answer = post(stranger, "access", "аda@example.com")  # the first letter is Cyrillic
        assert answer.status_code == 400 and not mailoutbox
        [case] = opened(stranger, mailoutbox, "access", "ada@exаmple.com")  # in the domain
        assert case.subject != ada and mailoutbox[0].to == ["ada@xn--exmple-4nf.com"]

    def test_a_form_without_anything_says_what_is_missing_in_each_language(self, stranger):
        for language in LANGUAGES:
            for key in KINDS:
                answer = stranger.post(form_of(key, language), {})
                assert answer.status_code == 400 and answer.text.count('class="fault"') >= 1
        assert stranger.post(form_of("access"), b"\xff\xfe", content_type="application/json").status_code == 400

    def test_a_megabyte_of_text_is_told_its_limit(self, stranger, mailoutbox):
        answer = post(stranger, "question", reason="x" * 1_000_000)
        assert answer.status_code == 400 and "1500 characters at most" in answer.text and not mailoutbox

    def test_words_that_no_link_can_carry_are_told_so(self, stranger, mailoutbox):
        import secrets

        noise = "".join(chr(0x4E00 + secrets.randbelow(20_000)) for _ in range(1_500))
        answer = post(stranger, "question", reason=noise)
        assert answer.status_code == 400 and "too long" in answer.text and not mailoutbox
        assert post(stranger, "question", reason=noise[:400]).status_code == 303

    def test_hostile_words_in_every_script_come_back_as_they_are_and_run_nowhere(
        self, stranger, mailoutbox, ada, shared_data
    ):
        import json

        file = shared_data / "blns" / "blns-odd.json"
        hostile = [text for text in json.loads(file.read_text()) if text.strip() and "\0" not in text]
        for number in range(0, len(hostile), 25):
            limits.caches["portal"].clear()
            words = " ".join(hostile[number : number + 25])[:700].strip()
            answer = post(stranger, "question", reason=words)
            if answer.status_code != 303:  # what no link can carry
                assert answer.status_code == 400
                continue
            page = stranger.get(link_in(mailoutbox[-1])).text
            assert "<script>alert" not in page and "<img src=x" not in page and "<svg" not in page
            stranger.post(link_in(mailoutbox[-1]))
        assert Case.objects.count() > 5

    def test_a_kind_that_nobody_asks_for_here_is_not_there(self, stranger, ada):
        for key in ("hold_place", "appeal", "parental_review", "merge", "nothing"):
            assert stranger.get(reverse("ask", args=[key])).status_code == 404
            assert stranger.post(reverse("ask", args=[key]), {"address": "ada@example.com"}).status_code == 404
            link = reverse("confirm_request", args=[sealed(Wish(key, "ada@example.com", "en"))])
            assert stranger.post(link).status_code == 404
        assert not Case.objects.exists()

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_other_methods_are_refused(self, stranger, method):
        assert getattr(stranger, method)(form_of("access")).status_code == 405

    def test_a_wrong_age_key_is_said_in_words(self, stranger, mailoutbox):
        assert "begins with “age1”" in post(stranger, "access", recipient_key="ssh-rsa AAAA").text and not mailoutbox


# --- The mail server --------------------------------------------------------------------------------------------------


def test_a_mail_server_that_does_not_answer_is_said_and_costs_no_try(stranger, ada, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    for _ in range(limits.OF_ONE_KIND + 1):
        answer = post(stranger, "access")
        assert answer.status_code == 503 and "Nothing was stored" in answer.text
    assert not Case.objects.exists()


# --- How often --------------------------------------------------------------------------------------------------------


def test_200_pupils_of_a_school_behind_one_address_are_all_answered(stranger, mailoutbox):
    pupils = [f"pupil-{number}@school.example" for number in range(200)]
    sent = {post(stranger, "access", address).status_code for address in pupils}
    assert sent == {303} and [letter.to for letter in mailoutbox] == [[address] for address in pupils]
    # and confirm from there
    confirmed = {stranger.post(link_in(letter), REMOTE_ADDR="192.0.2.1").status_code for letter in mailoutbox[::4]}
    assert confirmed == {303} and Case.objects.count() == 50


class TestAFlood:
    def test_a_mailbox_gets_three_mails_of_a_kind_and_the_page_says_the_same(self, stranger, mailoutbox):
        answers = {(a.status_code, a.url) for a in (post(stranger, "access", "victim@example.com") for _ in range(30))}
        assert len(mailoutbox) == limits.OF_ONE_KIND == 3 and len(answers) == 1

    def test_nor_more_by_other_kinds_and_other_spellings_of_it(self, stranger, mailoutbox):
        spellings = ["victim@gmail.com", "v.i.c.t.i.m@gmail.com", "victim+1@gmail.com", "victim@googlemail.com"]
        for key in KINDS:
            for address in spellings:
                post(stranger, key, address)
        assert len(mailoutbox) == limits.UNPROVED

    def test_the_work_of_a_machine_buys_some_more_and_never_many(self, stranger, mailoutbox):
        for key in KINDS:
            post(stranger, key, "victim@example.com", proof=proof(stranger, key) if key in BY_MAIL else "")
        assert limits.UNPROVED < len(mailoutbox) <= limits.OF_ALL_KINDS

    def test_the_next_day_it_can_be_asked_again(self, stranger, mailoutbox):
        for _ in range(4):
            post(stranger, "access")
        with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
            post(stranger, "access")
        assert len(mailoutbox) == 4

    def test_from_one_address_of_the_internet_it_is_told_to_wait_in_its_language(self, stranger, mailoutbox, settings):
        assert settings.ACCOUNT_RATE_LIMITS["portal_posted"] == "600/5m/ip"
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"portal_posted": "3/5m/ip"}
        answers = [post(stranger, "access", f"p{n}@example.com", language="de") for n in range(4)]
        assert [a.status_code for a in answers] == [303, 303, 303, 429]
        assert answers[-1]["Retry-After"] == "300" and "Zu viel auf einmal" in answers[-1].text
        other = stranger.post(form_of("access"), {"address": "q@example.com"}, REMOTE_ADDR="192.0.2.9")
        assert other.status_code == 303

    def test_who_tries_links_is_told_to_wait_and_good_ones_go_on_working(self, stranger, mailoutbox, ada, settings):
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"portal_failed": "3/5m/ip"}
        bad = [stranger.get(reverse("confirm_request", args=["x"])).status_code for _ in range(5)]
        assert bad == [404, 404, 404, 429, 429]
        assert stranger.get(asked(stranger, mailoutbox, "access")).status_code == 200
