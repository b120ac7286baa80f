"""The job that sends a letter: once, with its sentences made again from what is recorded then.

A mail server that fell silent after it was handed a letter may have sent it or not. Nobody is written to twice on a
guess: such a letter waits for a person who has looked.
"""

from collections.abc import Callable, Sequence
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models.functions import Now
from django.urls import reverse

from privacy.cases.states import move
from privacy.catalogue import JobKind, StepKind, register
from privacy.evidence import audit, sealing
from privacy.evidence.events import Event
from privacy.fulfilment import case_links, packages
from privacy.fulfilment.letters import facts, rendering, templates
from privacy.fulfilment.letters.kinds import kinds
from privacy.fulfilment.letters.rendering import Draft, Unsayable
from privacy.jobs import failpoints, settle
from privacy.jobs import order as jobs_order
from privacy.jobs.handlers import remote
from privacy.jobs.outcomes import Done, Failed, Later, Outcome
from privacy.models import Answered, Case, Job, Lane, Letter, Staff, State, Step

IN_DOUBT = "It may have gone out: look whether it did, and say so on its page"
HANDED_OVER = "handed_over"


def order(letters: Sequence[Letter], lane: Lane = Lane.PROMPT) -> None:
    """A job of the same id for each."""
    jobs = [
        Job(id=x.id, kind=SENDING.key, about=jobs_order.about(x.id), lane=lane, silent=x.case.silent) for x in letters
    ]
    if jobs:
        jobs_order.order(jobs)


@remote("letters.send")
def send(job: Job, step: Step, renew: Callable[..., None]) -> Outcome:
    """One letter, to one address."""
    letter = Letter.objects.select_related("case__subject", "approved_by", "prepared_by", "step").get(pk=job.pk)
    if letter.state != Letter.State.ORDERED:
        return Done({"outcome": "it was not to be sent any more"})
    if step.result.get(HANDED_OVER):
        return Failed(IN_DOUBT, result=step.result)
    changed = differences(letter, letter.case)
    if changed:
        return Done({"outcome": "not sent", "claims": changed}, record=note_blocked)
    opened = rendering.opened(letter.sealed)
    if opened is None:
        return Failed("What it says was emptied")
    return hand_over(message_of(letter, opened.to, opened.draft), renew)


def hand_over(message: EmailMessage, renew: Callable[..., None]) -> Outcome:
    """What the server says before it has taken the letter can be tried again; after that only its word counts."""
    connection = get_connection()
    try:
        connection.open()
    except (SMTPException, OSError) as fault:
        return refused(fault)
    try:
        renew({HANDED_OVER: True})
        failpoints.strike("handed over")
        connection.send_messages([message])
        failpoints.strike("taken")
    except (SMTPRecipientsRefused, SMTPResponseException) as fault:
        return refused(fault)
    except (SMTPException, OSError):
        return Failed(IN_DOUBT, result={HANDED_OVER: True})
    finally:
        close(connection)
    return Done({"outcome": "sent"}, record=sent)


def refused(fault: Exception) -> Later | Failed:
    """By a code of 4xx, or before anything was said, it is tried again; by one of 5xx it never will be taken."""
    codes = [code for code, _ in fault.recipients.values()] if isinstance(fault, SMTPRecipientsRefused) else []
    codes += [fault.smtp_code] if isinstance(fault, SMTPResponseException) else []
    if codes and all(code >= 500 for code in codes):
        return Failed(f"The mail server does not take it: {type(fault).__name__} {codes[0]}", result={})
    return Later(f"The mail server cannot take it now: {type(fault).__name__}", result={})


def close(connection: Any) -> None:
    """It said what counts already: that it hangs up without a word changes nothing."""
    try:
        connection.close()
    except (SMTPException, OSError):
        return


def message_of(letter: Letter, to: str, draft: Draft) -> EmailMessage:
    """Plain text, under the same Message-ID however often it is made. The answer finds its case by either."""
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"}
    reply_to = [settings.LETTERS_REPLY_TO] if settings.LETTERS_REPLY_TO else None
    late = late_of(letter, draft)
    return EmailMessage(draft.subject, draft.text(late), to=[to], headers=headers, reply_to=reply_to)


