"""What a person's page says of consents, the words behind it, and the receipt that staff may fetch."""

import json

import pytest
from django.urls import reverse

from privacy.cases.requests import ask
from privacy.evidence.commitments import canonical_digest
from privacy.fulfilment import consents
from privacy.models import AuditEntry, ConsentEvent, ConsentWording
from tests import factories as f

pytestmark = pytest.mark.django_db
STUDIO = ConsentEvent.Method.STUDIO


@pytest.fixture
def person(client, manager):
    person = f.DataSubjectFactory()
    f.MarketingPreferenceFactory(subject=person, channel="email")
    for topic, channel in (("marketing", "email"), ("ai", "")):
        wording = consents.publish(topic=topic, version="2026-11", text=f"Yes to {topic}.")
        consents.give(person.pk, wording=wording, how=STUDIO, channel=channel)
    asked = {"subject_ids": [person.pk], "actor": f.StaffFactory(), "reason": "Asked for by letter"}
    ask("withdraw_consent", consent="ai", **asked)
    return person


@pytest.fixture
def page(client, person):
    return client.get(reverse("admin:privacy_datasubject_change", args=[person.pk])).content.decode()


def test_the_page_says_what_is_so_in_which_words_and_what_stopped_when(page):
    assert "News and marketing: E-mail" in page and "in the studio." in page
    assert "written down by staff. Stopped on" in page and "Get answers from AI providers." in page
    assert "Marketing: News" not in page and "marketing, 2026-11" in page.lower()


def test_the_policy_s_sentence_about_transfers_is_shown_as_relied_on_for_nothing(page, client):
    wording = ConsentWording.objects.get(topic="transfers")
    address = reverse("admin:privacy_consentwording_change", args=[wording.pk])
    assert "relied on for nothing" in page and address in page and reverse("admin:privacy_processor_changelist") in page
    shown = client.get(address).content.decode()
    assert "By using the Service, you consent" in shown and wording.sha256 in shown and "For nothing" in shown


def test_the_receipt_is_json_that_holds_itself_together_and_its_issue_is_told(client, person):
    address = reverse("admin:privacy_datasubject_consents", args=[person.pk])
    assert client.get(address).status_code == 302 and not AuditEntry.objects.filter(event__contains="receipt").exists()
    answer = client.post(address)
    body = json.loads(answer.content)
    assert answer["Content-Disposition"].startswith("attachment") and body.pop("sha256") == canonical_digest(body)
    ai, email = body["records"]
    assert (ai["purpose"], ai["state"], ai["data_uses"]) == ("ai", "withdrawn", ["functional"])
    assert [(e["state"], e["method"], e["recorded_by"]) for e in ai["events"]] == [
        ("given", "studio", "person"), ("withdrawn", "staff", "staff"),
    ]  # fmt: skip
    assert ai["stopped"][0]["data_use"] == "functional" and ai["wording"]["text"] == "Yes to ai."
    assert (email["channel"], email["state"], email["stopped"]) == ("email", "given", [])
    [transfers] = body["not_relied_on"]
    assert "art. 4(11)" in transfers["because"]
    assert AuditEntry.objects.filter(event="consent.receipt_issued").count() == 1


def test_who_may_not_see_people_gets_no_receipt(client, person):
    client.force_login(f.StaffFactory(role="auditor"))
    assert client.post(reverse("admin:privacy_datasubject_consents", args=[person.pk])).status_code == 403


def test_an_opt_out_is_asked_for_without_a_question_about_proof(client, person):
    form = client.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "opt_out_marketing"]))
    assert "How was it verified" not in form.content.decode() and "No proof is needed" in form.content.decode()


def test_the_same_words_are_one_wording_and_other_words_another():
    first = consents.publish(topic="ai", version="1", text="Yes. ")
    assert consents.publish(topic="ai", version="1", text="Yes.") == first
    assert consents.publish(topic="ai", version="2", text="Yes!") != first
