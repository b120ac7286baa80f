"""Questions, complaints, appeals, human review and parental review: cases with a clock and an answer of their own."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from privacy.cases import reopening, requests
from privacy.cases.packages import give_link
from privacy.cases.refusals import deny
from privacy.cases.requests import ask, grant
from privacy.catalogue import NotAllowed
from privacy.evidence import chains, sealing
from privacy.models import AccessPackage, AuditEntry, Case, Limit, Outcome, Prompt, RightsRequest, State
from privacy.selectors import limits
from tests import factories as f
from tests import working
from tests.fulfilment.exporting import json_rows, unzipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return f.DataSubjectFactory(full_name="Ada Moreau", country="US", region="US-VA")


def asked(key: str, person, actor=None, **answers) -> Case:
    [case] = ask(key, subject_ids=[person.id], actor=actor or f.StaffFactory(), reason="A letter of 3 May", **answers)
    return case


def answered(case: Case, words="We have looked at it again.", actor=None) -> Case:
    requests.answer(request_id=case.id, actor=actor or f.StaffFactory(), how="email", words=words)
    case.refresh_from_db()
    return case


@pytest.fixture
def denied(person):
    """An erasure that one asked for and another denied, and of which the person was told."""
    case = asked("erasure", person, f.StaffFactory(), verification="signed_in")
    deny(request_id=case.id, actor=f.StaffFactory(), denial_reason="no_match")
    return answered(case, words="")


def test_a_question_waits_for_its_answer_which_is_kept_sealed_and_stands_in_the_queue(person):
    case = asked("question", person)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.job) == (State.ANSWERING, Outcome.FULFILLED, None) and case.due_on
    assert case in RightsRequest.objects.all()
    with pytest.raises(ValueError, match="what the person was told"):
        answered(case, words=" ")
    case = answered(case, words="Your scripts lie in Frankfurt.")
    assert case.state == State.CLOSED and "Frankfurt" not in case.answer + case.sealed
    assert sealing.unseal(case.answer) == {"answer": ["Your scripts lie in Frankfurt."]}
    assert "Frankfurt" not in str(list(AuditEntry.objects.values()))
    assert not chains.walk().faults


def test_an_appeal_is_decided_by_who_had_nothing_to_do_with_the_case(person, denied):
    appeal = asked("appeal", person, parent_id=str(denied.id))
    assert (appeal.state, appeal.parent) == (State.DECIDING, denied) and appeal.due_on
    decider = AuditEntry.objects.get(chain=denied.id, event="case.refused").actor
    for who in (denied.requested_by, decider, appeal.requested_by):
        with pytest.raises(PermissionDenied):
            grant(request_id=appeal.id, actor=who)
    for who in (denied.requested_by, decider):
        with pytest.raises(PermissionDenied):
            deny(request_id=appeal.id, actor=who, denial_reason="decision_stands")
    grant(request_id=appeal.id, actor=f.StaffFactory())
    appeal = answered(appeal)
    assert (appeal.state, appeal.outcome) == (State.CLOSED, Outcome.FULFILLED)
    assert not chains.walk().faults


def test_the_database_lets_nobody_uphold_an_appeal_who_had_to_do_with_the_case(person, denied):
    appeal = asked("appeal", person, parent_id=str(denied.id))
    who_denied = AuditEntry.objects.get(chain=denied.id, event="case.refused").actor
    granted = asked("erasure", person, f.StaffFactory(), verification="signed_in")
    who_granted, now = f.StaffFactory(), datetime.now(UTC)
    grant(request_id=granted.id, actor=who_granted)
    other = Case(subject=person, kind="appeal", parent=granted, deciders=2, verification="not_required",
                 requested_by=f.StaffFactory(), state=State.DECIDING, reason="It was not what I asked for")  # fmt: skip
    other.save()
    for case, members in ((appeal, (denied.requested_by, who_denied)), (other, (granted.requested_by, who_granted))):
        for member in members:
            with pytest.raises(IntegrityError, match="nothing to do with"), transaction.atomic():
                Case.objects.filter(pk=case.pk).update(approved_by=member, approved_at=now)
            with pytest.raises(IntegrityError, match="nothing to do with"), transaction.atomic():
                f.CaseFactory(kind="appeal", parent=case.parent, deciders=2, approved_by=member, approved_at=now)
    Case.objects.filter(pk=appeal.pk).update(approved_by=f.StaffFactory(), approved_at=now)
    Case.objects.filter(pk=granted.pk).update(owner=who_denied)  # of no other kind is it asked


def test_the_walk_finds_an_appeal_that_was_denied_by_who_had_denied_the_case(person, denied, monkeypatch):
    who_denied = AuditEntry.objects.get(chain=denied.id, event="case.refused").actor
    appeal = asked("appeal", person, parent_id=str(denied.id))
    with monkeypatch.context() as passed_by:
        passed_by.setattr("privacy.cases.refusals.must_be_deniable", lambda cases, actor: None)
        deny(request_id=appeal.id, actor=who_denied, denial_reason="decision_stands")
    assert [fault.text for fault in chains.walk().faults] == [
        "the appeal was decided by somebody who had to do with what is appealed"
    ]


def test_who_decides_anew_about_what_was_appealed_is_no_fault(person, denied):
    appeal, decider = asked("appeal", person, parent_id=str(denied.id)), f.StaffFactory()
    deny(request_id=appeal.id, actor=decider, denial_reason="decision_stands")
    answered(appeal)
    reopening.reopen(request_id=denied.id, actor=decider, why="The authority asked us to look again")
    deny(request_id=denied.id, actor=decider, denial_reason="no_match")
    assert not chains.walk().faults


def test_an_appeal_of_an_appeal_or_of_nothing_is_refused_in_words(person, denied):
    appeal = asked("appeal", person, parent_id=str(denied.id))
    with pytest.raises(ValueError, match="Choose the case"):
        asked("appeal", person)
    is_open = asked("access", person, verification="signed_in")
    for other in (is_open, f.CaseFactory(closed=True)):  # not answered yet, and another person's
        with pytest.raises(ValueError, match="Choose one of the list"):
            asked("appeal", person, parent_id=str(other.id))
    assert not ask(
        "appeal", subject_ids=[person.id], actor=f.StaffFactory(), reason="Once more", parent_id=str(denied.id)
    )
    grant(request_id=appeal.id, actor=f.StaffFactory())
    with pytest.raises(ValueError, match="not appealed again"):
        asked("appeal", person, parent_id=str(answered(appeal).id))


def test_the_database_takes_no_appeal_of_nothing(person):
    with pytest.raises(IntegrityError, match="case_appeal_is_of_a_case"), transaction.atomic():
        f.CaseFactory(kind="appeal", parent=None)


def test_the_page_of_a_case_leads_to_its_appeal_and_back(client, manager, person, denied):
    page = client.get(reverse("admin:privacy_rightsrequest_change", args=[denied.id])).content.decode()
    url = f"{reverse('admin:privacy_datasubject_act_on', args=[person.id, 'appeal'])}?parent_id={denied.id}"
    assert url in page
    form = client.get(url).context["form"]
    assert form["parent_id"].value() == str(denied.id)
    appeal = asked("appeal", person, parent_id=str(denied.id))
    assert str(appeal) in client.get(reverse("admin:privacy_rightsrequest_change", args=[denied.id])).content.decode()
    page = client.get(reverse("admin:privacy_rightsrequest_change", args=[appeal.id])).content.decode()
    assert str(denied) in page and "Uphold the appeal" in page


def test_a_complaint_may_be_about_a_case_and_is_found_right_or_not_by_another(person, denied):
    actor = f.StaffFactory()
    about, alone = asked("complaint", person, actor, parent_id=str(denied.id)), asked("complaint", person, actor)
    assert (about.parent, alone.parent) == (denied, None)
    with pytest.raises(PermissionDenied):
        grant(request_id=alone.id, actor=actor)
    deny(request_id=alone.id, actor=f.StaffFactory(), denial_reason="decision_stands")
    assert answered(alone).outcome == Outcome.DENIED
    grant(request_id=about.id, actor=f.StaffFactory())
    assert answered(about).outcome == Outcome.FULFILLED


def test_what_was_told_is_read_by_who_answers_and_goes_with_the_person(client, person):
    case = answered(asked("question", person), words="Your scripts lie in Frankfurt.")
    for role, reads in (("agent", True), ("auditor", False), ("developer", False)):
        client.force_login(f.StaffFactory(role=role))
        page = client.get(reverse("admin:privacy_rightsrequest_change", args=[case.id])).content.decode()
        assert ("Frankfurt" in page) == reads, role
    erasure = asked("erasure", person, verification="signed_in")
    grant(request_id=erasure.id, actor=f.StaffFactory())
    working.run_all()
    case.refresh_from_db()
    assert case.answer == ""


@pytest.mark.parametrize(("changes", "outcome"), [(True, Outcome.FULFILLED), (False, Outcome.DENIED)])
def test_a_decision_is_reviewed_by_another_person_and_the_finding_is_answered_with_its_reason(person, changes, outcome):
    actor = f.StaffFactory()
    with pytest.raises(ValueError, match="which decision"):
        asked("human_review", person, actor, verification="signed_in")
    case = asked("human_review", person, actor, verification="signed_in", decision="An upload refused on 3 May")
    with pytest.raises(PermissionDenied):
        grant(request_id=case.id, actor=actor)
    reviewer = f.StaffFactory()
    if changes:
        grant(request_id=case.id, actor=reviewer)
    else:
        deny(request_id=case.id, actor=reviewer, denial_reason="decision_stands")
    with pytest.raises(ValueError, match="what the person was told"):
        answered(case, words="")
    case = answered(case, words="The picture shows a prop.")
    assert (case.outcome, sealing.unseal(case.answer)) == (outcome, {"answer": ["The picture shows a prop."]})
    assert not chains.walk().faults


@pytest.mark.django_db(transaction=True)
def test_a_parent_gets_the_childs_data_and_what_they_refuse_is_refused_by_the_database(person):
    f.NoteFactory(author=person, script=None, body="My homework")
    for way in ("signed_in", "email_round_trip", "controller"):
        with pytest.raises(ValueError, match="not accepted"):
            asked("parental_review", person, verification=way)
    case = asked("parental_review", person, verification="guardian", no_further_use=True)
    assert Limit.objects.get().ground == Limit.Ground.PARENT
    with pytest.raises(IntegrityError), transaction.atomic():
        Prompt.objects.create(author=person, text="Write on")
    working.run(case.id)
    content = unzipped(AccessPackage.objects.get(request=case))
    assert [row["body"] for row in json_rows(content, "privacy.Note")] == ["My homework"]
    assert give_link(request_id=case.id, actor=f.StaffFactory())
    case.refresh_from_db()
    assert case.state == State.CLOSED and limits.IN_FORCE.exists()
    assert not chains.walk().faults


def test_a_parent_who_refuses_nothing_limits_nothing_and_only_the_parent_takes_a_refusal_back(person):
    asked("parental_review", person, verification="guardian")
    assert not Limit.objects.exists()
    asked("parental_review", person, verification="guardian", no_further_use=True)
    lifting = {"subject_ids": [person.id], "actor": f.StaffFactory(), "reason": "They wrote again", "told_how": "post",
               "limit": "parent:all", "told_on": "2026-01-05"}  # fmt: skip
    assert not ask("limit_lift", because="settled", **lifting)
    assert ask("limit_lift", because="by_the_person", **lifting)


def test_what_was_asked_can_be_withdrawn_while_nobody_has_decided(person):
    case = asked("complaint", person)
    requests.cancel(request_id=case.id, actor=f.StaffFactory())
    with pytest.raises(NotAllowed):
        grant(request_id=case.id, actor=f.StaffFactory())