def late_of(letter: Letter, draft: Draft) -> dict[str, str]:
    """What is known only now: links that are good from now on."""
    wanted = rendering.late_slots(draft.sentences)
    late = {"status_link": case_links.address_of(letter.case_id)} if "status_link" in wanted else {}
    package = facts.of_one(letter.case).package if "package_link" in wanted else None
    if package and (actor := letter.approved_by or letter.prepared_by):
        token = packages.issue_links(package_ids=[package.pk], actor=actor)[package.pk]
        late["package_link"] = f"{settings.SITE_URL}{reverse('package_download', args=[token])}"
    return late


def differences(letter: Letter, case: Case) -> list[str]:
    """The claims of its sentences that are not so any more, by what is recorded now."""
    opened = rendering.opened(letter.sealed)
    if opened is None:
        return ["sealed"]
    kind = kinds[letter.kind]
    now = facts.of_one(case, opened.asked)
    now.step = letter.step
    if rendering.commitment(letter.salt, opened.draft, opened.to) != letter.sha256:
        return ["sealed"]
    wording = letter.wording
    template = templates.read(wording.text) if wording else templates.parsed(letter.kind, letter.language)
    try:
        again = rendering.draft(kind, template, now, letter.language)
    except Unsayable:
        return list(kind.about)
    return rendering.differing(opened.draft, again)


# --- What is recorded -------------------------------------------------------------------------------------------------


def sent(job: Job, step: Step) -> None:
    letter, case = _locked(job)
    note_sent(letter, case, None)


def note_blocked(job: Job, step: Step) -> None:
    letter, case = _locked(job)
    put(letter, Letter.State.BLOCKED)
    audit.append(case.pk, Event.LETTER_BLOCKED, actor=None, letter=letter.pk)


def _locked(job: Job) -> tuple[Letter, Case]:
    case_id = Letter.objects.values_list("case", flat=True).get(pk=job.pk)
    case = Case.objects.select_for_update().get(pk=case_id)
    return Letter.objects.select_for_update().get(pk=job.pk), case


def note_sent(letter: Letter, case: Case, actor: Staff | None) -> None:
    """Says that it has gone out, and what that means for the locked case: acknowledged, or answered."""
    Letter.objects.filter(pk=letter.pk).update(state=Letter.State.SENT, sent_at=Now())
    letter.refresh_from_db(fields=["state", "sent_at"])
    how = Answered.EMAIL if letter.way == Letter.Way.EMAIL else Answered.POST
    audit.append(case.pk, Event.LETTER_SENT, actor=actor, letter=letter.pk, how=how)
    match kinds[letter.kind].ends:
        case "acknowledged" if case.acknowledged_at is None and case.is_open:
            Case.objects.filter(pk=case.pk).update(acknowledged_at=letter.sent_at)
            audit.append(case.pk, Event.CASE_ACKNOWLEDGED, actor=actor, at=letter.sent_at)
        case "answered" if case.state == State.ANSWERING:
            told = _words_of(letter)
            Case.objects.filter(pk=case.pk).update(answered_at=letter.sent_at, answered_how=how, **told)
            case.answered_at, case.answered_how = letter.sent_at, how
            move(case, "answered", None, how=how, at=letter.sent_at)


def _words_of(letter: Letter) -> dict[str, str]:
    """What the case keeps of an answer in words."""
    opened = rendering.opened(letter.sealed)
    words = opened.asked.get("words", "") if opened else ""
    return {"answer": sealing.seal({"answer": [words]})} if words else {}


def put(letter: Letter, state: Letter.State) -> None:
    Letter.objects.filter(pk=letter.pk).update(state=state)
    letter.state = state


# --- Its job ----------------------------------------------------------------------------------------------------------


def stop(letter: Letter) -> None:
    """Nothing is left to do for its job, if it has one; the job's row is locked."""
    jobs_order.stop_short(list(Job.objects.filter(pk=letter.pk, ended_at=None)))


def try_again(letter: Letter) -> None:
    job = Job.objects.get(pk=letter.pk)
    Step.objects.filter(job=job).update(result={})
    settle.unpark(job)


SENDING = register(JobKind("letter", steps=(StepKind("letters.send", "Send the letter"),)))
