"""A refusal rests on a reason that fits, on a law that somebody has read, and on a dossier where we bear the proof."""

import csv

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from privacy import regimes
from privacy.cases import comments, dossiers, refusals, reopening, requests
from privacy.catalogue import NotAllowed, Right, case_kinds
from privacy.datamap import KeptFor, compiler
from privacy.evidence.chains import faults_of_chain
from privacy.models import Case, Dossier, Factor, Outcome, Refusal, State
from privacy.models.reasons import DELAYS, GROUNDS, ON_A_DOSSIER, DelayReason
from tests import factories as f
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db
DRP = {"need_user_verification", "suspected_fraud", "insuf_verification", "no_match", "claim_not_covered",
       "outside_jurisdiction", "too_many_requests", "other"}  # fmt: skip


@pytest.fixture
def agent():
    return f.StaffFactory(role="agent")


@pytest.fixture
def approver():
    return f.StaffFactory(role="approver")


@pytest.fixture
def case(agent):
    return f.CaseFactory(kind="erasure", state=State.DECIDING, deciders=2, requested_by=agent, regime="gdpr")


def weighed(case, agent, sides=("for", "against")):
    for side in sides:
        dossiers.note(request_id=case.pk, actor=agent, side=side, text=f"What speaks {side} it")


# --- The enums and their law


def test_every_reason_has_its_ground_and_its_outward_name():
    assert GROUNDS.keys() == {*Refusal} and DELAYS.keys() == {*DelayReason}
    assert {ground.drp for ground in GROUNDS.values()} <= DRP
    assert [reason for reason in Refusal if reason.ground.is_offered and not reason.ground.cites] == []


def test_the_terms_are_those_of_the_vocabulary(shared_data):
    with (shared_data / "dpv-2.3" / "justifications__justifications.csv").open() as file:
        known = {row["iri"] for row in csv.DictReader(file)}
    used = {ground.iri for ground in (*GROUNDS.values(), *DELAYS.values()) if ground.dpv} | {k.dpv for k in KeptFor}
    assert used - known == set()


def test_what_is_kept_is_kept_for_a_reason_of_the_law_and_each_of_them_is_used():
    kept = {keep.ground for declared in compiler.all_declarations() for keep in declared.keeps()}
    assert kept ^ {*KeptFor} == set() and all(ground.cites for ground in KeptFor)


@pytest.mark.parametrize("kind", case_kinds.values(), ids=lambda kind: kind.key)
def test_every_kind_that_somebody_may_deny_can_be_refused_for_something_and_a_right_with_proof_for_more(kind):
    offered = refusals.reasons_for(kind)
    assert offered or kind.may.deny is None
    assert (Refusal.NOT_AGREED in offered) == (not kind.answered_in_writing)
    assert len(offered) > 2 or not issubclass(kind, Right) or not kind.proof


def test_only_a_reason_that_fits_the_right_is_taken(case, approver):
    for reason in (Refusal.OTHERS, Refusal.ACCURATE, Refusal.OTHER, Refusal.TOO_MANY, Refusal.NOT_AGREED):
        with pytest.raises(NotAllowed, match="is no reason"):
            refusals.deny(request_id=case.pk, actor=approver, denial_reason=reason)
    refusals.deny(request_id=case.pk, actor=approver, denial_reason=Refusal.OBLIGATION)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.denial_reason) == (State.ANSWERING, Outcome.DENIED, "legal_obligation")


def test_a_law_that_nobody_has_read_carries_no_refusal(approver):
    case = f.CaseFactory(kind="erasure", state=State.DECIDING, regime=regimes.NONE_VERIFIED)
    with pytest.raises(NotAllowed, match="no rule for this residence has been verified"):
        refusals.deny(request_id=case.pk, actor=approver, denial_reason=Refusal.NOT_COVERED)
    assert {reason for reason in refusals.offered(case) if reason.ground.rests_on_law} == set()
    refusals.deny(request_id=case.pk, actor=approver, denial_reason=Refusal.NO_MATCH)


# --- The dossier


@pytest.mark.parametrize("reason", [reason for reason in ON_A_DOSSIER if reason.ground.is_for("erasure")])
def test_how_somebody_asks_is_a_reason_only_with_a_confirmed_dossier(case, agent, approver, reason):
    def refuse():
        refusals.deny(request_id=case.pk, actor=approver, denial_reason=reason)

    for step in (lambda: None, lambda: weighed(case, agent)):
        step()
        with pytest.raises(NotAllowed, match="ours to prove"):
            refuse()
        assert reason not in refusals.offered(case)
    dossiers.confirm(request_id=case.pk, actor=approver)
    refuse()
    case.refresh_from_db()
    assert (case.state, case.denial_reason) == (State.ANSWERING, reason)


