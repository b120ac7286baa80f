"""Portability: what the person gave, and nothing that we observed or that others wrote."""

import json

import pytest

from privacy.cases.requests import ask
from privacy.datamap import registry
from privacy.models import AccessPackage, Script
from privacy.selectors.portability import counts, files, portability_plan
from tests import factories as f
from tests import working
from tests.fulfilment.exporting import csv_rows, json_rows, unzipped

pytestmark = pytest.mark.django_db(transaction=True)
PORTABLE = {
    "billing.Customer", "privacy.Attachment", "privacy.DataSubject", "privacy.Identifier",
    "privacy.MarketingPreference", "privacy.Membership", "privacy.Note", "privacy.ProfilePreference", "privacy.Prompt",
    "privacy.Script", "privacy.ScriptCoAuthor", "privacy.Shot", "privacy.ShotList", "privacy.SupportConversation",
    "privacy.SupportMessage", "privacy.Team", "privacy.Upload",
}  # fmt: skip


def packed(person) -> tuple[dict[str, bytes], dict]:
    [case] = ask("portability", subject_ids=[person.id], actor=f.StaffFactory(), reason="Moves to another studio",
                 verification="signed_in")  # fmt: skip
    working.run(case.id)
    content = unzipped(AccessPackage.objects.get(request=case))
    return content, json.loads(content["manifest.json"])


def test_of_everything_that_we_hold_the_package_has_what_the_person_gave():
    person = f.person_with_everything()
    planned = portability_plan([person.id])
    content, manifest = packed(person)
    assert (manifest["schema"], manifest["schema_version"]) == ("kosenai-portability", 1)
    assert set(manifest["counts"]) == PORTABLE == {d.label() for d in registry.declarations.values() if d.is_portable()}
    told = {label for label, rows in manifest["counts"].items() if rows}
    assert told == PORTABLE == set(manifest["columns"])
    assert {name.split("/")[1].rsplit(".", 1)[0] for name in content if name.startswith("data/")} == told
    assert {line.label: line.rows for line in planned.lines} == manifest["counts"]
    assert (planned.files, planned.rows) == (manifest["files"], manifest["rows"])
    for label in told:
        assert len(json_rows(content, label)) == len(csv_rows(content, label)) == manifest["counts"][label]
        assert json_rows(content, label)[0].keys() == manifest["columns"][label].keys()
    assert "GDPR art. 20" in content["index.html"].decode()


def test_what_others_wrote_or_own_stays_out():
    person, other = f.DataSubjectFactory(), f.DataSubjectFactory()
    conversation = f.SupportConversationFactory(subject=person)
    f.AttachmentFactory(message=f.SupportMessageFactory(conversation=conversation, body="Where is my script?"))
    answer = f.SupportMessageFactory(conversation=conversation, staff=f.StaffFactory(), body="We found it again.")
    f.AttachmentFactory(message=answer)
    theirs = f.ScriptFactory(owner=other, title="Not theirs to take")
    f.ScriptCoAuthorFactory(script=theirs, subject=person)
    content, manifest = packed(person)
    assert [row["body"] for row in json_rows(content, "privacy.SupportMessage")] == ["Where is my script?"]
    assert manifest["files"] == files([person.id]) == 1
    assert counts([person.id])["privacy.Script"] == 0 and Script.objects.count() == 1
    assert not [name for name, text in content.items() if b"Not theirs" in text or b"found it again" in text]


def test_of_who_gave_nothing_it_says_so():
    person = f.DataSubjectFactory()
    f.UsageEventFactory(subject=person)
    content, manifest = packed(person)
    assert set(manifest["columns"]) == {"privacy.DataSubject"}
    assert "data/privacy.UsageEvent.jsonl" not in content
