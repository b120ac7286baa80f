"""Every event that the code writes is known, every known one is written or of old, and staff read sentences."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from billing import sync
from privacy.admin.evidence import events
from privacy.cases import (
    clocks,
    comments,
    dossiers,
    evidence_packs,
    letters,
    proofs,
    redactions,
    refusals,
    regimes,
    reopening,
    replies,
    requests,
    verification,
)
from privacy.cases.packages import download, give_link
from privacy.cases.processors import attest
from privacy.cases.requests import ask, grant
from privacy.cases.states import MOVES, move
from privacy.catalogue import Planned
from privacy.duties.people import tell_apart
from privacy.duties.suppression import readmit
from privacy.evidence.events import HISTORICAL, OF_MOVE, Event
from privacy.fulfilment import (
    consent_receipts,
    consents,
    exporting,
    inventory,
    invitations,
    packages,
    reveal,
    roots,
    staff,
)
from privacy.fulfilment.importing import content, imports, subjects
from privacy.fulfilment.importing.subjects import Person
from privacy.fulfilment.letters import wordings
from privacy.jobs.claim import park
from privacy.models import (
    AccessPackage,
    AuditEntry,
    Case,
    DataSubject,
    Identifier,
    IdentityProof,
    ImportRun,
    Processor,
    RightsRequest,
    Script,
    Staff,
    Step,
)
from tests import factories as f
from tests import working
from tests.asking import agreed
from tests.billing.test_sync import CUSTOMER
from tests.factories.verification import PDF
from tests.jobs import steps
from tests.letters import mails
from tests.manual import erasures_at_clerk, waiting
from tests.trail import since_the_release

FAMILIES = {event.partition(".")[0] for event in Event}
MODULES = {
    file: ast.parse(file.read_text())
    for app in ("privacy", "billing", "kosenai_ops")
    for file in Path(settings.BASE_DIR, app).rglob("*.py")
    if "migrations" not in file.parts and file != Path(settings.BASE_DIR, "privacy/evidence/events.py")
}


# --- written and known


def writes(module: ast.Module) -> bool:
    imports = [node for node in ast.walk(module) if isinstance(node, ast.ImportFrom)]
    return "audit" in {imported.name for node in imports for imported in node.names}


def members(module: ast.Module) -> set[Event]:
    return {
        Event[node.attr]
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Event"
    }


def texts(module: ast.Module) -> Iterator[str]:
    """Events as texts: whole ones, and beginnings of f-strings."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and node.value in set(Event):
            yield node.value
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            family, dot, rest = node.values[0].value.partition(".")
            if dot and not rest and family in FAMILIES:
                yield family


def test_what_is_written_is_known_and_what_is_known_is_written_or_of_old():
    written = set().union(*(members(module) for module in MODULES.values() if writes(module))) | {*OF_MOVE.values()}
    assert written & HISTORICAL == set()
    assert set(Event) - written - HISTORICAL == set()


def test_no_event_is_written_as_a_text():
    assert {str(file): found for file, module in MODULES.items() if (found := list(texts(module)))} == {}


def test_everything_that_can_happen_to_a_case_has_its_event():
    assert set(OF_MOVE) == {event for _, event in MOVES}


# --- in sentences


def test_every_detail_is_a_word_that_the_pages_have():
    assert {name for event in Event for name in events.words_in(event)} == set(events.WORDS)


@pytest.fixture
def history() -> list[AuditEntry]:
    """Everything that the trail tells of happens."""
    agent, manager = f.StaffFactory(role="agent"), f.StaffFactory(role="manager")
    asked = {"actor": agent, "reason": "Asked by mail", "verification": "signed_in"}
    what_happens_to_packages(agent, asked)
    what_is_written_to_people(agent, manager, asked)
    what_is_said_of_others_in_a_package(agent, asked)
    what_happens_to_requests(agent, manager, asked)
    what_staff_read_and_take_out(agent)
    what_is_said_of_two_people(agent)
    what_processors_call_somebody(agent, manager)
    what_is_taken_in(manager)
    what_is_said_of_processors(manager)
    what_is_said_of_staff(f.StaffFactory(role="", is_superuser=True), manager)
    what_is_said_of_clocks_and_rules(agent, manager, asked)
    what_people_consent_to(agent)
    what_proves_who_asks(agent, manager)
    what_is_kept_of_the_trail(manager)
    return list(AuditEntry.objects.order_by("id"))


