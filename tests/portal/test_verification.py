"""The pages on which a person proves who they are: what they offer, what they tell, and what a stranger learns."""

import email
import re
import socket
import time
from email.policy import default
from uuid import uuid4

import jwt
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy.cases import verification
from privacy.cases.requests import ask
from privacy.fulfilment import case_links
from privacy.fulfilment import verification as codes
from privacy.models import DataSubject, Identifier, IdentityCheck, IdentityProof, Job, State
from tests import factories as f
from tests import working
from tests.factories.verification import PDF

pytestmark = pytest.mark.django_db
STUDIO = "https://studio.kosenai.example"
LANGUAGES = {
    "en": "Prove that it is you", "de": "Weisen Sie nach, dass Sie es sind", "fr": "Prouvez que c’est vous",
    "es": "Demuestre que es usted", "it": "Dimostri di essere lei",
}  # fmt: skip


@pytest.fixture
def stranger():
    """No cookies, no token of a form, no script."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def person():
    return f.IdentifierFactory(is_primary=True, value="ada@example.com").subject


@pytest.fixture
def case(person):
    [case] = ask("erasure", subject_ids=[person.pk], actor=f.StaffFactory(role="agent"), reason="Wrote to support")
    return case


def page(case_or_id, name="case_verify", *more) -> str:
    return reverse(name, args=[case_links.token_for(getattr(case_or_id, "pk", case_or_id)), *more])


def place(answer) -> str:
    """Where it leads, without the token, which has a time in it."""
    return re.sub(r"/case/[^/]+/", "/case/token/", answer["Location"])


def place_of(name: str) -> str:
    return reverse(name, args=["token"])


def a_file(data: bytes = PDF, name: str = "passport.pdf") -> dict:
    return {"file": SimpleUploadedFile(name, data)}


def code_for(case) -> str:
    return codes.code_of(IdentityCheck.objects.get(case=case, way="email_code", outcome=""))


class Inbox:
    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=default)))
        return "250 taken"


@pytest.fixture
def mail_server(settings):
    """A real one, which Django's own backend speaks to."""
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield inbox
    server.stop()


@pytest.mark.parametrize(("language", "heading"), LANGUAGES.items())
def test_a_code_by_mail_proves_who_asks_in_every_language(stranger, person, case, mail_server, language, heading):
    f.ProfilePreferenceFactory(subject=person, language=language)
    reads = {"headers": {"Accept-Language": language}}
    shown = stranger.get(page(case), **reads)
    assert heading in shown.text and f'lang="{language}"' in shown.text and not shown.cookies
    assert shown["Referrer-Policy"] == "no-referrer" and "no-store" in shown["Cache-Control"]
    assert place(stranger.post(page(case), **reads)) == place_of("case_verify_code")
    working.run_all()
    [(to, letter)] = mail_server.letters
    text = letter.get_content()
    code = re.search(r"\d{4} \d{4}", text)[0]
    assert to == ["ada@example.com"] and letter["Message-ID"] == f"<{IdentityCheck.objects.get().pk}@kosenai-ops>"
    link = re.search(r"/privacy/case/([^/]+)/verify/code/", text)[1]
    assert case_links.case_of(link) == case.pk
    assert place(stranger.post(page(case, "case_verify_code"), {"code": code})) == place_of("case")
    case.refresh_from_db()
    assert (case.state, case.verification) == (State.DECIDING, "email_code")


def test_looking_changes_nothing_because_scanners_follow_links(stranger, case):
    for name in ("case_verify", "case_verify_code", "case_verify_session"):
        stranger.get(page(case, name))
        stranger.head(page(case, name))
    assert not IdentityCheck.objects.exists() and not Job.objects.exists()


