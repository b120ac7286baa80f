"""Making sure who asks: each way by the risk of the right, each check a row, nothing that a stranger learns by it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from privacy import roles
from privacy.cases import opt_outs, proofs, requests, verification
from privacy.cases.refusals import deny
from privacy.cases.reopening import reopen
from privacy.cases.requests import ask, grant
from privacy.catalogue import NotAllowed, Risk, case_kinds
from privacy.catalogue.cases import rights
from privacy.evidence.chains import faults_of_chain
from privacy.fulfilment import verification as codes
from privacy.fulfilment.proofs import NotTaken, sweep
from privacy.models import (
    AuditEntry,
    Case,
    CheckOutcome,
    DataSubject,
    IdentityCheck,
    IdentityProof,
    Job,
    Outcome,
    SeenLetter,
    State,
    Verification,
)
from privacy.selectors.verification import address_of, offered, ways_of
from tests import asking, working
from tests import factories as f
from tests.factories.verification import PDF
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db
WHY = "The caller knew the last three invoices"


@pytest.fixture
def agent():
    return f.StaffFactory(role="agent")


@pytest.fixture
def approver():
    return f.StaffFactory(role="approver")


@pytest.fixture
def person():
    """With an address that the account had before."""
    return f.IdentifierFactory(is_primary=True, value="ada@example.com").subject


def unproved(person, agent, kind="erasure", **given) -> Case:
    answers = asking.answers_for(kind, person) | given
    [case] = ask(kind, subject_ids=[person.pk], actor=agent, **answers)
    assert case.state == State.VERIFYING
    return case


@pytest.fixture
def case(person, agent):
    return unproved(person, agent)


def code_for(case: Case) -> str:
    return codes.code_of(IdentityCheck.objects.get(case=case, way="email_code", outcome=""))


def handed_in(case: Case, way="document", data=PDF, **given) -> IdentityProof:
    assert proofs.hand_in(request_id=case.pk, way=way, file=ContentFile(data, name="../a\0.exe"), **given)
    return IdentityProof.objects.order_by("-handed_in_at").first()


def decided(proof: IdentityProof, by, **given) -> Case:
    request_id = proof.identity_check.case_id
    proofs.look(request_id=request_id, proof_id=proof.pk, actor=by)
    given = {"is_sure": True, "document": "passport"} | given
    return proofs.decide(request_id=request_id, check_id=proof.identity_check_id, actor=by, **given)


def refreshed(row):
    row.refresh_from_db()
    return row


class TestACode:
    def test_goes_to_the_account_s_address_and_proves_who_asks(self, case, agent):
        verification.send_code(request_id=case.pk, actor=agent)
        working.run_all()
        [letter] = mail.outbox
        code = code_for(case)
        assert letter.to == ["ada@example.com"] and f"{code[:4]} {code[4:]}" in letter.body and len(code) == 8
        assert verification.enter_code(request_id=case.pk, code=f" {code[:4]}-{code[4:]} ")
        assert refreshed(case).state == State.DECIDING and case.verification == "email_code" and not case.verified_by
        check = IdentityCheck.objects.get()
        assert (check.outcome, check.attempts, check.nonce) == ("proved", 1, "") and check.sent_at
        assert faults_of_chain(case.pk) == []

    def test_stands_nowhere_and_its_mail_is_the_same_however_often_it_is_sent(self, case, agent):
        check = verification.send_code(request_id=case.pk, actor=agent)
        code = codes.code_of(check)
        columns = [str(getattr(check, field.attname)) for field in check._meta.concrete_fields]
        assert code not in " ".join([*columns, str(list(AuditEntry.objects.values_list("data", flat=True)))])
        messages = [codes.compose(check, "ada@example.com") for _ in range(2)]
        assert len({(m.body, m.extra_headers["Message-ID"]) for m in messages}) == 1
        assert "Ada" not in messages[0].body and "ada@" not in messages[0].body

    def test_is_wrong_five_times_and_then_none_is_right(self, case, agent):
        verification.send_code(request_id=case.pk, actor=agent)
        code = code_for(case)
        wrong = "0" * 8 if code != "0" * 8 else "1" * 8
        assert not any(verification.enter_code(request_id=case.pk, code=wrong) for _ in range(5))
        assert not verification.enter_code(request_id=case.pk, code=code)
        assert IdentityCheck.objects.get().outcome == CheckOutcome.EXHAUSTED
        assert refreshed(case).state == State.VERIFYING and faults_of_chain(case.pk) == []

    def test_of_a_quarter_of_an_hour_ago_is_none(self, case, agent):
        check = verification.send_code(request_id=case.pk, actor=agent)
        code = codes.code_of(check)
        with owner_of_the_tables():
            IdentityCheck.objects.filter(pk=check.pk).update(expires_at=Now() - timedelta(seconds=1))
        assert not verification.enter_code(request_id=case.pk, code=code)
        working.run_all()
        assert mail.outbox == []

    def test_is_good_once_and_the_newest_alone_is_good(self, case, agent):
        verification.send_code(request_id=case.pk, actor=agent)
        old = code_for(case)
        verification.send_code(request_id=case.pk, actor=agent)
        new = code_for(case)
        assert old == new or not verification.enter_code(request_id=case.pk, code=old)
        assert verification.enter_code(request_id=case.pk, code=new)
        assert not verification.enter_code(request_id=case.pk, code=new)
        assert {*IdentityCheck.objects.values_list("outcome", flat=True)} == {"replaced", "proved"}

    @pytest.mark.parametrize(
        "typed", ["", "x", "１２３４５６７８", "\0" * 8, "1" * 4000, "' OR 1=1", "٣" * 8, "12345678\n"]
    )
    def test_that_is_none_is_wrong_and_no_fault(self, case, agent, typed):
        verification.send_code(request_id=case.pk, actor=agent)
        assert not verification.enter_code(request_id=case.pk, code=typed)

    def test_is_sent_a_few_times_an_hour(self, case, agent):
        for _ in range(4):
            verification.send_code(request_id=case.pk, actor=agent)
        with pytest.raises(NotAllowed, match="within an hour"):
            verification.send_code(request_id=case.pk, actor=agent)
        verification.ask_code(request_id=case.pk)
        assert IdentityCheck.objects.count() == 4

    def test_is_never_sent_to_an_address_that_came_with_the_request_or_is_another_s_too(self, agent):
        person = f.DataSubjectFactory()
        case = unproved(person, agent, reply_to="new@example.com")
        f.IdentifierFactory(subject=person, value="new@example.com")
        assert address_of(case) is None
        with pytest.raises(NotAllowed, match="no address"):
            verification.send_code(request_id=case.pk, actor=agent)
        verification.ask_code(request_id=case.pk)  # by the person, who is told nothing
        working.run_all()
        assert mail.outbox == []
        shared = f.IdentifierFactory(value="family@example.com")
        f.IdentifierFactory(value="family@example.com")
        assert address_of(unproved(shared.subject, agent)) is None

    def test_that_no_server_can_send_is_offered_to_nobody(self, case, settings):
        settings.EMAIL_URL = ""
        assert "email_code" not in offered(case)
        verification.ask_code(request_id=case.pk)
        assert not IdentityCheck.objects.exists()

    def test_takes_as_many_queries_when_it_is_wrong_as_where_there_is_no_case(self, case, agent, person):
        def queries(request_id, code="12345678") -> int:
            with connection.execute_wrapper(lambda execute, *given: (seen.append(given[0]), execute(*given))[1]):
                seen: list = []
                assert not verification.enter_code(request_id=request_id, code=code)
            return len(seen)

        verification.send_code(request_id=case.pk, actor=agent)
        erased = f.CaseFactory(state="verifying", verification="")
        DataSubject.objects.filter(pk=erased.subject_id).update(erased_at=Now(), full_name="", country="")
        counted = {queries(case.pk), queries(erased.pk), queries(person.pk)}
        assert len(counted) == 1


class TestADocument:
    def test_is_seen_by_who_may_decide_and_is_unreadable_from_the_decision_on(self, case, agent, approver):
        proof = handed_in(case)
        with default_storage.open(proof.file.name) as stored:
            assert b"%PDF" not in stored.read() and "exe" not in proof.file.name
        with pytest.raises(PermissionDenied):
            proofs.look(request_id=case.pk, proof_id=proof.pk, actor=agent)
        assert proofs.look(request_id=case.pk, proof_id=proof.pk, actor=approver).data == PDF
        decided(proof, approver)
        assert refreshed(case).state == State.DECIDING and case.verification == "document"
        assert case.verified_by == approver
        assert (refreshed(proof).sealed_key, bool(proof.purged_at)) == ("", True)
        with pytest.raises(NotAllowed, match="gone"):
            proofs.look(request_id=case.pk, proof_id=proof.pk, actor=approver)
        check = IdentityCheck.objects.get()
        assert (check.outcome, check.document, check.decided_by) == ("proved", "passport", approver)
        assert faults_of_chain(case.pk) == []

    @pytest.mark.django_db(transaction=True)
    def test_file_goes_when_the_decision_holds(self, case, approver):
        proof = handed_in(case)
        name = proof.file.name
        decided(proof, approver)
        assert not default_storage.exists(name) and refreshed(proof).file.name == ""

    def test_that_nobody_looked_at_is_not_decided_on(self, case, approver):
        proof = handed_in(case)
        with pytest.raises(NotAllowed, match="Look at each"):
            proofs.decide(
                request_id=case.pk, check_id=proof.identity_check_id, actor=approver, is_sure=True, document="passport"
            )

    def test_that_proves_nothing_is_purged_too_and_the_case_goes_on_waiting(self, case, approver):
        proof = handed_in(case)
        with pytest.raises(ValueError, match="Say why"):
            decided(proof, approver, is_sure=False)
        decided(proof, approver, is_sure=False, because="Another person’s passport")
        assert refreshed(case).state == State.VERIFYING and refreshed(proof).purged_at
        assert faults_of_chain(case.pk) == []
        handed_in(case)  # once more, in a check of its own
        assert IdentityCheck.objects.filter(outcome="").count() == 1

    @pytest.mark.parametrize("end", ["set_aside", "deny", "cancel", "code", "lapse"])
    def test_goes_whatever_else_ends_the_wait(self, case, agent, approver, end):
        proof = handed_in(case)
        match end:
            case "set_aside":
                requests.set_aside(request_id=case.pk, actor=approver, event="duplicate")
            case "deny":
                deny(request_id=case.pk, actor=approver, denial_reason="insuf_verification")
            case "cancel":
                requests.cancel(request_id=case.pk, actor=agent)
            case "code":
                verification.send_code(request_id=case.pk, actor=agent)
                assert verification.enter_code(request_id=case.pk, code=code_for(case))
            case "lapse":
                decided(proof, approver, is_sure=False, because="Another person’s passport")
        assert refreshed(proof).sealed_key == "" and proof.purged_at
        assert faults_of_chain(case.pk) == []

    def test_is_not_asked_of_who_wants_little(self, person, agent):
        case = unproved(person, agent, "restriction")
        assert "document" not in ways_of(case) and not proofs.hand_in(
            request_id=case.pk, way="document", file=ContentFile(PDF, name="a.pdf")
        )
        with pytest.raises(NotAllowed, match="more than is needed"):
            verification.request_document(request_id=case.pk, actor=agent, way="document")
        assert not IdentityProof.objects.exists()

    def test_of_an_agent_takes_the_person_s_own_word_and_their_word_alone_is_not_enough(self, case, agent, approver):
        proof = handed_in(case, way="agent")
        verification.send_code(request_id=case.pk, actor=agent)
        with pytest.raises(NotAllowed, match="7063"):
            decided(proof, approver, document="permission")
        assert verification.enter_code(request_id=case.pk, code=code_for(case))
        assert refreshed(case).state == State.VERIFYING
        decided(proof, approver, document="permission")
        assert refreshed(case).verification == "agent" and faults_of_chain(case.pk) == []

    def test_of_a_parent_opens_a_parental_review(self, person, agent, approver):
        case = unproved(person, agent, "parental_review")
        assert ways_of(case) == ("guardian",)
        decided(handed_in(case, way="guardian"), approver, document="birth_certificate")
        assert refreshed(case).verification == "guardian" and case.state == State.FULFILLING

    def test_goes_with_the_person(self, person, agent, approver):
        waiting = unproved(person, agent, "erasure_of_one")
        name = handed_in(waiting).file.name
        [case] = ask(
            "erasure", subject_ids=[person.pk], actor=agent, reason="Forget me, please", verification="guardian"
        )
        grant(request_id=case.pk, actor=approver)
        working.run_all()
        assert not default_storage.exists(name) and not IdentityProof.objects.exists()
        assert faults_of_chain(waiting.pk) == []

    def test_of_a_killed_decision_is_swept_and_so_is_what_no_row_names(self, case, approver, monkeypatch):
        proof = handed_in(case)
        decided(proof, approver)  # its commit never comes in this test, as in a worker that is killed
        assert default_storage.exists(proof.file.name) and refreshed(proof).sealed_key == ""
        stray = default_storage.save("proofs/nobody/stray", ContentFile(b"x"))
        monkeypatch.setattr("privacy.fulfilment.proofs.ORPHAN_SECONDS", -1)
        assert sweep() >= 2 and not default_storage.exists(stray)
        assert not default_storage.exists(proof.file.name)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"), (b"MZ\x90\0" + b"x" * 99, "no PDF"), (b"<svg xmlns='x'/>", "no PDF"), (b"GIF89a", "no PDF"),
            (b"<html><script>1</script>", "no PDF"), (b"PK\x03\x04", "no PDF"), (b"%PDF-1.7\n", "not complete"),
            (b"\xff\xd8\xff\xe0" + b"x" * 9, "not complete"), (PDF + b"x" * (25 * 1024**2), "larger"),
            (b"%PDF-1.7 <script>alert(1)</script>\n%%EOF", "something else"),
            (PDF.replace(b"/Root", b"/Launch"), "something"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\xff" * 8 + b"IEND\xaeB`\x82", "something else"),
            (PDF + b"PK\x05\x06" + b"\0" * 18, "something else"),
            (b"\xff\xd8\xff\xe0" + b"x" * 9 + b"\xff\xd9" + b"MZ more", "something else"),
        ],
    )  # fmt: skip
    def test_that_is_something_else_is_refused_and_nothing_is_kept(self, case, data, words):
        with pytest.raises(NotTaken, match=words):
            handed_in(case, data=data)
        assert not IdentityProof.objects.exists() and not IdentityCheck.objects.exists()

    def test_comes_at_most_five_times(self, case):
        for _ in range(5):
            handed_in(case)
        with pytest.raises(NotTaken, match="Five"):
            handed_in(case)
        assert IdentityProof.objects.count() == 5


class TestAReply:
    @pytest.mark.parametrize(("kind", "enough"), [("erasure", {"both"}), ("restriction", {*SeenLetter})])
    def test_proves_by_what_was_seen_besides_its_from(self, person, agent, kind, enough):
        for letter in SeenLetter:
            case = unproved(f.IdentifierFactory().subject, agent, kind)
            if letter not in enough:
                with pytest.raises(NotAllowed, match="both"):
                    verification.confirm_reply(request_id=case.pk, actor=agent, letter=letter)
                continue
            verification.confirm_reply(request_id=case.pk, actor=agent, letter=letter)
            assert refreshed(case).verification == "email_round_trip" and case.verified_by == agent
            assert IdentityCheck.objects.get(case=case).letter == letter and faults_of_chain(case.pk) == []

    def test_of_which_nothing_else_was_seen_proves_nothing(self, case, agent):
        with pytest.raises(ValueError, match="From:"):
            verification.confirm_reply(request_id=case.pk, actor=agent, letter="")


class TestAnOverride:
    def test_takes_a_second_person_who_neither_asked_nor_proposed(self, case, agent, approver):
        proposer = f.StaffFactory(role="approver")
        verification.propose_override(request_id=case.pk, actor=proposer, because=WHY)
        for member in (proposer, agent):
            with pytest.raises(PermissionDenied):
                verification.decide_override(request_id=case.pk, actor=member, is_sure=True)
        verification.decide_override(request_id=case.pk, actor=approver, is_sure=True)
        assert refreshed(case).verification == "override" and case.verified_by == approver
        assert faults_of_chain(case.pk) == []

    def test_of_who_asked_is_refused_by_the_database_too(self, approver):
        case = f.CaseFactory(state="verifying", verification="", requested_by=approver, kind="erasure")
        check = f.IdentityCheckFactory(case=case, way="override", nonce="", expires_at=None, asked_by=f.StaffFactory())
        ended = {"outcome": "proved", "decided_at": datetime.now(UTC)}
        with pytest.raises(IntegrityError, match="asked for the case"), transaction.atomic():
            IdentityCheck.objects.filter(pk=check.pk).update(decided_by=approver, **ended)
        with pytest.raises(IntegrityError), transaction.atomic():
            IdentityCheck.objects.filter(pk=check.pk).update(decided_by=check.asked_by, **ended)

    def test_that_is_refused_leaves_the_case_waiting(self, case, agent, approver):
        verification.propose_override(request_id=case.pk, actor=agent, because=WHY)
        verification.decide_override(request_id=case.pk, actor=approver, is_sure=False)
        assert refreshed(case).state == State.VERIFYING and IdentityCheck.objects.get().outcome == "refused"

    def test_words_that_were_changed_are_found(self, case, agent):
        check = verification.propose_override(request_id=case.pk, actor=agent, because=WHY)
        IdentityCheck.objects.filter(pk=check.pk).update(because="Something else altogether")
        assert "the words of a check of who asks are not what was written" in faults_of_chain(case.pk)


class TestWhoVerifies:
    def test_does_not_approve_where_two_decide(self, case, approver):
        decided(handed_in(case), approver)
        with pytest.raises(PermissionDenied, match="made sure"):
            grant(request_id=case.pk, actor=approver)
        with pytest.raises(IntegrityError, match="case_decider_is_not_who_verified"), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(approved_by=approver)
        grant(request_id=case.pk, actor=f.StaffFactory(role="approver"))

    def test_is_another_than_the_chain_tells_when_somebody_changes_the_row(self, case, approver):
        decided(handed_in(case), approver)
        with owner_of_the_tables():
            Case.objects.filter(pk=case.pk).update(verified_by=f.StaffFactory())
        assert "another person as the one who made sure" in " ".join(faults_of_chain(case.pk))

    def test_states_what_they_saw_where_that_is_a_way(self, case, agent):
        with pytest.raises(ValueError, match="what you saw"):
            verification.state(request_id=case.pk, actor=agent, way="authority", because="-")
        verification.state(request_id=case.pk, actor=agent, way="authority", because="The order of 3 May, as it came")
        check = IdentityCheck.objects.get()
        assert (check.way, check.decided_by, refreshed(case).verified_by) == ("authority", agent, agent)
        assert faults_of_chain(case.pk) == []


class TestNobodyIsAsked:
    @pytest.mark.parametrize("kind", [key for key in rights() if not case_kinds[key].proof])
    def test_to_prove_an_opt_out(self, agent, approver, kind):
        case = f.CaseFactory(kind=kind, state="verifying", verification="")
        by = {"request_id": case.pk, "actor": agent}
        for refused in (
            lambda: verification.send_code(**by),
            lambda: verification.request_document(**by, way="document"),
            lambda: verification.request_document(**by, way="agent"),
            lambda: verification.state(**by, way="authority", because=WHY),
            lambda: verification.confirm_reply(**by, letter="both"),
            lambda: verification.propose_override(**by, because=WHY),
            lambda: verification.decide_override(request_id=case.pk, actor=approver, is_sure=True),
            lambda: proofs.hand_in(**by, way="document", file=ContentFile(PDF, name="a.pdf")),
        ):
            with pytest.raises((NotAllowed, PermissionDenied)):
                refused()
        assert offered(case) == () and not IdentityCheck.objects.exists()
        verification.ask_code(request_id=case.pk)
        assert not verification.enter_code(request_id=case.pk, code="12345678") and not Job.objects.exists()

    def test_twice_for_what_is_sure(self, case, agent, approver):
        decided(handed_in(case), approver)
        with pytest.raises(NotAllowed, match="not awaited"):
            verification.send_code(request_id=case.pk, actor=agent)


class TestNothingIsDecidedBefore:
    """Fides GHSA-qx5f-ghc2-7g5c: a duplicate was approved before anybody knew who had asked."""

    def test_by_any_door(self, case, approver, person, agent):
        doors = {
            "grant": lambda: requests.grant(request_id=case.pk, actor=approver),
            "grant all": lambda: requests.grant_all(request_ids=[case.pk], actor=approver),
            "approve again": lambda: requests.approve_again(request_id=case.pk, actor=approver),
            "answer": lambda: requests.answer(request_id=case.pk, actor=approver, how="email"),
        }
        for name, door in doors.items():
            with pytest.raises((NotAllowed, PermissionDenied)):
                door()
            assert refreshed(case).state == State.VERIFYING, name
        with pytest.raises(IntegrityError, match="case_is_verified_before_it_is_decided"), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(state="deciding")

    def test_as_the_duplicate_of_one_that_is_proved(self, case, approver, person, agent):
        """The same person asks twice; the proved one runs, and the other neither joins it nor is granted with it."""
        twin = unproved(person, agent)
        verification.send_code(request_id=twin.pk, actor=agent)
        assert verification.enter_code(request_id=twin.pk, code=code_for(twin))
        with pytest.raises(NotAllowed):
            requests.grant_all(request_ids=[twin.pk, case.pk], actor=approver)
        assert not Job.objects.filter(kind="erasure").exists()
        requests.grant(request_id=twin.pk, actor=approver)
        assert refreshed(case).state == State.VERIFYING and not case.joined
        requests.set_aside(request_id=case.pk, actor=approver, event="duplicate")
        reopen(request_id=case.pk, actor=approver, why="It was no duplicate after all")
        assert refreshed(case).state == State.VERIFYING

    def test_by_merging_the_accounts(self, case, approver, person, agent):
        other = f.IdentifierFactory().subject
        asking.agreed("merge", subject_ids=[person.pk], actor=agent, reason=asking.REASON, into=str(other.pk))
        working.run_all()
        assert refreshed(case).state == State.VERIFYING and not case.verification

    @pytest.mark.parametrize("way", Verification.of_a_check())
    def test_by_a_word_for_which_there_is_no_check(self, case, agent, way, person):
        with pytest.raises(ValueError, match="check"):
            ask("access", subject_ids=[person.pk], actor=agent, reason=asking.REASON, verification=way)
        with pytest.raises(IntegrityError, match="takes a check"), transaction.atomic():
            requests.prove(request_id=case.pk, actor=agent, verification=way)


class TestTime:
    @pytest.fixture
    def asked(self, case, agent):
        verification.send_code(request_id=case.pk, actor=agent)
        return case

    def let_pass(self, case, days: int):
        with owner_of_the_tables():
            checks = IdentityCheck.objects.filter(case=case)
            checks.update(asked_at=Now() - timedelta(days=days))
            checks.filter(way="email_code").update(expires_at=Now() - timedelta(days=days))

    def past_its_date(self, case):
        Case.objects.filter(pk=case.pk).update(due_on=date(2026, 1, 1), limit_on=date(2026, 1, 1))

    def test_closes_what_nobody_proved_with_an_event_of_its_own(self, asked):
        self.let_pass(asked, 20)
        assert verification.sweep() == 0  # its date is still to come
        self.past_its_date(asked)
        assert verification.sweep() == 1
        assert (refreshed(asked).state, asked.outcome) == (State.CLOSED, Outcome.EXPIRED)
        assert AuditEntry.objects.filter(chain=asked.pk, event="case.lapsed", actor=None).count() == 1
        assert IdentityCheck.objects.get().outcome == CheckOutcome.EXPIRED

    @pytest.mark.parametrize("so", ["just asked", "never asked", "a document waits", "an override waits", "an opt-out"])
    def test_does_not_close_what_lies_with_us(self, so, asked, agent):
        if so != "just asked":
            self.let_pass(asked, 20)
        if so == "never asked":
            asked = f.CaseFactory(state="verifying", verification="", kind="erasure")
        if so == "a document waits":
            handed_in(asked)
            self.let_pass(asked, 20)
        if so == "an override waits":
            verification.propose_override(request_id=asked.pk, actor=agent, because=WHY)
        if so == "an opt-out":
            asked = f.CaseFactory(state="verifying", verification="", kind="opt_out_sale_sharing")
        self.past_its_date(asked)
        verification.sweep()
        assert refreshed(asked).state == State.VERIFYING


def test_every_right_says_its_risk_and_who_may_look_at_a_document():
    for key in rights():
        kind = case_kinds[key]
        assert bool(kind.proof) == (kind.may.verify == roles.VERIFY), key
        if kind.risk == Risk.LOW:
            assert "document" not in kind.proof, key
    low = {key for key in rights() if case_kinds[key].proof and case_kinds[key].risk == Risk.LOW}
    assert low == {"restriction", "objection", "human_review"}


def test_what_is_put_right_says_how_much_proof_it_takes(agent):
    person = f.ProfilePreferenceFactory().subject
    chosen = {f"privacy.ProfilePreference.display_name:{person.preferences.pk}": "Ada L."}
    named = {f"privacy.DataSubject.full_name:{person.pk}": "Ada Lovelace"}
    easy = unproved(person, agent, "rectification", changes=chosen)
    hard = unproved(person, agent, "rectification", changes=chosen | named)
    assert {*ways_of(hard)} - {*ways_of(easy)} == {"document"}


def test_an_opt_out_by_the_person_is_taken_without_any_check(person):
    case = opt_outs.record_gpc(person.pk)
    assert case.verification == "not_required" and not IdentityCheck.objects.exists()


def test_a_row_that_was_slipped_in_or_changed_is_found(case, agent, approver):
    decided(handed_in(case), approver)
    with owner_of_the_tables():
        IdentityCheck.objects.update(document="other", letter="both")
    assert "what was seen in a check of who asks is not what was written" in faults_of_chain(case.pk)
    f.IdentityCheckFactory(case=case)
    assert "there is a check of who asks that no entry tells of" in faults_of_chain(case.pk)