def what_proves_who_asks(agent, manager):
    case = f.CaseFactory(state="verifying", verification="", kind="erasure")
    verification.request_document(request_id=case.id, actor=agent, way="document")
    verification.request_document(request_id=case.id, actor=agent, way="agent")
    proofs.hand_in(request_id=case.id, way="document", file=ContentFile(PDF, name="a.pdf"), actor=agent)
    proof = IdentityProof.objects.get()
    proofs.look(request_id=case.id, proof_id=proof.id, actor=manager)
    seen = {"check_id": proof.identity_check_id, "actor": manager, "document": "passport"}
    proofs.decide(request_id=case.id, is_sure=True, **seen)
    with transaction.atomic():
        move(f.CaseFactory(state="verifying", verification="", kind="erasure"), "lapsed", None)


def what_is_kept_of_the_trail(manager):
    f.StaffFactory(role="manager", email="manager@ops.example")
    roots.order_due()
    working.run_all()
    case = Case.objects.order_by("pk").first()
    evidence_packs.hand_out(request_id=case.pk, actor=manager, sentence=events.sentence)


def what_people_consent_to(agent):
    person, wording = f.DataSubjectFactory(), consents.publish(topic="ai", version="1", text="Yes to AI.")
    consents.give(person.id, wording=wording, how="studio")
    ask("withdraw_consent", subject_ids=[person.id], actor=agent, reason="Asked by mail", consent="ai")
    consents.give(person.id, wording=wording, how="studio")
    consent_receipts.issue(person.id, actor=agent)


def what_is_said_of_clocks_and_rules(agent, manager, asked):
    person = f.DataSubjectFactory(country="GB")
    [case] = ask("access", subject_ids=[person.id], **asked)
    with override_settings(GRACE_DAYS=3):
        [erasure] = ask("erasure", subject_ids=[f.DataSubjectFactory().id], **asked)
        grant(request_id=erasure.id, actor=manager)
    requests.cancel(request_id=erasure.id, actor=agent)
    clocks.acknowledge(request_id=case.id, actor=agent)
    clocks.extend(request_id=case.id, actor=agent, because="complexity")
    clocks.pause(request_id=case.id, actor=agent, why="scope")
    clocks.resume(request_id=case.id, actor=agent)
    facts = {name: getattr(f.RegimeRuleFactory.build(), name) for name in regimes.FIELDS}
    kept, left = (regimes.propose(facts=facts, reason="It is new", actor=manager) for _ in range(2))
    regimes.confirm(rule_id=kept.id, actor=f.StaffFactory(role="manager"))
    regimes.refuse(rule_id=left.id, actor=manager)
    working.run_all()


def what_happens_to_packages(agent, asked):
    [request] = ask("access", subject_ids=[f.DataSubjectFactory().id], **asked)
    working.run(request.id)
    package = AccessPackage.objects.get()
    link = give_link(request_id=package.request_id, actor=agent)
    for _ in range(2):
        packages.redeem(token=link, actor=None).file.close()
    download(request_id=package.request_id, actor=agent).file.close()
    working.let_time_pass(working.of(package.id))
    working.run(package.id)


def what_is_written_to_people(agent, manager, asked):
    """A letter in doubt that two have seen and that comes back, one that is withdrawn, one that is not so any more."""
    person = f.DataSubjectFactory()
    f.IdentifierFactory(subject=person, kind="email", value="ada@example.org")
    [case] = ask("erasure", subject_ids=[person.pk], **asked)
    grant(request_id=case.pk, actor=manager)
    working.run(case.pk)
    answer = letters.write(request_id=case.pk, actor=agent, key="answer_erasure")
    letters.approve(letter_id=answer.pk, actor=manager)
    Step.objects.filter(job=answer.pk).update(result={"handed_over": True})
    working.run(answer.pk)
    letters.say_whether_sent(letter_id=answer.pk, actor=agent, has_gone_out=False)
    working.run(answer.pk)
    bounced = replies.take_in(raw=mails.bounce_of(answer.message_id), actor=agent)
    letters.read_reply(reply_id=bounced.pk, actor=agent)
    first = letters.write(request_id=case.pk, actor=agent, key="acknowledgement")
    letters.withdraw(letter_id=first.pk, actor=agent)
    second = letters.write(request_id=case.pk, actor=agent, key="acknowledgement")
    requests.answer(request_id=case.pk, actor=agent, how="post")
    working.run(second.pk)
    wording = wordings.propose(actor=manager, kind="acknowledgement", language="en", text=f.LetterWordingFactory.text)
    wordings.confirm(actor=f.StaffFactory(), wording_id=wording.pk)
    wordings.retire(actor=manager, wording_id=wording.pk)


def what_is_said_of_others_in_a_package(agent, asked):
    feedback = f.FeedbackFactory(body="Ask desk@example.org")
    [request] = ask("access", subject_ids=[feedback.author_id], **asked)
    working.run(request.id)
    shown = {place.found.pk for place in redactions.read(request_id=request.id, actor=agent)}
    redactions.confirm(request_id=request.id, actor=agent, shown=shown, redact=shown)


