"""A reveal is asked for with a reason, shown once, and evidence."""

import json

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.urls import reverse

from privacy.datamap import registry
from privacy.evidence import audit
from privacy.fulfilment import reveal
from privacy.fulfilment.reveal import NotRevealed, RevealReason
from privacy.models import AuditEntry
from tests import factories as f
from tests.masked import CONTENT
from tests.trail import since_the_release

pytestmark = pytest.mark.django_db
SECRET = "INT. KITCHEN - the line that only Mara knows"
GIVEN = {"reason": RevealReason.SUPPORT, "reference": "SUP-1204"}


@pytest.fixture
def agent(client):
    member = f.StaffFactory(role="agent")
    client.force_login(member)
    return member


@pytest.fixture
def script():
    return f.ScriptFactory(title="Untitled", body=SECRET)


def address(row) -> str:
    return reverse(f"admin:privacy_{row._meta.model_name}_reveal_content", args=[row.pk])


def test_the_page_asks_before_it_shows(client, agent, script):
    answer = client.get(address(script))
    assert SECRET not in answer.text
    assert since_the_release().count() == 0


def test_the_value_is_on_the_answer_to_the_form_and_nowhere_else(client, agent, script):
    answer = client.post(address(script), GIVEN)
    assert SECRET in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert SECRET not in client.get(address(script)).text
    assert SECRET not in client.get(reverse("admin:privacy_script_change", args=[script.pk])).text
    assert SECRET not in client.get(reverse("admin:privacy_script_changelist")).text
    assert not any(SECRET in str(session.get_decoded()) for session in Session.objects.all())
    assert LogEntry.objects.count() == 0


def test_it_is_evidence_on_the_chain_of_the_person(client, agent, script):
    client.post(address(script), GIVEN)
    entry = since_the_release().get()
    assert (entry.event, entry.actor, entry.chain) == (
        "content.revealed", agent, audit.subject_chain(script.owner_id),
    )  # fmt: skip
    assert entry.data == {
        "model": "privacy.Script", "pk": str(script.pk), "fields": ["title", "body"], "reason": "support",
        "reference": "SUP-1204",
    }  # fmt: skip
    assert SECRET not in json.dumps(entry.data)
    call_command("verify_audit", verbosity=0)


def test_every_model_of_content_can_be_revealed_and_its_person_is_found(client, agent):
    person = f.person_with_everything()
    for label in CONTENT:
        model = apps.get_model(label)
        row = model.objects.filter(**{registry.declarations[model].subject: person}).first()
        assert client.post(address(row), GIVEN | {"how": "show"}).status_code == 200, label
        assert AuditEntry.objects.latest("id").chain == audit.subject_chain(person.pk), label


@pytest.mark.parametrize("given", [
    {}, {"reason": ""}, {"reason": "curiosity"}, {"reason": "support", "reference": "Mara Lind, mara@example.com"},
    {"reason": "support", "reference": "Mara-Lind"}, {"reason": "support", "reference": "1" * 40},
])  # fmt: skip
def test_without_a_reason_of_the_list_nothing_is_shown(client, agent, script, given):
    answer = client.post(address(script), given)
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert since_the_release().count() == 0


@pytest.mark.parametrize("reference", ["", "SUP-1204", "#12", "4711", "0f" * 4, "c6e1d0b2-5e0c-4a39-8f6e-6f0b6b0c3b57"])
def test_references_are_numbers_of_tickets_and_requests(script, reference):
    shown = reveal.reveal(
        model="privacy.Script", pk=script.pk, fields=["body"], actor=f.StaffFactory(), reason="support",
        reference=reference,
    )  # fmt: skip
    assert shown.values == {"body": SECRET}
    assert shown.subject_id == script.owner_id


@pytest.mark.parametrize(("model", "fields"), [
    ("privacy.Script", ["owner"]), ("privacy.Script", ["body", "owner__full_name"]), ("privacy.Script", []),
    ("privacy.Staff", ["password"]), ("privacy.DataSubject", ["full_name"]), ("nowhere.Nothing", ["x"]),
])  # fmt: skip
def test_only_fields_of_the_list_can_be_asked_for(script, model, fields):
    with pytest.raises(NotRevealed):
        reveal.reveal(model=model, pk=script.pk, fields=fields, actor=f.StaffFactory(), reason="support")
    assert since_the_release().count() == 0


@pytest.mark.parametrize("role", ["auditor", "developer", ""])
def test_roles_without_the_permission_are_refused(client, script, role):
    client.force_login(f.StaffFactory(role=role))
    for answer in (client.get(address(script)), client.post(address(script), GIVEN)):
        assert answer.status_code == 403
        assert SECRET not in answer.text
    assert since_the_release().count() == 0


def test_a_row_that_is_gone_is_said_in_words(client, agent, script):
    gone = address(script)
    script.delete()
    answer = client.post(gone, GIVEN, follow=True)
    assert answer.status_code == 200
    assert "doesn’t exist" in answer.text


def test_a_long_text_is_cut_on_the_page_and_the_page_says_so(client, agent):
    script = f.ScriptFactory(body="ä" * 150_000)
    answer = client.post(address(script), GIVEN)
    assert answer.text.count("ä") == 100_000
    assert "50,000 more characters" in answer.text


def test_a_file_is_handed_out_byte_for_byte_under_its_name(client, agent):
    upload = f.UploadFactory(name="Übersicht\r\nX-Evil: 1.pdf", content=b"%PDF-1.7 \x00\xff a storyboard")
    answer = client.post(address(upload), GIVEN | {"how": "download"})
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 \x00\xff a storyboard"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "X-Evil" not in answer.headers
    assert since_the_release().get().data["model"] == "privacy.Upload"


def test_a_vanished_file_is_said_in_words(client, agent):
    upload = f.UploadFactory()
    upload.file.storage.delete(upload.file.name)
    answer = client.post(address(upload), GIVEN | {"how": "download"}, follow=True)
    assert answer.status_code == 200
    assert "is not in the storage" in answer.text
