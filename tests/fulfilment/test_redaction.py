"""Other people in what others wrote wait for a person, and stand in no package afterwards; the texts stay."""

import json
from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from privacy.cases.redactions import confirm, read
from privacy.catalogue import NotAllowed
from privacy.datamap import registry
from privacy.fulfilment.redaction.look import AT_ONCE, look_again
from privacy.fulfilment.redaction.told import BY_LAW, OTHERS
from privacy.jobs import failpoints
from privacy.models import (
    AccessPackage,
    AuditEntry,
    DataSubject,
    Redaction,
    State,
    StepState,
    SupportMessage,
)
from privacy.selectors.redactions import undecided
from privacy.selectors.todo import Verb, Whose, next_for
from tests import factories as f
from tests import working
from tests.admin.clients import page_url, signed_in, texts, url
from tests.fulfilment.exporting import asked, csv_rows, exported, json_rows, unzipped

# The package is read on a connection of its own, which sees committed rows only.
pytestmark = pytest.mark.django_db(transaction=True)

ANNA = "Anna Łukasz"


@pytest.fixture
def person() -> DataSubject:
    f.DataSubjectFactory(full_name=ANNA)
    return f.DataSubjectFactory(full_name="Nora Lind", country="DE")


def from_staff(person: DataSubject, body: str) -> SupportMessage:
    conversation = f.SupportConversationFactory(subject=person, topic="Login")
    return f.SupportMessageFactory(conversation=conversation, staff=f.StaffFactory(), body=body)


def waiting(person: DataSubject):
    """A case whose worker has looked."""
    request = asked(person)
    working.run(request.id)
    request.refresh_from_db()
    return request


def ids(request) -> set:
    return {row.pk for row in undecided(request.id)}


def decided(request, redact=None):
    """All that waits is decided: left out, or only these."""
    found = ids(request)
    confirm(request_id=request.id, actor=f.StaffFactory(), shown=found, redact=found if redact is None else redact)
    working.run(request.id)
    return unzipped(AccessPackage.objects.get(request=request))


def bodies(content) -> list[str]:
    return [row["body"] for row in json_rows(content, "privacy.SupportMessage")]


def test_a_colleague_named_by_support_waits_for_a_person_and_is_left_out_of_every_form(person):
    said = "Anna Lukasz has the same trouble, ask anna@example.org, dear Nora Lind."
    message = from_staff(person, said)
    request = waiting(person)
    assert [(r.kind, r.ground) for r in request.redactions.all()] == [("name", "known"), ("email", "pattern")]
    assert request.steps.get(name="access.others").state == StepState.WAITING
    assert not AccessPackage.objects.exists() and not working.is_due(request.id)
    content = decided(request)
    told = f"{OTHERS} has the same trouble, ask {OTHERS}, dear Nora Lind."
    assert bodies(content) == [row["body"] for row in csv_rows(content, "privacy.SupportMessage")] == [told]
    assert told in content["index.html"].decode()
    everything = b"\n".join(content.values()).lower()
    assert b"anna" not in everything and b"lukasz" not in everything
    manifest = json.loads(content["manifest.json"])
    assert manifest["redacted"] == {"privacy.SupportMessage.body": {"email": 1, "name": 1}}
    assert [g["what"] for g in manifest["gaps"] if OTHERS in g["reason"]] == ["privacy.SupportMessage.body"]
    message.refresh_from_db()
    assert message.body == said
    request.refresh_from_db()
    assert request.state == State.ANSWERING


def test_what_is_not_ticked_is_shown_and_the_audit_trail_counts(person):
    from_staff(person, f"{ANNA} and hello@example.org; dear Ms Petra Holt")
    request = waiting(person)
    assert {r.ground for r in request.redactions.all()} == {"known", "pattern", "suggested"}
    assert bodies(decided(request, redact=ids(request) & {request.redactions.get(kind="email").pk})) == [
        f"{ANNA} and {OTHERS}; dear Ms Petra Holt"
    ]
    entry = AuditEntry.objects.get(event="redactions.confirmed")
    assert (entry.data["redacted"], entry.data["shown"]) == (1, 2)
    assert request.steps.get(name="access.others").result["redacted"] == 1
    call_command("verify_audit", verbosity=0)


def test_where_nothing_is_found_nobody_waits(person):
    from_staff(person, "It is in the folder that you named, dear Nora Lind.")
    content = unzipped(exported(person))
    assert json.loads(content["manifest.json"])["redacted"] == {}


def test_what_the_person_makes_or_says_is_given_back_as_it_is(person):
    """Scripts, shots, uploads and prompts, and the person's own messages to support."""
    script = f.ScriptFactory(owner=person, title=ANNA, body=f"INT. {ANNA}")
    f.ScriptCoAuthorFactory(script=script)
    f.ShotFactory(shot_list=f.ShotListFactory(owner=person, title=ANNA), description=ANNA)
    f.PromptFactory(author=person, text=f"Write as {ANNA}")
    f.UploadFactory(owner=person, name=f"{ANNA}.txt", content=ANNA.encode())
    f.NoteFactory(author=person, body=f"Ask {ANNA}")
    f.SupportMessageFactory(conversation=f.SupportConversationFactory(subject=person, topic="Login"), body=f"I, {ANNA}")
    content = unzipped(exported(person))
    assert not Redaction.objects.exists()
    assert sum(ANNA.encode() in data for data in content.values()) > 6
    made = {"privacy.Script", "privacy.Shot", "privacy.ShotList", "privacy.Prompt", "privacy.Upload"}
    assert made & {d.label() for d in registry.declarations.values() if d.by_others()} == set()