class TestAStrangerLearnsNothing:
    def answers(self, stranger, request_id) -> tuple:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = stranger.post(page(request_id, "case_verify_code"), {"code": "00000000"})
        then = stranger.get(page(request_id, "case_verify_code") + "?again=1")
        shown = re.sub(r'href="[^"]*"|nonce="[^"]*"', "", then.text)
        sql = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]
        return answer.status_code, answer["Location"].split("/")[-1], then.status_code, shown, len(sql)

    def test_by_a_wrong_code_an_old_one_a_case_that_is_none_and_a_person_who_was_erased(self, stranger, case):
        agent = f.StaffFactory(role="agent")
        verification.send_code(request_id=case.pk, actor=agent)
        old = f.IdentityCheckFactory(expires_at="2026-01-01T00:00Z").case
        erased = f.IdentityCheckFactory().case
        DataSubject.objects.filter(pk=erased.subject_id).update(erased_at=Now(), full_name="", country="")
        closed = f.CaseFactory(closed=True)
        assert len({self.answers(stranger, pk) for pk in (case.pk, old.pk, erased.pk, closed.pk, uuid4())}) == 1

    def test_by_asking_for_a_code(self, stranger, case):
        known = stranger.post(page(case))
        unknown = stranger.post(page(uuid4()))
        nobodys = stranger.post(page(f.CaseFactory(state="verifying", verification="")))  # without an address
        places = {re.sub(r"case/[^/]+", "case", answer["Location"]) for answer in (known, unknown, nobodys)}
        assert len(places) == 1 and {known.status_code, unknown.status_code, nobodys.status_code} == {302}

    def test_by_sending_a_document(self, stranger, case):
        known = stranger.post(page(case, "case_verify_document", "document"), a_file())
        unknown = stranger.post(page(uuid4(), "case_verify_document", "document"), a_file())
        assert known.status_code == unknown.status_code == 302
        assert known["Location"].endswith("/verify/?received=1") and unknown["Location"].endswith("/verify/?received=1")
        assert IdentityProof.objects.count() == 1

    @pytest.mark.parametrize("token", ["x", "a:b:c", "é", "../..", "ada@example.com", "'--"])
    def test_by_a_forged_token(self, stranger, token, django_assert_num_queries):
        for name in ("case_verify", "case_verify_code", "case_verify_session"):
            with django_assert_num_queries(0):
                address = reverse(name, args=[token.replace("/", "%2F")])
                assert {stranger.get(address).status_code, stranger.post(address).status_code} == {404}

    def test_by_a_link_that_is_too_old_or_of_something_else(self, stranger, case, monkeypatch):
        from django.core import signing

        old = page(case)
        monkeypatch.setattr(case_links, "GOOD_FOR", -1)
        assert stranger.get(old).status_code == 404
        monkeypatch.undo()
        other = signing.dumps(case.pk.hex, salt="privacy.unsubscribe")
        assert stranger.get(reverse("case_verify", args=[other])).status_code == 404


class TestManyAttempts:
    def test_at_one_case_from_many_addresses_are_told_to_wait(self, stranger, case, settings):
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"verification_failed": "100/5m/ip,3/h/key"}
        address = page(case, "case_verify_code")
        told = [stranger.post(address, {"code": "1"}, REMOTE_ADDR=f"192.0.2.{n}") for n in range(4)]
        assert [answer.status_code for answer in told] == [302, 302, 302, 429]
        assert told[-1]["Retry-After"] == "300" and "write to" in told[-1].text.lower()

    def test_from_one_address_do_not_keep_a_school_from_its_own(self, stranger, case, settings):
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"verification_failed": "3/5m/ip,30/h/key"}
        for _ in range(2):
            stranger.post(page(uuid4(), "case_verify_code"), {"code": "1"})
        stranger.post(page(case))
        right = {"code": code_for(case)}
        assert place(stranger.post(page(case, "case_verify_code"), right)) == place_of("case")

    def test_at_codes_are_few_by_the_rows_whoever_counts(self, stranger, case, settings):
        settings.ACCOUNT_RATE_LIMITS = {}
        for _ in range(9):
            stranger.post(page(case))
        assert IdentityCheck.objects.count() == 4


class TestADocument:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"MZ\x90\x00" + b"\0" * 64, "This is no PDF"), (b"<svg onload='alert(1)'/>", "This is no PDF"),
            (PDF + b"x" * (25 * 1024**2), "larger than 10 MB"), (b"", "The file is empty"),
            (PDF + b"PK\x05\x06" + b"\0" * 18, "something else"),
        ],
        ids=["executable", "svg", "25 MB", "empty", "polyglot"],
    )  # fmt: skip
    def test_that_is_none_is_answered_clearly_and_kept_nowhere(self, stranger, case, data, words):
        told = stranger.post(page(case, "case_verify_document", "document"), a_file(data))
        assert told.status_code == 200 and words in told.text and 'role="alert"' in told.text
        assert not IdentityProof.objects.exists() and not IdentityCheck.objects.exists()

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd", "a\\b\\c.pdf", "паспорт.pdf", "护照.pdf", "جواز.pdf", "x" * 300, "<b>"]
    )
    def test_has_no_name_here_whatever_it_was_called(self, stranger, case, name):
        assert stranger.post(page(case, "case_verify_document", "document"), a_file(name=name)).status_code == 302
        proof = IdentityProof.objects.get()
        assert proof.file.name == f"proofs/{case.subject_id}/{proof.pk}"

    def test_with_nul_in_its_name_is_refused_or_nameless(self, stranger, case):
        body = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\0b.pdf"\r\n\r\n' + PDF + b"\r\n--x--\r\n"
        )
        kind = "multipart/form-data; boundary=x"
        told = stranger.generic("POST", page(case, "case_verify_document", "document"), body, content_type=kind)
        assert told.status_code in (200, 302, 400)
        assert all("\0" not in proof.file.name for proof in IdentityProof.objects.all())

    def test_is_not_awaited_in_ways_that_there_are_not(self, stranger, case):
        for way in ("override", "controller", "x"):
            assert stranger.post(page(case, "case_verify_document", way), a_file()).status_code == 404
        assert "Choose a file first" in stranger.post(page(case, "case_verify_document", "agent")).text
        assert not IdentityCheck.objects.exists()


