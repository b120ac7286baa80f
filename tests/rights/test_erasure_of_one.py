"""Forgetting one thing: it and what hangs on it go, down to the processors' ids; every other row stays as it is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from privacy.cases.requests import ask, grant
from privacy.datamap import compiler, registry
from privacy.evidence import chains, sealing
from privacy.models import Case, Note, Prompt, Script, StepState, SupportMessage, Upload, UsageEvent
from privacy.selectors.parts import plan_of
from tests import factories as f
from tests import working
from tests.marks import Mark, guises, search

pytestmark = pytest.mark.django_db


def asked(person, actor=None, **answers) -> Case:
    opened = ask("erasure_of_one", subject_ids=[person.id], actor=actor or f.StaffFactory(), verification="signed_in",
                 reason="They regret it", **answers)  # fmt: skip
    return opened[0] if opened else None


def forgotten(case: Case) -> Case:
    grant(request_id=case.id, actor=f.StaffFactory())
    working.run_all()
    case.refresh_from_db()
    return case


def digests() -> dict[tuple[str, str], tuple]:
    """{(table, key): the whole row} of everything that says something of people, but for our own records."""
    found = {}
    for declared in compiler.all_declarations():
        if not declared.evidence:
            for row in declared.model._default_manager.values():
                found[declared.label(), str(row[declared.model._meta.pk.attname])] = tuple(sorted(row.items(), key=str))
    return found


def gone(before: dict) -> set[tuple[str, str]]:
    """What is not there any more; what is there is as it was."""
    after = digests()
    assert {key for key in before.keys() & after.keys() if before[key] != after[key]} == set()
    return before.keys() - after.keys()


@pytest.fixture
def person():
    person = f.person_with_everything()
    f.person_with_everything()
    return person


def place(row) -> tuple[str, str]:
    return row._meta.label, str(row.pk)


def test_a_script_goes_with_what_hangs_on_it_and_nothing_beside_it(person):
    script = f.ScriptFactory(owner=person, title="The Regretted Script")
    shots = f.ShotListFactory(owner=person, script=script)
    hanging = [
        shots, f.ShotFactory(shot_list=shots), f.NoteFactory(author=person, script=script),
        f.UploadFactory(owner=person, script=script),
        f.PromptFactory(author=person, script=script, response_id="resp_1"),
    ]  # fmt: skip
    neighbour = f.PromptFactory(author=person, script=None, response_id="resp_2")
    upload = hanging[3]
    stored, storage = upload.file.name, upload.file.storage
    case, before = asked(person, what=str(script.id)), digests()
    planned = {line.label: line.actions for line in plan_of(case).lines}
    assert planned == {row._meta.label: {"delete": 1} for row in [script, *hanging]}
    case = forgotten(case)
    assert gone(before) == {place(row) for row in [script, *hanging]}
    assert Prompt.objects.filter(pk=neighbour.pk).exists() and not storage.exists(stored)
    step = case.steps.get(name="processors.erase", target="openai")
    assert sealing.unseal(step.sealed)["response_id"] == ["resp_1"]
    assert not case.steps.filter(target="stripe").exists() and not case.steps.filter(target="clerk").exists()
    assert not [fault for fault in chains.walk().faults if fault.chain == case.pk]


def test_nothing_of_it_is_found_anywhere_any_more(person):
    script = f.ScriptFactory(owner=person, title="mkquixotic7z001", body="mkquixotic7z002")
    note = f.NoteFactory(author=person, script=script, body="mkquixotic7z003")
    case = forgotten(asked(person, what=f"{script.id}, {note.id}"))
    marks = [Mark("script", f"mkquixotic7z00{n}") for n in (1, 2, 3)]
    places = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            places[table] = [repr(row).encode() for row in cursor.fetchall()]
    assert guises(marks[0].text) and search(marks, places) == {}
    for step in case.steps.filter(state=StepState.WAITING):
        assert step.sealed


def test_a_script_that_is_shared_goes_on_as_its_co_authors(person):
    script = f.ScriptFactory(owner=person)
    other = f.ScriptCoAuthorFactory(script=script).subject
    note = f.NoteFactory(author=person, script=script)
    forgotten(asked(person, what=str(script.id)))
    assert Script.objects.get(pk=script.pk).owner == other == Note.objects.get(pk=note.pk).author


def test_a_conversation_and_an_upload_by_their_ids(person):
    conversation = f.SupportConversationFactory(subject=person)
    message = f.SupportMessageFactory(conversation=conversation)
    attachment = f.AttachmentFactory(message=message)
    upload = f.UploadFactory(owner=person, script=None)
    case, before = asked(person, what=f"{conversation.id} {upload.id}"), digests()
    case = forgotten(case)
    assert gone(before) == {place(row) for row in (conversation, message, attachment, upload)}
    assert sealing.unseal(case.steps.get(target="email_delivery").sealed)["row_id"]


def test_all_of_some_days_and_of_no_other_day(person):
    day = datetime(2026, 3, 3, tzinfo=UTC)
    UsageEvent.objects.filter(subject=person).delete()
    times = [day - timedelta(seconds=1), day, day + timedelta(hours=23, minutes=59), day + timedelta(days=1)]
    events = [f.UsageEventFactory(subject=person, occurred_at=at) for at in times]
    other = f.UsageEventFactory(occurred_at=day)
    case = asked(person, area="privacy.UsageEvent", since="2026-03-03", until=date(2026, 3, 3))
    before = digests()
    forgotten(case)
    assert gone(before) == {place(events[1]), place(events[2])}
    assert UsageEvent.objects.filter(pk=other.pk).exists()
    before = digests()
    forgotten(asked(person, area="privacy.SupportMessage"))
    assert {label for label, _ in gone(before)} == {"privacy.SupportMessage", "privacy.Attachment"}
    assert not SupportMessage.objects.filter(conversation__subject=person).exists()


def test_what_is_anothers_or_is_not_said_opens_nothing(person, client, manager):
    theirs = f.NoteFactory()
    for answers in ({"what": str(theirs.id)}, {"what": "not-an-id"}, {}, {"since": "2026-01-01"},
                    {"area": "privacy.Note", "what": str(f.NoteFactory(author=person).id)},
                    {"area": "privacy.Note", "since": "2026-02-01", "until": "2026-01-01"},
                    {"what": str(person.identifiers.first().id)}):  # fmt: skip
        assert asked(person, **answers) is None
    with pytest.raises(ValueError, match="Choose one of the list"):
        asked(person, area="privacy.Identifier")
    fields = {"subjects": str(person.id), "token": str(theirs.id), "reason": "They regret it", "what": str(theirs.id),
              "verification": "signed_in"}  # fmt: skip
    page = client.post(reverse("admin:privacy_datasubject_act", args=["erasure_of_one"]), fields).content.decode()
    assert "1 of the 1 ids are of nothing" in page
    assert not Case.objects.filter(kind="erasure_of_one").exists()


def test_a_hold_stops_it_and_its_release_lets_it_go_on(person):
    note = f.NoteFactory(author=person)
    case = asked(person, what=str(note.id))
    f.LegalHoldFactory(subject=person)
    case = forgotten(case)
    assert case.job.stopped_at and Note.objects.filter(pk=note.pk).exists()


def test_whoever_decides_reads_what_goes(person, client):
    upload = f.UploadFactory(owner=person)
    case = asked(person, what=str(upload.id))
    client.force_login(f.StaffFactory(role="approver"))
    page = client.get(reverse("admin:privacy_rightsrequest_change", args=[case.id])).content.decode()
    assert "What is forgotten" in page and "Uploads" in page and str(upload.id) in page
    assert Upload.objects.filter(pk=upload.pk).exists()


def test_things_are_declared_with_a_time_and_are_deleted():
    things = [d for d in registry.declarations.values() if d.forgotten_by]
    assert things and all(d.deletes_rows() and d.path() and not d.evidence for d in things)
