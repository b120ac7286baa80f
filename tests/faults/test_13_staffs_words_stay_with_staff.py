"""What staff write about holds and possible children does not reach the person, and a silent hold leaves no trace."""

import uuid
from zipfile import ZipFile

import pytest
from django.urls import reverse

from privacy.cases.requests import ask, grant
from privacy.models import AccessPackage, Case, LegalHold
from privacy.selectors import plans
from tests import working
from tests.asking import agreed
from tests.factories import StaffFactory, person_with_everything
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "police ref 4711, do not tell"


def package_of(person) -> str:
    [request] = ask(
        "access", subject_ids=[person.id], actor=StaffFactory(), reason="Asked for by mail", verification="signed_in"
    )
    working.run(request.id)
    with ZipFile(request.package.file.path) as archive:
        return "\n".join(f"{name}\n{archive.read(name).decode(errors='replace')}" for name in archive.namelist())


def carry_out(requests) -> None:
    for request in requests:
        working.run(request.id)


def hold(person, **how) -> None:
    carry_out(ask("hold_place", subject_ids=[person.id], actor=StaffFactory(), reason=WORDS, **how))


def test_the_reasons_of_holds_and_flags_are_withheld_and_the_package_says_why():
    person = person_with_everything()
    hold(person)
    carry_out(agreed("hold_release", subject_ids=[person.id], actor=StaffFactory(), reason=WORDS))
    carry_out(ask("child_flag", subject_ids=[person.id], actor=StaffFactory(), reason=WORDS))
    carry_out(agreed("child_clear", subject_ids=[person.id], actor=StaffFactory(), reason=WORDS))
    package = package_of(person)
    assert "police ref" not in package
    assert "Asked for by mail" in package
    assert "privacy.LegalHold.reason" in package
    assert "can name others and an inquiry" in package
    assert "hold_place" in package


def test_a_silent_hold_leaves_no_trace_in_the_package():
    person = person_with_everything()
    with owner_of_the_tables():
        LegalHold.objects.filter(subject=person).delete()
    [request] = ask(
        "erasure", subject_ids=[person.id], actor=StaffFactory(), reason="Asked for by mail", verification="signed_in"
    )
    hold(person, silent=True)
    grant(request_id=request.id, actor=StaffFactory())
    working.run(request.id)
    stopped_at = request.job.stopped_at
    planned = plans.access_plan([person.id])
    assert "privacy.LegalHold" not in {line.label for line in planned.lines}
    package = package_of(person)
    for trace in (
        "police ref",
        "hold_place",
        "work.stopped",
        stopped_at.isoformat(),
        str(stopped_at),
        "silent",
        "privacy.LegalHold.jsonl",
        "privacy.LegalHold.reason",
    ):
        assert trace not in package, trace
    assert planned.rows == AccessPackage.objects.latest("created_at").rows


def test_a_silent_hold_stays_silent_when_it_is_released():
    person = person_with_everything()
    with owner_of_the_tables():
        LegalHold.objects.filter(subject=person).delete()
    hold(person, silent=True)
    carry_out(agreed("hold_release", subject_ids=[person.id], actor=StaffFactory(), reason=WORDS))
    assert LegalHold.objects.get(subject=person).released_at
    package = package_of(person)
    assert "hold_release" not in package
    assert "privacy.LegalHold.jsonl" not in package


def test_the_form_places_a_silent_hold(client):
    client.force_login(StaffFactory(is_superuser=True))
    person = person_with_everything()
    given = {"subjects": str(person.id), "reason": WORDS, "silent": "on", "token": str(uuid.uuid4())}
    client.post(reverse("admin:privacy_datasubject_act", args=["hold_place"]), given)
    request = Case.objects.get(kind="hold_place", subject=person)
    working.run(request.id)
    assert LegalHold.objects.get(subject=person, released_at=None).silent


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("access", "The person can read this in their package."),
        ("erasure", "The person can read this in their package."),
        ("hold_place", "The person cannot read this"),
        ("child_flag", "The person cannot read this"),
    ],
)
def test_the_box_says_whether_the_person_will_read_it(client, action, sentence):
    client.force_login(StaffFactory(is_superuser=True))
    page = client.post(
        reverse("admin:privacy_datasubject_changelist"),
        {"action": action, "_selected_action": [str(person_with_everything().id)]},
    )
    assert sentence in page.content.decode()