@pytest.mark.parametrize("sides", [(), ("for",), ("against",)])
def test_one_side_alone_is_not_confirmed_by_anybody_nor_by_the_database(case, agent, approver, sides):
    weighed(case, agent, sides)
    with pytest.raises(NotAllowed):
        dossiers.confirm(request_id=case.pk, actor=approver)
    dossier, _ = Dossier.objects.get_or_create(case=case, defaults={"prepared_by": agent})
    with pytest.raises(IntegrityError, match="Nothing is noted"), transaction.atomic():
        Dossier.objects.filter(pk=dossier.pk).update(confirmed_by=approver, confirmed_at=case.received_at)


def test_the_database_refuses_the_refusal_too(case, agent, approver):
    weighed(case, agent)
    with pytest.raises(IntegrityError, match="dossier"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(denial_reason=Refusal.ABUSIVE)
    with pytest.raises(IntegrityError, match="dossier"), transaction.atomic():
        f.CaseFactory(denial_reason=Refusal.EXCESSIVE)
    dossiers.confirm(request_id=case.pk, actor=approver)
    Case.objects.filter(pk=case.pk).update(denial_reason=Refusal.ABUSIVE)


def test_who_wrote_in_it_does_not_confirm_it(case, agent, approver):
    weighed(case, agent)
    dossiers.note(request_id=case.pk, actor=approver, side="against", text="It was the first request")
    with pytest.raises(PermissionDenied, match="wrote in"):
        dossiers.confirm(request_id=case.pk, actor=approver)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dossier.objects.update(confirmed_by=agent, confirmed_at=case.received_at)
    dossiers.confirm(request_id=case.pk, actor=f.StaffFactory(role="manager"))


def test_what_is_confirmed_stays_as_it_was(case, agent, approver):
    weighed(case, agent)
    dossiers.confirm(request_id=case.pk, actor=approver)
    with pytest.raises(NotAllowed, match="stays as it was"):
        weighed(case, agent)
    for change in (lambda: Factor.objects.all().delete(), lambda: Factor.objects.update(text="Other words")):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_taken_up_again_it_is_weighed_anew(case, agent, approver):
    weighed(case, agent)
    dossiers.confirm(request_id=case.pk, actor=approver)
    refusals.deny(request_id=case.pk, actor=approver, denial_reason=Refusal.ABUSIVE)
    requests.answer(request_id=case.pk, actor=agent, how="email")
    reopening.reopen(request_id=case.pk, actor=approver, why="The authority asked us to look again")
    case.refresh_from_db()
    assert (case.state, case.outcome, case.denial_reason) == (State.DECIDING, "", "")
    assert case.comments.get().text == "The authority asked us to look again"
    with pytest.raises(NotAllowed, match="ours to prove"):
        refusals.deny(request_id=case.pk, actor=approver, denial_reason=Refusal.ABUSIVE)
    weighed(case, agent)
    dossiers.confirm(request_id=case.pk, actor=approver)
    assert Dossier.objects.filter(case=case).count() == 2


def test_what_was_refused_before_it_was_sure_who_asks_begins_there_again(agent, approver):
    person = f.DataSubjectFactory()
    for key in ("access", "erasure"):
        [case] = requests.ask(key, subject_ids=[person.pk], actor=agent, reason="Asked by mail", verification="")
        refusals.deny(request_id=case.pk, actor=approver, denial_reason=Refusal.UNPROVED)
        requests.answer(request_id=case.pk, actor=agent, how="email")
        reopening.reopen(request_id=case.pk, actor=approver, why="They have sent another letter")
        case.refresh_from_db()
        assert (case.state, case.denial_reason) == (State.VERIFYING, "") and faults_of_chain(case.pk) == []


def test_many_are_not_reopened_without_a_reason_nor_by_halves(agent, approver):
    closed = [
        f.CaseFactory(kind="erasure", closed=True, requested_by=agent, approved_by=approver, deciders=1) for _ in "ab"
    ]
    other = f.CaseFactory(kind="erasure", state=State.DECIDING)
    for ids, why in (([c.pk for c in closed], " "), ([*(c.pk for c in closed), other.pk], "Asked again")):
        with pytest.raises((ValueError, NotAllowed)):
            reopening.reopen_all(request_ids=ids, actor=approver, why=why)
    assert {*Case.objects.filter(kind="erasure", state=State.CLOSED)} == {*closed}


def test_the_trail_knows_when_a_factor_or_a_comment_was_changed(agent, approver):
    person = f.DataSubjectFactory()
    [case] = requests.ask("erasure", subject_ids=[person.pk], actor=agent, reason="Asked to be forgotten")
    weighed(case, agent)
    comments.comment(request_id=case.pk, actor=agent, text="Wrote from another address")
    dossiers.confirm(request_id=case.pk, actor=approver)
    assert faults_of_chain(case.pk) == []
    for change in (
        lambda: Factor.objects.filter(side="against").update(text="Nothing"),
        lambda: Factor.objects.filter(side="against").delete(),
        lambda: case.comments.update(text="Nothing"),
        lambda: f.CaseCommentFactory(case=case),
        lambda: Dossier.objects.update(confirmed_by=f.StaffFactory()),
    ):
        with transaction.atomic():
            with owner_of_the_tables():
                change()
            assert faults_of_chain(case.pk) != []
            transaction.set_rollback(True)
