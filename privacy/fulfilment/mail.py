"""Sending mail: a row and a job before it is sent, and once each. What it says is made as it goes out."""

from collections.abc import Callable
from datetime import date
from smtplib import SMTPAuthenticationError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from privacy.catalogue import JobKind, StepKind, register
from privacy.jobs.handlers import remote
from privacy.jobs.order import about
from privacy.jobs.order import order as order_jobs
from privacy.jobs.outcomes import Done, Failed, Later
from privacy.models import Job, Lane, Mail, Staff, Step

# Such answers of a mail server come again however often it is asked.
FINAL = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPAuthenticationError)

type Compose = Callable[[Mail], EmailMessage | None]
templates: dict[str, Compose] = {}


def template(name: str) -> Callable[[Compose], Compose]:
    """Registers what makes the words of such a mail; None for nothing to say."""

    def wrap(compose: Compose) -> Compose:
        templates[name] = compose
        return compose

    return wrap


def order(*, template: str, member: Staff, day: date) -> bool:
    """Orders the mail, once a template, member and day; whether it was not ordered before. Nothing is ordered where no
    mail goes out."""
    if not settings.EMAIL_URL or not member.email:
        return False
    try:
        with transaction.atomic():
            mail = Mail.objects.create(template=template, member=member, day=day)
            order_jobs([Job(id=mail.id, kind=SENDING.key, about=about(mail.id), lane=Lane.BULK)])
    except IntegrityError:  # another sweep was quicker
        return False
    return True


@remote("mail.send")
def send(job: Job, step: Step, renew: Callable[..., None]) -> Done | Later | Failed:
    """A worker that dies between the server's answer and its record sends it again under the same Message-ID."""
    mail = Mail.objects.select_related("member").get(pk=job.pk)
    if mail.template not in templates:
        return Later(f"This worker does not know the mail {mail.template}")
    message = templates[mail.template](mail)
    if message is None:
        return Done({"outcome": "nothing to say"})
    return deliver(message, mail.message_id, note_sent)


def deliver(message: EmailMessage, message_id: str, record: Callable[[Job, Step], None]) -> Done | Later | Failed:
    """Hands a mail to the server, for a remote step; `record` runs in the transaction that marks the step done."""
    message.extra_headers["Message-ID"] = message_id
    try:
        message.send()
    except FINAL as fault:
        return Failed(f"The mail server does not take it: {type(fault).__name__}")
    except (SMTPException, OSError) as fault:
        return Later(f"The mail server cannot be reached: {type(fault).__name__}")
    return Done({"outcome": "sent", "message": message_id}, record=record)


def note_sent(job: Job, step: Step) -> None:
    Mail.objects.filter(pk=job.pk, sent_at=None).update(sent_at=Now())


SENDING = register(JobKind("mail", steps=(StepKind("mail.send", "Send the mail"),)))
