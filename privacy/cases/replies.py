"""Mail that comes back for a letter or a case is taken in by one function, whoever brings it."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from privacy.cases.states import move, must_have
from privacy.cases.work import lock
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence import audit, commitments, sealing
from privacy.evidence.events import Event
from privacy.fulfilment import news
from privacy.fulfilment.letters import incoming
from privacy.fulfilment.letters.incoming import Incoming
from privacy.fulfilment.letters.kinds import kinds
from privacy.models import Case, Letter, Reply, Staff, State

UNKNOWN = "It answers no letter of ours, and names no case. Open the case that it is about, and put it there."


def take_in(*, raw: bytes, actor: Staff | None, request_id: UUID | None = None) -> Reply:
    """Puts a mail, as it came, to the case that it belongs to, or to `request_id`, which a member has chosen. A bounce
    marks its letter, and an answer that did not arrive is owed again. The same file twice is one.

    Raises Unreadable and NotAllowed in words for the screen, and PermissionDenied.
    """
    mail = incoming.read(raw)
    with transaction.atomic():
        letter = _letter_of(mail, request_id)
        case_id = request_id or (letter.case_id if letter else _case_of(mail))
        case, _ = lock(case_id)
        if actor:
            must_have(actor, case_kinds[case.kind].may.answer)
        if (before := Reply.objects.filter(sha256=mail.sha256).first()) is not None:
            return before
        try:
            with transaction.atomic():
                reply = _keep(mail, case, letter, actor)
        except IntegrityError:  # the same file, at the same moment, to another case
            return Reply.objects.get(sha256=mail.sha256)
        if reply.kind != Reply.Kind.AUTOMATIC:
            news.tell(case, "reply")
        if reply.kind == Reply.Kind.BOUNCE and letter and mail.is_final:
            _mark_bounced(letter, case)
    return reply


def _letter_of(mail: Incoming, request_id: UUID | None) -> Letter | None:
    """The last of the letters that it names; of the chosen case, if one is chosen."""
    among = Q(case=request_id) if request_id else Q()
    return Letter.objects.filter(among, pk__in=mail.letters, sent_at__isnull=False).order_by("-sent_at").first()


def _case_of(mail: Incoming) -> UUID:
    """The one case that its subject names. Raises NotAllowed for none, and for one of several."""
    found: list[UUID] = []
    for tag in mail.tags:
        begins, ends = UUID(tag.ljust(32, "0")), UUID(tag.ljust(32, "f"))
        found += Case.objects.filter(pk__gte=begins, pk__lte=ends).values_list("pk", flat=True)[:2]
    if len(found) != 1:
        raise NotAllowed(UNKNOWN)
    return found[0]


def _keep(mail: Incoming, case: Case, letter: Letter | None, actor: Staff | None) -> Reply:
    text = {"from": [mail.sender], "subject": [mail.subject], "text": [mail.text]}
    reply = Reply.objects.create(
        case=case, letter=letter, kind=mail.kind, sealed=sealing.seal(text), sha256=mail.sha256,
        received_at=mail.received_at, taken_in_by=actor,
    )  # fmt: skip
    audit.append(case.pk, Event.REPLY_CAME, actor=actor, reply_kind=reply.kind, **commitments.of_words(reply))
    return reply


def _mark_bounced(letter: Letter, case: Case) -> None:
    """An answer that did not arrive is none: the case is to be answered again."""
    if letter.bounced_at is not None:
        return
    Letter.objects.filter(pk=letter.pk).update(bounced_at=Now())
    audit.append(case.pk, Event.LETTER_BOUNCED, actor=None, letter=letter.pk)
    is_its_answer = kinds[letter.kind].ends == "answered" and case.answered_at == letter.sent_at
    if case.state == State.CLOSED and is_its_answer:
        Case.objects.filter(pk=case.pk).update(answered_at=None, answered_how="")
        case.answered_at, case.answered_how = None, ""
        move(case, "bounced", None)
