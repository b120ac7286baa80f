"""The digest comes in the member's morning, once, with numbers and short ids, and the job behind it sends it once."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as outgoing
from django.core.mail.backends import locmem

from privacy import regimes
from privacy.fulfilment import digest, mail
from privacy.models import Job, Mail, State
from privacy.selectors import cases
from privacy.selectors.digest import sections
from tests import factories as f
from tests import working

pytestmark = pytest.mark.django_db
MONDAY_EIGHT_IN_BERLIN = "2026-11-30T07:00:00Z"


@pytest.fixture
def agent():
    return f.StaffFactory(role="agent", email="agent@ops.example", time_zone="Europe/Berlin")


@pytest.fixture
def overdue(agent):
    return f.CaseFactory(owner=agent, state=State.DECIDING, due_on=regimes.today() - timedelta(days=2))


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("2026-11-30T06:59:00Z", 0), (MONDAY_EIGHT_IN_BERLIN, 1), ("2026-11-30T10:59:00Z", 1),
        ("2026-11-30T11:00:00Z", 0), ("2026-11-29T07:30:00Z", 0),
    ],
)  # fmt: skip
def test_it_is_ordered_between_eight_and_noon_of_a_working_day_of_the_member(agent, time_machine, moment, number):
    time_machine.move_to(moment, tick=False)
    assert digest.order_due() == number
    assert digest.order_due() == 0
    assert list(Mail.objects.values_list("member", "template")) == [(agent.pk, "digest")] * number


def test_not_for_who_is_away_wants_none_has_no_address_or_is_gone(agent, time_machine):
    time_machine.move_to(MONDAY_EIGHT_IN_BERLIN, tick=False)
    berlin = {"role": "agent", "time_zone": "Europe/Berlin"}
    f.StaffFactory(**berlin, email="a@ops.example", absent_until=regimes.today())
    f.StaffFactory(**berlin, email="b@ops.example", digest=False)
    f.StaffFactory(**berlin, email="")
    f.StaffFactory(**berlin, email="c@ops.example", is_active=False)
    assert digest.order_due() == 1


def test_nothing_is_ordered_where_no_mail_goes_out(agent, time_machine, settings):
    time_machine.move_to(MONDAY_EIGHT_IN_BERLIN, tick=False)
    settings.EMAIL_URL = ""
    assert (digest.order_due(), Mail.objects.count()) == (0, 0)


def ordered(member) -> Mail:
    assert mail.order(template="digest", member=member, day=regimes.today())
    return Mail.objects.get()


def test_it_says_how_much_and_which_and_nothing_of_the_people(agent, overdue):
    f.CaseFactory.create_batch(7, kind="access", owner=None, state=State.VERIFYING)
    sent = ordered(agent)
    working.run(sent.pk)
    [message] = outgoing.outbox
    assert message.to == ["agent@ops.example"] and message.extra_headers["Message-ID"] == sent.message_id
    assert "Yours, overdue: 1" in message.body and str(overdue) in message.body
    assert "Nobody’s: 7" in message.body and "and 2 more" in message.body
    assert "?queue=mine&deadline=overdue" in message.body
    person = overdue.subject
    assert not [word for word in person.full_name.split() if word in message.body + message.subject]
    assert str(person.pk) not in message.body
    sent.refresh_from_db()
    assert sent.sent_at and Job.objects.get(pk=sent.pk).ended_at


def test_nothing_due_no_mail(agent):
    sent = ordered(agent)
    working.run(sent.pk)
    sent.refresh_from_db()
    assert (outgoing.outbox, sent.sent_at) == ([], None) and Job.objects.get(pk=sent.pk).ended_at


@pytest.mark.parametrize(
    ("fault", "is_parked"), [(SMTPServerDisconnected("away"), False), (SMTPRecipientsRefused({}), True)]
)
def test_a_server_that_is_away_is_asked_again_and_one_that_refuses_is_not(
    agent, overdue, monkeypatch, fault, is_parked
):
    def fails(backend, messages):
        raise fault

    sent = ordered(agent)
    with monkeypatch.context() as patch:
        patch.setattr(locmem.EmailBackend, "send_messages", fails)
        working.run(sent.pk)
    job = Job.objects.get(pk=sent.pk)
    assert bool(job.parked_because) == is_parked and not job.ended_at
    assert "agent@ops.example" not in job.parked_because + job.steps.get().problem
    if not is_parked:
        working.let_time_pass(working.of(job.pk))
        working.run(sent.pk)
        assert len(outgoing.outbox) == 1


def test_before_the_date_managers_and_the_deputy_are_told(agent):
    deputy, other, manager = f.StaffFactory(role="agent"), f.StaffFactory(role="agent"), f.StaffFactory(role="manager")
    agent.deputy = deputy
    agent.save()
    f.CaseFactory(owner=agent, state=State.DECIDING, due_on=regimes.today() + timedelta(days=3))
    f.CaseFactory(owner=other, state=State.DECIDING, due_on=regimes.today() + timedelta(days=3))
    told = {m: [s.number for s in sections(m) if s.title == "Escalated to you"] for m in (deputy, other, manager)}
    assert told == {deputy: [1], other: [], manager: [2]}
    assert cases.leads(manager) and not cases.leads(deputy)