def what_happens_to_requests(agent, manager, asked):
    what_is_erased_late_and_not_as_it_was_approved(agent, manager, asked)
    what_a_hold_stops(agent, manager, asked)
    what_is_proved_or_not(agent, manager, asked)
    what_is_joined_withdrawn_and_taken_up_again(agent, manager, asked)
    with transaction.atomic():
        move(f.CaseFactory(), "matched", agent)
    leased = steps.given(Planned("test local"), requested_by=agent)
    with transaction.atomic():
        park(leased.jobs.get(), "It failed")
    requests.unpark(request_id=leased.id, actor=manager)
    working.claimed(leased.id)
    requests.cancel(request_id=leased.id, actor=manager)


def what_is_erased_late_and_not_as_it_was_approved(agent, manager, asked):
    known = f.IdentifierFactory(kind=Identifier.Kind.STRIPE)
    person, stripe_id = known.subject, known.value
    [erased] = ask("erasure", subject_ids=[person.id], received_on=date(2025, 3, 3), **asked)
    grant(request_id=erased.id, actor=manager)
    f.NoteFactory(author=person)
    working.run(erased.id)
    requests.approve_again(request_id=erased.id, actor=manager)
    working.run_again(erased)
    requests.answer_before_due()
    for step in erased.steps.filter(finished_at=None, name="processors.erase"):
        attest(step_id=step.id, actor=manager, evidence="TICKET-1")
    working.run_again(erased)
    requests.answer(request_id=erased.id, actor=agent, how="email")
    readmit(kind=Identifier.Kind.STRIPE, value=stripe_id, because="own_will", actor=manager)


def what_a_hold_stops(agent, manager, asked):
    [hold] = ask("hold_place", subject_ids=[f.DataSubjectFactory().id], actor=agent, reason="A court asks")
    [held] = ask("erasure", subject_ids=[hold.subject_id], **asked)
    grant(request_id=held.id, actor=manager)
    working.run(held.id)
    [release] = agreed("hold_release", subject_ids=[hold.subject_id], actor=agent, reason="It is settled")
    working.run(release.id)


def what_is_proved_or_not(agent, manager, asked):
    cases = [
        ask("erasure", subject_ids=[f.DataSubjectFactory().id], **asked | {"verification": ""})[0] for _ in range(5)
    ]
    requests.prove(request_id=cases[0].id, actor=agent, verification="guardian")
    for case in cases[:2]:  # one is refused, of the other it is not sure who asks
        refusals.deny(request_id=case.id, actor=manager, denial_reason="no_match")
    comments.comment(request_id=cases[2].id, actor=agent, text="As it came", file=ContentFile(b"Yes", name="a.txt"))
    for side in ("for", "against"):
        dossiers.note(request_id=cases[2].id, actor=agent, side=side, text="A factor")
    dossiers.confirm(request_id=cases[2].id, actor=manager)
    for case, event in zip(cases[2:], ("duplicate", "not_a_request", "expired"), strict=True):
        requests.set_aside(request_id=case.id, actor=manager, event=event)


def what_is_joined_withdrawn_and_taken_up_again(agent, manager, asked):
    subject_ids = [f.DataSubjectFactory().id]
    [first], [second] = (ask("access", subject_ids=subject_ids, **asked) for _ in range(2))
    requests.assign(request_id=second.id, actor=agent, owner=manager)
    requests.cancel(request_id=first.id, actor=agent)
    reopening.reopen(request_id=first.id, actor=manager, why="Asked again")


def what_staff_read_and_take_out(agent):
    script, why = f.ScriptFactory(), {"actor": agent, "reason": "support"}
    reveal.reveal(model="privacy.Script", pk=script.pk, fields=["title", "body"], **why)
    exporting.record_content(rows=Script.objects.all(), fields=["body"], **why)
    exporting.record_table(model=DataSubject, rows=1, actor=agent)
    exporting.record_list(
        model=RightsRequest,
        rows=1,
        people=DataSubject.objects.all(),
        actor=agent,
        reason="report",
        reference="SUP-1204",
    )


def what_processors_call_somebody(agent, manager):
    cases = erasures_at_clerk(1, agent=agent, approver=manager)
    reveal.reveal_names(step_ids=[step.pk for step in waiting(cases)], actor=agent)


def what_is_said_of_two_people(agent):
    pair = f.LikenessFactory()
    tell_apart(subject_id=pair.subject_id, other_id=pair.other_id, actor=agent)


