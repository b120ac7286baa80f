"""Letters go out once, in words that are so, and what they say is tied to the case."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from privacy.cases import letters, replies, requests
from privacy.catalogue import NotAllowed
from privacy.fulfilment.letters.incoming import Unreadable
from privacy.models import Letter, Step
from tests import factories as f
from tests import working
from tests.letters import mails
from tests.letters.post import office

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def post():
    with office() as box:
        yield box


@pytest.fixture
def person():
    found = f.DataSubjectFactory(full_name="Ada Lovelace", country="DE")
    f.IdentifierFactory(subject=found, kind="email", value="ada@example.org", is_primary=True)
    f.NoteFactory(author=found)
    return found


def member(role: str):
    return f.StaffFactory(role=role)


def asked(key: str, person, **given):
    [case] = requests.ask(
        key, subject_ids=[person.pk], actor=member("agent"), verification="signed_in", reason="Ticket 4711 asks for it",
        **given,
    )  # fmt: skip
    return case


def test_that_a_case_has_come_in_is_told_by_itself_and_notes_when(post, person):
    case = asked("access", person)
    assert letters.acknowledge_due() == 1
    assert letters.acknowledge_due() == 0
    working.run_all()
    case.refresh_from_db()
    [mail] = post.mails
    assert mail["To"] == "ada@example.org" and str(case.pk)[:8] in mail["Subject"]
    assert case.acknowledged_at
    must_verify()


def test_an_erasure_is_answered_by_a_letter_that_two_have_seen(post, person):
    case = asked("erasure", person)
    requests.grant(request_id=case.pk, actor=member("approver"))
    working.run_all()
    case.refresh_from_db()
    writer = member("agent")
    letter = letters.write(request_id=case.pk, actor=writer, key="answer_erasure")
    assert letter.state == Letter.State.PREPARED
    with pytest.raises(NotAllowed, match="You wrote it"):
        letters.approve(letter_id=letter.pk, actor=member_again(writer))
    letters.approve(letter_id=letter.pk, actor=member("manager"))
    working.run_all()
    assert "Deleted here: Notes, 1" in post.texts[0]
    must_verify()
    case.refresh_from_db()
    assert (case.state, case.answered_how) == ("closed", "email")


def must_verify():
    call_command("verify_audit", verbosity=0)


def member_again(writer):
    writer.groups.set([])
    writer.groups.add(Group.objects.get(name="manager"))
    return type(writer).objects.get(pk=writer.pk)


def test_a_processor_is_written_to_by_its_own_names_for_the_person(post, person):
    f.IdentifierFactory(subject=person, kind="clerk_id", value="user_2abcdefghijklmnopqrstuvwxyz")
    case = asked("erasure", person)
    requests.grant(request_id=case.pk, actor=member("approver"))
    working.run_all()
    step = Step.objects.get(job__case=case, target="clerk")
    letters.notify(step_id=step.pk, actor=member("agent"), to="privacy@processor.example")
    working.run_all()
    [mail] = post.mails
    assert mail["To"] == "privacy@processor.example" and "user_2abcdefghijklmnopqrstuvwxyz" in mail.get_content()
    assert "ada@example.org" not in mail.get_content() and "Lovelace" not in mail.get_content()
    must_verify()


def test_a_bounce_makes_an_answer_one_that_is_owed_and_a_reply_waits_to_be_read(post, person):
    case = asked("erasure", person)
    requests.grant(request_id=case.pk, actor=member("approver"))
    working.run_all()
    letter = letters.write(request_id=case.pk, actor=member("agent"), key="answer_erasure")
    letters.approve(letter_id=letter.pk, actor=member("manager"))
    working.run_all()
    bounced = replies.take_in(raw=mails.bounce_of(letter.message_id), actor=None)
    assert replies.take_in(raw=mails.reply_to(letter.message_id), actor=None).kind == "reply"
    case.refresh_from_db()
    assert (bounced.kind, case.state, case.answered_at) == ("bounce", "answering", None)
    again = letters.write(request_id=case.pk, actor=member("agent"), key="answer_erasure", to="ada@elsewhere.example")
    letters.approve(letter_id=again.pk, actor=member("manager"))
    working.run_all()
    assert [mail["To"] for mail in post.mails] == ["ada@example.org", "ada@elsewhere.example"]
    must_verify()


@pytest.mark.parametrize("raw", [b"", b"\0" * 9, b"PK\x03\x04", b"Subject: x\n\ny", b"From: \xff\xfe\n\n" + b"a" * 99])
def test_what_is_no_mail_or_belongs_nowhere_is_refused_with_a_word(raw):
    with pytest.raises((NotAllowed, Unreadable)):
        replies.take_in(raw=raw, actor=None)
