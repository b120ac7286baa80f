"""Who asks, on the case's page: what staff are offered, who looks at a document, and that opt-outs ask nobody."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from privacy.cases import verification
from privacy.models import AuditEntry, IdentityCheck, IdentityProof, State
from privacy.selectors.todo import Verb, Whose, next_for
from tests import factories as f
from tests.admin.clients import page_url, signed_in, texts, url
from tests.cases.test_verification import unproved
from tests.factories.verification import PDF

pytestmark = pytest.mark.django_db
WHY = "The caller knew the last three invoices"


@pytest.fixture
def case(agent):
    return unproved(f.IdentifierFactory(is_primary=True, value="ada@example.com").subject, agent.staff)


def taken_in(agent, case, way="document") -> IdentityProof:
    file = SimpleUploadedFile("../passport <b>.pdf", PDF)
    agent.post(url("take_document", case), {"way": way, "file": file})
    return IdentityProof.objects.get()


def verbs(member) -> list[Verb]:
    return [task.verb for task in next_for(member, Whose.ALL)]


def test_a_code_is_sent_by_one_click_more(agent, case):
    assert "Send a code…" in agent.get(page_url(case)).text and "ada@example.com" not in agent.get(page_url(case)).text
    assert "Nobody here sees them" in agent.get(url("send_code", case)).text
    assert "on its way" in texts(agent.post(url("send_code", case)))
    assert IdentityCheck.objects.get().asked_by == agent.staff
    assert "Awaited" in agent.get(page_url(case)).text
    for _ in range(4):
        said = texts(agent.post(url("send_code", case)))
    assert "within an hour" in said


def test_a_document_is_taken_in_by_one_looked_at_and_decided_on_by_another(agent, approver, case):
    assert verbs(agent.staff) == [Verb.VERIFY]
    proof = taken_in(agent, case)
    assert verbs(approver.staff) == [Verb.SEE] and verbs(agent.staff) == [Verb.VERIFY]
    assert agent.post(url("look", case, proof_id=proof.pk)).status_code == 403
    assert approver.get(url("look", case, proof_id=proof.pk)).status_code == 302  # a link shows nothing
    decide = url("decide_check", case, check_id=proof.identity_check_id)
    said = {"is_sure": "yes", "document": "passport", "because": ""}
    assert "Look at each document first" in approver.get(page_url(case)).text
    assert "Look at each document first" in texts(approver.post(decide, said))
    seen = approver.post(url("look", case, proof_id=proof.pk))
    assert seen.content == PDF and "passport" not in seen["Content-Disposition"]
    assert seen["Content-Disposition"].startswith("attachment") and seen["X-Content-Type-Options"] == "nosniff"
    assert seen["Content-Security-Policy"] == "sandbox; default-src 'none'" and "no-store" in seen["Cache-Control"]
    assert AuditEntry.objects.filter(chain=case.pk, event="check.proof_seen", actor=approver.staff).count() == 1
    assert "The document is gone" in texts(approver.post(decide, said))
    case.refresh_from_db()
    assert (case.state, case.verification) == (State.DECIDING, "document")
    shown = approver.get(page_url(case)).text
    assert "Seen: passport" in shown and "You made sure who asks; another person has to approve." in shown
    assert "gone" in texts(approver.post(url("look", case, proof_id=proof.pk)))


def test_a_no_takes_a_reason_and_a_document_that_is_none_says_why(agent, approver, case):
    wrong = {"way": "document", "file": SimpleUploadedFile("a.exe", b"MZ\x90")}
    assert "This is no PDF" in agent.post(url("take_document", case), wrong).text
    large = {"way": "document", "file": SimpleUploadedFile("a.pdf", PDF + b"x" * (25 * 1024**2))}
    assert "larger than 10 MB" in agent.post(url("take_document", case), large).text
    assert not IdentityProof.objects.exists()
    proof = taken_in(agent, case)
    approver.post(url("look", case, proof_id=proof.pk))
    decide = url("decide_check", case, check_id=proof.identity_check_id)
    assert "Say why" in approver.post(decide, {"is_sure": "no", "document": "passport", "because": ""}).text
    approver.post(decide, {"is_sure": "no", "document": "passport", "because": "It is another person’s"})
    assert IdentityCheck.objects.get().outcome == "refused" and case.state == State.VERIFYING


def test_a_document_stands_in_no_list_and_no_role_that_only_reads_sees_it(agent, case):
    proof = taken_in(agent, case)
    for role in ("auditor", "developer", "agent"):
        client = signed_in(role)
        assert client.post(url("look", case, proof_id=proof.pk)).status_code == 403
        assert "Look at document" not in client.get(page_url(case)).text
    manager = signed_in("manager")
    assert manager.get("/admin/privacy/identityproof/").status_code == 404
    assert manager.get("/admin/privacy/identitycheck/").status_code == 404
    assert manager.get(f"/media/{proof.file.name}").status_code == 404


def test_a_reply_is_confirmed_by_what_was_seen_of_it(agent, case):
    assert "Anybody can write a From:" in agent.get(url("reply", case)).text
    assert "both have to be seen" in texts(agent.post(url("reply", case), {"letter": "tag", "because": ""}))
    agent.post(url("reply", case), {"letter": "both", "because": ""})
    case.refresh_from_db()
    assert case.verification == "email_round_trip"


def test_it_passes_without_proof_by_a_second_person_alone(agent, approver, case):
    agent.post(url("override", case), {"because": WHY})
    assert verbs(approver.staff) == [Verb.OVERRIDE]
    assert WHY in approver.get(url("decide_override", case)).text
    assert agent.post(url("decide_override", case), {"is_sure": "yes"}).status_code == 403
    approver.post(url("decide_override", case), {"is_sure": "yes"})
    case.refresh_from_db()
    assert case.verification == "override"


def test_who_proposed_it_is_told_why_they_do_not_decide(case):
    manager = signed_in("manager")
    manager.post(url("override", case), {"because": WHY})
    assert "You proposed it" in manager.get(page_url(case)).text
    assert manager.post(url("decide_override", case), {"is_sure": "yes"}).status_code == 403
    assert Verb.OVERRIDE not in verbs(manager.staff)


def test_a_way_is_stated_with_what_was_seen(agent, case):
    agent.post(url("prove", case), {"way": "authority", "because": ""})
    assert not IdentityCheck.objects.exists()
    assert 'value="document"' not in agent.get(url("prove", case)).text
    agent.post(url("prove", case), {"way": "authority", "because": "The order of 3 May, as it came by post"})
    case.refresh_from_db()
    assert (case.verification, case.verified_by) == ("authority", agent.staff)


def test_at_intake_only_what_can_be_stated_is_offered(agent):
    from django.urls import reverse

    person = f.DataSubjectFactory()
    text = agent.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "erasure"])).text
    assert 'value="guardian"' in text
    assert not [way for way in ("email_code", "document", "agent", "override") if f'value="{way}"' in text]


def test_for_an_opt_out_nobody_is_asked(agent, approver):
    case = f.CaseFactory(kind="opt_out_sale_sharing", state="verifying", verification="")
    shown = agent.get(page_url(case)).text
    assert 'id="who"' not in shown and "Send a code" not in shown and "It is sure who asks…" in shown
    for name, data in (
        ("send_code", {}), ("await_document", {"way": "document"}), ("reply", {"letter": "both", "because": ""}),
        ("override", {"because": WHY}), ("take_document", {"way": "agent", "file": SimpleUploadedFile("a.pdf", PDF)}),
    ):  # fmt: skip
        agent.post(url(name, case), data)
    approver.post(url("decide_override", case), {"is_sure": "yes"})
    assert not IdentityCheck.objects.exists() and not IdentityProof.objects.exists()
    case.refresh_from_db()
    assert case.state == State.VERIFYING


def test_the_person_s_page_is_told_to_who_may_ask(agent, case):
    assert "/verify/" in agent.get(page_url(case)).text
    assert "/verify/" not in signed_in("auditor").get(page_url(case)).text
    verification.state(request_id=case.pk, actor=agent.staff, way="authority", because="The order of 3 May")
    assert "/verify/" not in agent.get(page_url(case)).text