def test_what_is_offered_follows_from_the_right(stranger, person):
    agent = f.StaffFactory(role="agent")
    asked = {"subject_ids": [person.pk], "actor": agent, "reason": "Wrote to support"}
    [low] = ask("restriction", **asked)
    [parent] = ask("parental_review", **asked)
    words = {"a code": "Send me a code", "an identity": "identity document", "a parent": "for a child"}
    shown = {case.kind: stranger.get(page(case)).text for case in (low, parent)}
    assert {what for what, text in words.items() if text in shown["restriction"]} == {"a code", "a parent"}
    assert {what for what, text in words.items() if text in shown["parental_review"]} == {"a parent"}
    doubted = f.CaseFactory(kind="opt_out_sale_sharing", state="verifying", verification="")
    assert "nothing to prove" in stranger.get(page(doubted)).text


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class TestASessionAtClerk:
    @pytest.fixture(autouse=True)
    def clerk(self, key, settings, person):
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        settings.CLERK_JWT_KEY = key.public_key().public_bytes(serialization.Encoding.PEM, public).decode()
        settings.CLERK_AUTHORIZED_PARTIES = [STUDIO]
        f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_ada")

    def token(self, key, without=(), **claims) -> str:
        now = int(time.time())
        said = {"sub": "user_ada", "sid": "sess_1", "iat": now, "nbf": now, "exp": now + 60, "azp": STUDIO, "v": 2}
        said = {name: value for name, value in (said | claims).items() if name not in without}
        return jwt.encode(said, key, algorithm="RS256")

    def test_proves_who_asks_by_a_form_of_the_studio_or_by_the_cookie(self, stranger, case, key):
        done = stranger.post(page(case, "case_verify_session"), {"session": self.token(key)})
        assert place(done) == place_of("case")
        case.refresh_from_db()
        assert (case.verification, case.verified_by) == ("signed_in", None)
        [other] = ask("erasure_of_one", subject_ids=[case.subject_id], actor=f.StaffFactory(role="agent"),
                      reason="Wrote to support", what=str(f.NoteFactory(author=case.subject).pk))  # fmt: skip
        stranger.cookies["__session_x1"] = self.token(key, sid="sess_2")
        assert "Use my sign-in" in stranger.get(page(other)).text
        assert place(stranger.post(page(other, "case_verify_session"))) == place_of("case")

    def test_is_good_once(self, stranger, case, key):
        [other] = ask("restriction", subject_ids=[case.subject_id], actor=f.StaffFactory(role="agent"),
                      reason="Wrote to support")  # fmt: skip
        token = {"session": self.token(key)}
        assert place(stranger.post(page(case, "case_verify_session"), token)) == place_of("case")
        assert stranger.post(page(other, "case_verify_session"), token)["Location"].endswith("?again=1")

    @pytest.mark.parametrize(
        "claims",
        [
            {"sub": "user_bert"}, {"azp": "https://evil.example"}, {"without": ["azp"]}, {"exp": 1},
            {"without": ["exp"]}, {"without": ["sid"]}, {"act": {"sub": "user_staff"}}, {"sts": "pending"},
            {"iat": 1}, {"nbf": 2**33},
        ],
        ids=["another's", "origin", "no origin", "expired", "endless", "template", "played", "pending", "old", "early"],
    )  # fmt: skip
    def test_that_is_not_the_person_s_own_proves_nothing(self, stranger, case, key, claims):
        answer = stranger.post(page(case, "case_verify_session"), {"session": self.token(key, **claims)})
        assert answer["Location"].endswith("/verify/?again=1")
        case.refresh_from_db()
        assert case.state == State.VERIFYING and not IdentityCheck.objects.exists()

    @pytest.mark.parametrize("token", ["", "x", "ak_1", "oat_1", "é" * 9, "a.b.c", "x" * 100_000])
    def test_that_is_none_at_all_proves_nothing_and_nobody_is_called(self, stranger, case, token):
        answer = stranger.post(page(case, "case_verify_session"), {"session": token})
        assert answer["Location"].endswith("/verify/?again=1")

    def test_of_another_key_or_of_none_proves_nothing(self, stranger, case):
        forger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        for token in (self.token(forger), jwt.encode({"sub": "user_ada"}, None, algorithm="none")):
            answer = stranger.post(page(case, "case_verify_session"), {"session": token})
            assert answer["Location"].endswith("?again=1")

    def test_is_not_offered_without_its_settings(self, stranger, case, key, settings):
        settings.CLERK_AUTHORIZED_PARTIES = []
        assert "sign-in to the studio" not in stranger.get(page(case)).text
        answer = stranger.post(page(case, "case_verify_session"), {"session": self.token(key)})
        assert answer["Location"].endswith("?again=1")