def what_is_taken_in(manager):
    person, script, shots = f.DataSubjectFactory(), f.ScriptFactory(), f.ShotListFactory()
    subjects.bring_in(people=[Person("Ada", identifiers=((Identifier.Kind.EMAIL, "ada@example.com"),))], actor=manager)
    for row in (
        f.ScriptFactory.build(owner=person),
        f.ScriptCoAuthorFactory.build(script=script, subject=person),
        f.NoteFactory.build(author=person),
        f.PromptFactory.build(author=person),
        f.FeedbackFactory.build(author=person),
        f.ShotListFactory.build(owner=person),
        f.ShotFactory.build(shot_list=shots),
    ):
        content.take_in(rows=[row], actor=manager)
    imports.order(sheet="privacy.note", form="csv", file="0" * 32, rows=1, actor=manager)
    for outcome in ImportRun.Outcome:
        with transaction.atomic():
            imports.close(f.ImportRunFactory(sheet="privacy.note", created=3), outcome, [])
    f.IdentifierFactory(kind=Identifier.Kind.STRIPE, value="cus_1")
    sync.sync(objects=[CUSTOMER], as_of=None)


def what_is_said_of_processors(manager):
    inventory.save(processor=f.ProcessorFactory.build(key="newcomer"), changed=["name"], actor=manager)
    Processor.objects.filter(pk="stripe").update(source="Its agreement", read_on="2026-11-01")
    inventory.save(processor=Processor.objects.get(pk="stripe"), changed=["read_on"], actor=manager)
    inventory.mark_reviewed(key="stripe", actor=manager)


def what_is_said_of_staff(keeper, manager):
    """Who keeps the accounts asks for a role, and a manager confirms it, or not."""
    member = f.StaffFactory.build()
    staff.save(member=member, changed=["username"], roles=[], actor=keeper)
    staff.save(member=member, changed=["groups"], roles=["agent"], actor=keeper)
    staff.record_password_change(member=member, actor=keeper)
    given = staff.ask_role(member=member, role="approver", actor=keeper)
    staff.confirm_role(grant_id=given.id, actor=manager)
    refused = staff.ask_role(member=member, role="manager", actor=keeper)
    staff.refuse_role(grant_id=refused.id, actor=manager)
    staff.review(member=member, finding="right", actor=manager)
    token = invitations.invite(username="newcomer", email="newcomer@kosenai.example", roles=["agent"], actor=manager)
    invitations.accept(token=token, password="a long and private passphrase")
    invitations.invite(username="stranger", email="stranger@kosenai.example", roles=[], actor=manager)
    invitations.withdraw(member=Staff.objects.get(username="stranger"), actor=manager)


@pytest.mark.django_db
def test_every_event_tells_the_details_that_are_written_with_it(history):
    assert {entry.event for entry in history} == set(Event) - HISTORICAL
    for entry in history:
        text, event = events.sentence(entry), Event(entry.event)
        assert text.startswith(event.label)
        assert (text != event.label) == bool(event.details), entry.data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


KEYS = [*events.WORDS, "result", "roles", "superuser", "active"]


@given(st.sampled_from(Event) | st.text(max_size=60), JSON | st.dictionaries(st.sampled_from(KEYS), JSON))
def test_whatever_an_old_or_forged_entry_says_is_told(event, data):
    text = events.sentence(AuditEntry(event=event, data=data))
    assert text.startswith(Event(event).label if event in Event else event)


@pytest.mark.django_db
def test_staff_read_sentences_on_a_request_s_page_and_choose_by_labels(client, manager):
    request = steps.given(Planned("erasure.slices", "privacy.UsageEvent"))
    text = client.get(reverse("admin:privacy_rightsrequest_change", args=[request.pk])).text
    assert "<td>Plan frozen: 1 step</td>" in text and "plan.frozen" not in text
    text = client.get(reverse("admin:privacy_auditentry_changelist")).text
    assert "Plan frozen: 1 step" in text and ">Plan frozen<" in re.sub(r"\s*([<>])\s*", r"\1", text)


@pytest.mark.django_db
def test_the_page_of_an_entry_shows_the_event_and_the_facts_as_they_are_written(client, manager):
    steps.given(Planned("erasure.slices", "privacy.UsageEvent"))
    text = client.get(reverse("admin:privacy_auditentry_change", args=[since_the_release().get().pk])).text
    assert all(words in text for words in ("Plan frozen: 1 step", "plan.frozen", "erasure.slices privacy.UsageEvent"))


@pytest.mark.django_db
def test_what_a_forged_entry_says_is_no_html(client, manager):
    AuditEntry.objects.create(chain=uuid4(), n=1, event="<b>all is well</b>", at=datetime.now(UTC))
    text = client.get(reverse("admin:privacy_auditentry_changelist")).text
    assert "&lt;b&gt;all is well&lt;/b&gt;" in text and "<b>all is well" not in text
