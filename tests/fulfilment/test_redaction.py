"""Other people in what others wrote are found, wait for a person, and stand in no package."""

import json

import pytest

from privacy.cases.redactions import confirm
from privacy.models import AccessPackage, Redaction
from tests import factories as f
from tests import working
from tests.fulfilment.exporting import asked, csv_rows, json_rows, unzipped

# The package is read on a connection of its own, which sees committed rows only.
pytestmark = pytest.mark.django_db(transaction=True)

OTHERS = "[redacted: another person]"


def written_by_staff(person, body):
    conversation = f.SupportConversationFactory(subject=person, topic="Login")
    return f.SupportMessageFactory(conversation=conversation, staff=f.StaffFactory(), body=body)


def waiting(person):
    request = asked(person)
    working.run(request.id)
    return request


def package_of(request):
    return unzipped(AccessPackage.objects.get(request=request))


def test_a_colleague_named_by_support_waits_for_a_person_and_is_left_out():
    f.DataSubjectFactory(full_name="Anna Łukasz")
    person = f.DataSubjectFactory(full_name="Nora Lind")
    written_by_staff(person, "Anna Lukasz has the same trouble, ask her at anna@example.org, dear Nora Lind.")
    request = waiting(person)
    found = list(Redaction.objects.filter(case=request))
    assert [(r.kind, r.ground) for r in found] == [("name", "known"), ("email", "pattern")]
    assert not AccessPackage.objects.exists()
    confirm(request_id=request.id, actor=f.StaffFactory(), shown={r.id for r in found}, redact={r.id for r in found})
    working.run(request.id)
    content = package_of(request)
    told = f"{OTHERS} has the same trouble, ask her at {OTHERS}, dear Nora Lind."
    assert json_rows(content, "privacy.SupportMessage")[0]["body"] == told
    assert csv_rows(content, "privacy.SupportMessage")[0]["body"] == told
    assert OTHERS in content["index.html"].decode()
    manifest = json.loads(content["manifest.json"])
    assert manifest["redacted"] == {"privacy.SupportMessage.body": {"email": 1, "name": 1}}