def test_feedback_and_notes_on_scripts_and_topics_are_searched(person):
    f.FeedbackFactory(author=person, body=f"{ANNA} says no")
    f.NoteFactory(author=person, script=f.ScriptFactory(owner=person), body=f"{ANNA} says yes")
    f.SupportConversationFactory(subject=person, topic=f"Seat of {ANNA}")
    content = decided(waiting(person))
    assert json_rows(content, "privacy.Feedback")[0]["body"] == f"{OTHERS} says no"
    assert json_rows(content, "privacy.Note")[0]["body"] == f"{OTHERS} says yes"
    assert json_rows(content, "privacy.SupportConversation")[0]["topic"] == f"Seat of {OTHERS}"


def test_of_people_in_the_us_account_and_identity_numbers_are_withheld_whatever_is_ticked(person):
    DataSubject.objects.filter(pk=person.pk).update(country="US", region="US-CA")
    from_staff(person, "Your card 4111 1111 1111 1111, SSN 853-37-1694, account GB82 WEST 1234 5698 7654 32.")
    request = waiting(person)
    assert {(r.kind, r.ground) for r in request.redactions.all()} == {
        ("card", "law"), ("ssn", "law"), ("iban", "law"),
    }  # fmt: skip
    content = decided(request, redact=set())
    assert bodies(content) == [f"Your card {BY_LAW}, SSN {BY_LAW}, account {BY_LAW}."]
    manifest = json.loads(content["manifest.json"])
    assert manifest["redacted"]["privacy.SupportMessage.body"] == {"card": 1, "iban": 1, "ssn": 1}
    [gap] = [g for g in manifest["gaps"] if BY_LAW in g["reason"]]
    assert "7024(d)" in gap["reason"]


def test_a_text_that_came_after_the_decision_is_looked_through_before_anything_is_built(person):
    from_staff(person, f"{ANNA} called")
    request = waiting(person)
    found = ids(request)
    confirm(request_id=request.id, actor=f.StaffFactory(), shown=found, redact=found)
    later = from_staff(person, f"{ANNA} wrote from anna@example.org")
    working.run(request.id)
    assert not AccessPackage.objects.exists()
    assert request.steps.get(name="access.package").state == StepState.WAITING
    assert {(r.row, r.kind) for r in undecided(request.id)} == {(str(later.pk), "name"), (str(later.pk), "email")}
    assert sorted(bodies(decided(request))) == [f"{OTHERS} called", f"{OTHERS} wrote from {OTHERS}"]


def test_a_harmless_text_that_came_later_or_is_gone_keeps_nobody_waiting(person):
    gone = from_staff(person, f"{ANNA} called")
    request = waiting(person)
    from_staff(person, "It is there again.")
    gone.delete()
    DataSubject.objects.filter(full_name=ANNA).update(full_name="")
    assert bodies(decided(request)) == ["It is there again."]


def test_a_text_that_changed_is_decided_anew_and_one_that_did_not_is_not(person):
    changed, same = from_staff(person, f"{ANNA} called"), from_staff(person, f"Ask {ANNA}")
    request = waiting(person)
    confirm(request_id=request.id, actor=f.StaffFactory(), shown=ids(request), redact=ids(request))
    SupportMessage.objects.filter(pk=changed.pk).update(body=f"Yesterday {ANNA} called")
    working.run(request.id)
    assert {row.row for row in undecided(request.id)} == {str(changed.pk)}
    assert request.redactions.get(row=str(same.pk)).decision == "redact"
    assert sorted(bodies(decided(request))) == [f"Ask {OTHERS}", f"Yesterday {OTHERS} called"]


def test_a_worker_that_died_while_it_looked_leaves_the_same_rows_as_one_that_did_not(person, monkeypatch):
    for n in range(AT_ONCE + 3):
        from_staff(person, f"{ANNA} called, {n}")

    def rows(case):
        told = ("label", "field", "row", "start", "length", "kind", "ground", "text_sha256")
        return sorted(case.redactions.values_list(*told))

    struck = []

    def die(name):
        if name == "advancing" and len(struck) < 2:
            struck.append(name)
            raise KeyboardInterrupt

    request = asked(person)
    monkeypatch.setattr(failpoints, "strike", die)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            working.run_again(request)
    monkeypatch.undo()
    for _ in range(3):
        working.run_again(request)
    other = f.CaseFactory(subject=person, closed=True)
    look_again(f.JobFactory(case=other, subject=person, ended_at=datetime.now(UTC)))
    assert len(rows(request)) == AT_ONCE + 3
    assert rows(request) == rows(other)
    content = decided_in_pages(request)
    assert set(bodies(content)) == {f"{OTHERS} called, {n}" for n in range(AT_ONCE + 3)}


