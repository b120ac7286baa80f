"""The code that proves that somebody reads the account's mail: what it is, how it is sent, and how it is compared.

It stands nowhere. It is made, each time anew, from the check's id and a random number of its row with a key of ours
(HOTP, RFC 4226): whoever reads the database cannot tell it, and a worker that died half-way sends the same code again,
under the same Message-ID. When the check ends the random number goes, and the code with it.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from privacy.catalogue import JobKind, StepKind, register
from privacy.fulfilment import case_links
from privacy.fulfilment.mail import FINAL
from privacy.jobs.handlers import remote
from privacy.jobs.order import about
from privacy.jobs.order import order as order_jobs
from privacy.jobs.outcomes import Done, Failed, Later
from privacy.models import IdentityCheck, Job, Lane, Step, Verification
from privacy.selectors.languages import as_read_by
from privacy.selectors.verification import address_of, open_checks

DIGITS = 8
GOOD_FOR = timedelta(minutes=15)
MOST_ATTEMPTS = 5
SALT = "privacy.verification.code"
NOBODYS = UUID(int=0)


def code_of(check: IdentityCheck) -> str:
    return _hotp(check.pk, check.nonce).generate(0).decode()


def is_right(check: IdentityCheck | None, typed: str) -> bool:
    """Compared in constant time, and as long where there is no check at all. Blanks and dashes are for the eye."""
    digits = typed.replace(" ", "").replace("-", "")
    plain = digits if digits.isascii() and digits.isdigit() and len(digits) == DIGITS else "x" * DIGITS
    nonce = check.nonce if check else ""
    try:
        _hotp(check.pk if check else NOBODYS, nonce).verify(plain.encode(), 0)
    except InvalidToken:
        return False
    return bool(nonce)


def _hotp(check_id: UUID, nonce: str) -> HOTP:
    key = salted_hmac(SALT, f"{check_id}:{nonce}", algorithm="sha256").digest()
    return HOTP(key, DIGITS, SHA256())


def new_nonce() -> str:
    return secrets.token_hex(16)


def digest_of(token: str) -> str:
    """By which a token that was used is known again."""
    return salted_hmac("privacy.verification.session", token, algorithm="sha256").hexdigest()


def order_code(check: IdentityCheck) -> None:
    """Orders the mail with the check's code, in the caller's transaction: a job of the same id."""
    order_jobs([Job(id=check.id, kind=SENDING.key, about=about(check.id), lane=Lane.PROMPT)])


@remote("verification.send")
def send(job: Job, step: Step, renew: Callable[..., None]) -> Done | Later | Failed:
    """Sends it while it is good. Where there is no address that proves anything, nothing goes out, and whoever asked
    for it reads the same as everybody."""
    check = open_checks(pk=job.pk, expires_at__gt=Now()).select_related("case").first()
    address = address_of(check.case) if check else None
    if check is None or address is None:
        return Done({"outcome": "not needed any more" if check is None else "no address"})
    message = compose(check, address.value)
    try:
        message.send()
    except FINAL as fault:
        return Failed(f"The mail server does not take it: {type(fault).__name__}")
    except OSError as fault:  # of which the errors of smtplib are some
        return Later(f"The mail server cannot be reached: {type(fault).__name__}")
    return Done({"outcome": "sent", "message": check.message_id}, record=note_sent)


def note_sent(job: Job, step: Step) -> None:
    IdentityCheck.objects.filter(pk=job.pk, sent_at=None).update(sent_at=Now())


def compose(check: IdentityCheck, address: str) -> EmailMessage:
    """In the person's language, with the code, what it is for and what to do who has asked for nothing. It names
    nobody: a mailbox is read over shoulders."""
    with as_read_by(check.case.subject_id):
        code = code_of(check)
        shown = f"{code[: DIGITS // 2]} {code[DIGITS // 2 :]}"
        is_agents = open_checks(case=check.case_id, way=Verification.AGENT).exists()
        what = (
            gettext("Somebody has sent us a request about your data and says that you have asked them to. If that is "
                    "so, confirm it with this code:")
            if is_agents
            else gettext("A request about your data has reached us. Prove with this code that it is yours:")
        )  # fmt: skip
        text = "\n\n".join(
            [
                gettext("Hello,"),
                what,
                f"    {shown}",
                gettext("Enter it here:") + f"\n{page_of(check.case_id)}",
                gettext("It is good for 15 minutes. Tell it to nobody: we never ask for it by telephone or e-mail."),
                gettext("If you know nothing of this, do nothing: without the code nothing happens to your data."),
                "Kosenai",
            ]
        )
        headers = {"Message-ID": check.message_id, "Auto-Submitted": "auto-generated"}
        return EmailMessage(gettext("Your code for Kosenai"), text, None, [address], headers=headers)


def page_of(case_id: UUID) -> str:
    """Where the code is entered: a worker knows no request."""
    return f"{settings.SITE_URL}{reverse('case_verify_code', args=[case_links.token_for(case_id)])}"


def expires_at() -> datetime:
    return datetime.now(UTC) + GOOD_FOR


SENDING = register(JobKind("verification_code", steps=(StepKind("verification.send", "Send the code"),)))
