"""Mails that come back, as servers and people write them."""

from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid

from django.utils import timezone


def stamped(message):
    moment = format_datetime(timezone.now())
    message["Received"] = f"from mx.example.org by mail.kosenai.example; {moment}"
    message["Date"] = moment
    message["Message-ID"] = make_msgid(domain="example.org")
    return message


def reply_to(message_id: str, text: str = "Thank you.", **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ada <ada@example.org>", "support@kosenai.com"
    mail["Subject"] = headers.pop("Subject", "Re: Your request")
    if message_id:
        mail["In-Reply-To"] = mail["References"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return stamped(mail).as_bytes()


def bounce_of(message_id: str, to: str = "ada@example.org", status: str = "5.1.1", action: str = "failed") -> bytes:
    """RFC 3464, with the letter's head in it."""
    original = EmailMessage()
    original["From"], original["To"], original["Subject"] = "ops@kosenai.example", to, "Your request"
    original["Message-ID"] = message_id
    original.set_content("…")
    told = EmailMessage()
    told["Reporting-MTA"] = "dns; mx.example.org"
    part = EmailMessage()
    part["Final-Recipient"], part["Action"], part["Status"] = f"rfc822; {to}", action, status
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    report.attach(MIMEText("It could not be delivered."))
    status_part = MIMEMessage(part, "delivery-status")
    status_part.set_payload([told, part])
    report.attach(status_part)
    report.attach(MIMEMessage(original))
    report["From"], report["To"], report["Subject"] = "MAILER-DAEMON@example.org", "ops@kosenai.example", "Undelivered"
    return stamped(report).as_bytes()