def decided_in_pages(request):
    """As the page gives them, some at a time."""
    actor = f.StaffFactory()
    while places := read(request_id=request.id, actor=actor):
        shown = {place.found.pk for place in places}
        confirm(request_id=request.id, actor=actor, shown=shown, redact=shown)
    working.run(request.id)
    return unzipped(AccessPackage.objects.get(request=request))


class TestVerb:
    def test_it_takes_the_permission_and_what_is_waiting(self, person):
        from_staff(person, f"{ANNA} called")
        request = waiting(person)
        found = ids(request)
        with pytest.raises(PermissionDenied):
            confirm(request_id=request.id, actor=f.StaffFactory(role="auditor"), shown=found, redact=found)
        for shown in (set(), {request.pk}, found | {request.pk}):
            with pytest.raises(NotAllowed):
                confirm(request_id=request.id, actor=f.StaffFactory(), shown=shown, redact=found)
        decided(request)
        with pytest.raises(NotAllowed):
            confirm(request_id=request.id, actor=f.StaffFactory(), shown=found, redact=set())


class TestPage:
    def test_an_agent_sees_it_on_the_first_page_in_the_queue_and_on_the_case_and_decides(self, person):
        agent = signed_in("agent")
        from_staff(person, f"Yesterday <b>{ANNA}</b> called; dear Ms Petra Holt")
        request = waiting(person)
        assert Verb.CONFIRM in {task.verb for task in next_for(agent.staff, Whose.ALL)}
        assert "Others to look through" in agent.get("/admin/privacy/rightsrequest/").text
        case_page = agent.get(page_url(request)).text
        assert url("others", request) in case_page and "Waiting for a person" in case_page
        assert "Awaiting processors" not in case_page
        page = agent.get(url("others", request))
        assert f"Yesterday &lt;b&gt;<mark>{ANNA}</mark>&lt;/b&gt; called" in page.text
        assert "no-store" in page["Cache-Control"]
        assert [line["is_ticked"] for line in page.context["lines"]] == [True, False]
        assert AuditEntry.objects.get(event="redactions.shown").actor == agent.staff
        form = {"shown": [str(pk) for pk in ids(request)], "redact": [str(request.redactions.get(ground="known").pk)]}
        answer = agent.post(url("others", request), form)
        assert answer.url == page_url(request) and "Saved" in texts(answer)
        stale = agent.post(url("others", request), form)
        assert "changed meanwhile" in texts(stale)
        working.run(request.id)
        content = unzipped(AccessPackage.objects.get(request=request))
        assert bodies(content) == [f"Yesterday <b>{OTHERS}</b> called; dear Ms Petra Holt"]
        assert "Decided which others are left out" in agent.get(page_url(request)).text

    def test_who_may_not_decide_sees_the_places_and_none_of_the_words(self, person):
        from_staff(person, f"Yesterday {ANNA} called")
        request = waiting(person)
        auditor = signed_in("auditor")
        page = auditor.get(url("others", request))
        assert "Yesterday" not in page.text and ANNA not in page.text and "•••" in page.text
        assert not AuditEntry.objects.filter(event="redactions.shown").exists()
        assert auditor.post(url("others", request), {"shown": list(ids(request))}).status_code == 403


@pytest.mark.service("postgresql")
def test_a_large_table_reads_the_same_where_the_database_writes_it():
    f.DataSubjectFactory(full_name=ANNA)
    person = f.DataSubjectFactory(full_name="Nora Lind")
    conversation, staff = f.SupportConversationFactory(subject=person, topic="Login"), f.StaffFactory()
    SupportMessage.objects.bulk_create(
        SupportMessage(conversation=conversation, staff=staff, body=f"=evil {n}\n{ANNA}" if n % 9 == 0 else f"{n}")
        for n in range(900)
    )
    request = waiting(person)
    content = decided(request)
    assert sum(body.endswith(f"\n{OTHERS}") for body in bodies(content)) == 100
    told = [row["body"] for row in csv_rows(content, "privacy.SupportMessage")]
    assert sum(body.startswith("'=evil") and body.endswith(OTHERS) for body in told) == 100


def test_under_a_legal_hold_a_later_look_takes_nothing_back(person):
    changed = from_staff(person, f"{ANNA} called")
    request = waiting(person)
    found = ids(request)
    confirm(request_id=request.id, actor=f.StaffFactory(), shown=found, redact=found)
    later = from_staff(person, f"{ANNA} wrote")
    f.LegalHoldFactory(subject=person)
    working.run(request.id)
    assert Redaction.objects.filter(pk__in=found, decision="redact", row=str(changed.pk)).count() == 1
    look_again(request.job)
    assert {row.row for row in undecided(request.id)} == {str(later.pk)}
    assert sorted(bodies(decided(request))) == [f"{OTHERS} called", f"{OTHERS} wrote"]
