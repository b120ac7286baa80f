"""What a person's page says of consents, the words behind it, and the receipt that staff may fetch."""

import json
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from privacy.cases.requests import ask
from privacy.evidence.commitments import canonical_digest
from privacy.evidence.consents import differences
from privacy.fulfilment import consents
from privacy.models import AuditEntry, ConsentEvent, ConsentWording
from privacy.selectors.consents import present_wording, wordings
from tests import factories as f
from tests.tampering import owner_of_the_tables

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


class TestPublishing:
    URL = "admin:privacy_consentwording_publish"

    @pytest.fixture
    def publisher(self):
        return f.StaffFactory(role="manager")

    def form(self, **changes):
        given = {"topic": "ai", "language": "en", "version": "2026-12", "text": "May we send prompts to OpenAI?"}
        return given | changes

    def test_the_difference_is_read_before_and_another_text_is_shown_anew(self, client, publisher):
        first = consents.publish(topic="ai", version="2026-05", text="May we send your prompts to OpenAI?")
        client.force_login(publisher)
        address = reverse(self.URL)
        page = client.post(address, self.form())
        assert "<del>your </del>" in page.text and "stays as it is" in page.text
        other = self.form(text="May we send everything?", shown=page.context["shown"])
        assert client.post(address, other).status_code == 200 and ConsentWording.objects.filter(topic="ai").count() == 1
        assert client.post(address, self.form(shown=page.context["shown"])).status_code == 302
        new = ConsentWording.objects.get(version="2026-12")
        first.refresh_from_db()
        assert first.text == "May we send your prompts to OpenAI?"
        assert present_wording("ai", "en") == new and present_wording("ai", "de") is None
        listed = client.get(reverse("admin:privacy_consentwording_changelist")).text
        assert new.sha256 in listed and first.sha256 in listed and listed.count("Asked in now") == 1
        entry = AuditEntry.objects.get(event="wording.published", actor=publisher)
        assert entry.data["wording"] == str(new.pk) and "OpenAI" not in str(entry.data)
        assert list(differences()) == []

    def test_the_first_of_a_language_has_nothing_to_differ_from(self, client, publisher):
        client.force_login(publisher)
        page = client.post(reverse(self.URL), self.form(language="de", text="Dürfen wir?"))
        assert (
            "Nobody has been asked for this in this language yet" in page.text and "<ins>Dürfen wir?</ins>" in page.text
        )

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"text": " Yes to AI. "}, "These very words are"),
            ({"language": "English!"}, "no tag of a language"),
            ({"topic": "transfers"}, "Select a valid choice"),
            ({"text": ""}, "Enter the words"),
        ],
    )
    def test_what_cannot_be_published_is_told_in_the_form(self, client, publisher, wrong, said):
        consents.publish(topic="ai", version="1", text="Yes to AI.")
        client.force_login(publisher)
        page = client.post(reverse(self.URL), self.form(**wrong))
        assert said in page.text and ConsentWording.objects.filter(topic="ai").count() == 1

    def test_the_verb_refuses_who_may_not_other_words_of_a_version_and_transfers(self, publisher):
        given = {"topic": "ai", "version": "1", "text": "Yes to AI."}
        with pytest.raises(PermissionDenied):
            consents.publish(**given, actor=f.StaffFactory(role="approver"))
        consents.publish(**given, actor=publisher)
        for wrong in ({"text": "No to AI."}, {"topic": "cookies"}, {"topic": "transfers", "text": "By using…"}):
            with pytest.raises(ValueError, match="other words|already|safeguards"):
                consents.publish(**given | wrong, actor=publisher)
        assert ConsentWording.objects.exclude(topic="transfers").count() == 1

    def test_one_for_a_day_to_come_is_not_asked_in_yet(self, publisher, time_machine):
        time_machine.move_to("2026-12-10")
        now = consents.publish(topic="ai", version="1", text="Yes to AI.", actor=publisher)
        later = date(2027, 1, 1)
        new = consents.publish(topic="ai", version="2", text="Yes to all AI.", since=later, actor=publisher)
        assert present_wording("ai", "en") == now
        assert {w.pk for w in wordings().filter(topic="ai", is_present=True)} == {now.pk}
        time_machine.move_to("2027-01-02")
        assert present_wording("ai", "en") == new
        assert {w.pk for w in wordings().filter(topic="ai", is_present=True)} == {new.pk}

    def test_two_who_publish_the_same_at_once_are_told(self, publisher, monkeypatch):
        consents.publish(topic="ai", version="1", text="Yes to AI.", actor=publisher)
        monkeypatch.setattr(consents, "published_as", lambda text: None)  # as it was a moment ago
        monkeypatch.setattr(consents, "_must_be_new", lambda *given: None)
        with pytest.raises(ValueError, match="colleague has just published"):
            consents.publish(topic="ai", version="2", text="Yes to AI.", actor=publisher)
        assert AuditEntry.objects.filter(event="wording.published").count() == 1

    @pytest.mark.parametrize("change", [{"version": "2"}, {"language": "de"}, {"effective_from": "2020-01-01"}])
    def test_one_that_is_not_as_it_was_published_is_found(self, publisher, change):
        wording = consents.publish(topic="ai", version="1", text="Yes to AI.", actor=publisher)
        with owner_of_the_tables():
            ConsentWording.objects.filter(pk=wording.pk).update(**change)
        assert list(differences()) == [("Consent wording", wording.pk, "it is not as it was published")]
        with owner_of_the_tables():
            ConsentWording.objects.filter(pk=wording.pk)._raw_delete("default")
        assert list(differences()) == [("Consent wording", wording.pk, "it is gone")]
