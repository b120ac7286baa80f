"""Whoever opens a case that has stopped reads what to try, whatever stopped it."""

import ast
import errno
import os
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail.backends import locmem
from django.db import OperationalError, transaction
from django.urls import reverse, reverse_lazy

from privacy import regimes
from privacy.admin.requests.what_to_try import UNKNOWN, known, to_try
from privacy.catalogue import NotAllowed
from privacy.evidence.keys import MissingKey
from privacy.fulfilment import mail
from privacy.fulfilment.erasure import not_as_approved
from privacy.fulfilment.parked import try_again
from privacy.jobs.claim import park
from privacy.jobs.record import fault
from privacy.models import AuditEntry, Job, Mail, State
from tests import factories as f
from tests import working
from tests.admin.clients import page_url, signed_in, texts, url
from tests.asking import agreed

FOLDERS = ("privacy/connectors", "privacy/fulfilment", "privacy/jobs", "billing")


def said_by_the_code() -> set[str]:
    """The words of every outcome in the code with which a step is tried again or stops, as far as they are constant."""
    files = [file for folder in FOLDERS for file in (settings.BASE_DIR / folder).rglob("*.py")]
    calls = [node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    named = [call for call in calls if getattr(call.func, "id", "") in ("Failed", "Later", "Waiting") and call.args]
    return {text for call in named if (text := constant(call.args[0]))}


def constant(node: ast.expr) -> str:
    parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return " … ".join(part for part in parts if len(part) > 3)


def test_for_all_that_the_code_says_there_is_something_better_than_the_general_word():
    # Of a person who is asked by letter: the step itself says all of what is to be done.
    by_letter = {text for text in said_by_the_code() if "has no call for this" in text}
    said = said_by_the_code() - by_letter
    assert len(said) > 10 and {text for text in said if not known(text)} == set()


@pytest.mark.parametrize(
    ("because", "word"),
    [
        (not_as_approved(["delete billing.Customer"]).because, "Approve again"),
        ("erasure.rows: the worker died or stalled 5 times without finishing it", "ends the workers"),
        (fault(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))).because, "make room"),
        (fault(OperationalError("database is locked")).because, "database was away"),
        (fault(MissingKey("none")).because, "A key of ours"),
        (fault(ZeroDivisionError()).because, "Try again once"),
        ("Clerk answered HTTP 503", "status page"),
        ("Clerk refuses the key in CLERK_SECRET_KEY (HTTP 401)", "put in a new one"),
        ("No API key for Clerk: erase it there, then attest it here", "ask whoever runs this for a key"),
    ],
)
def test_each_trouble_has_its_word(because, word):
    assert word in to_try(f"erasure.rows: {because}")


@pytest.mark.django_db
class TestWorkOfNoRequest:
    """A mail that the server refuses is on the list of what is parked, with what to try."""

    QUEUE = reverse_lazy("admin:privacy_rightsrequest_changelist", query={"queue": "parked"})

    @pytest.fixture
    def parked_mail(self, monkeypatch):
        def refused(*args):
            raise SMTPRecipientsRefused({})

        member = f.StaffFactory(role="agent", username="mara", email="mara@ops.example")
        f.CaseFactory(owner=member, state=State.DECIDING, due_on=regimes.today() - timedelta(days=2))
        with monkeypatch.context() as broken:
            broken.setattr(locmem.EmailBackend, "send_messages", refused)
            mail.order(template="digest", member=member, day=regimes.today())
            working.run_all()
        return Job.objects.get(kind="mail")

    def test_it_is_told_why_and_what_to_try_and_who_may_tries_again(self, parked_mail, mailoutbox):
        manager = signed_in("manager")
        page = manager.get(self.QUEUE).text
        assert "Send the mail: digest to mara" in page and "The mail server does not take it" in page
        assert "at EMAIL_URL" in page and "mara@ops.example" not in page
        again = reverse("admin:privacy_rightsrequest_retry_work", args=[parked_mail.pk])
        assert "What to try: The server refuses" in manager.get(again).text
        assert texts(manager.post(again)) == "The workers try again."
        working.run_all()
        assert Mail.objects.get().sent_at and len(mailoutbox) == 1
        assert "Send the mail" not in manager.get(self.QUEUE).text
        assert texts(manager.post(again)) == "This work is not parked any more."
        trail = AuditEntry.objects.filter(chain=parked_mail.pk).values_list("event", "actor")
        assert ("job.unparked", manager.staff.pk) in trail

    def test_an_agent_reads_it_and_leaves_it(self, parked_mail):
        agent = signed_in("agent")
        again = reverse("admin:privacy_rightsrequest_retry_work", args=[parked_mail.pk])
        page = agent.get(self.QUEUE).text
        assert "Send the mail" in page and again not in page
        assert agent.get(again).status_code == agent.post(again).status_code == 403
        with pytest.raises(PermissionDenied):
            try_again(job_id=parked_mail.pk, actor=agent.staff)

    def test_it_counts_on_the_tab_and_nowhere_else_on_the_list(self, parked_mail):
        page = signed_in("manager").get(reverse("admin:privacy_rightsrequest_changelist"))
        assert [tab["number"] for tab in page.context["cl"].tabs if tab["label"] == "Parked"] == [1]
        assert "Send the mail" not in page.text
        assert signed_in("manager").get(reverse("admin:index")).context["today"].parked == 1

    def test_work_of_a_request_is_tried_again_with_the_request(self, approver):
        [case] = agreed(
            "erasure", subject_ids=[f.DataSubjectFactory().pk], actor=f.StaffFactory(), reason="Ticket 4711, by e-mail",
            verification="signed_in",
        )  # fmt: skip
        with transaction.atomic():
            park(case.job, "No space left on device")
        with pytest.raises(NotAllowed):
            try_again(job_id=case.job.pk, actor=f.StaffFactory(role="manager"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("because", "word"), [("No space left on device", "make room"), ("ZeroDivisionError", UNKNOWN)]
)
def test_it_stands_on_the_case_and_where_it_is_tried_again(approver, because, word):
    [case] = agreed(
        "erasure", subject_ids=[f.DataSubjectFactory().pk], actor=f.StaffFactory(), reason="Ticket 4711, by e-mail",
        verification="signed_in",
    )  # fmt: skip
    assert "What to try" not in approver.get(page_url(case)).text
    with transaction.atomic():
        park(case.job, because)
    for page in (approver.get(page_url(case)), approver.get(url("retry", case))):
        assert word in page.text and because in page.text
