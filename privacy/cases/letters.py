"""Letters about cases: written, approved by a second person where the right takes two, and sent by a job."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from privacy.cases import mailing
from privacy.cases.states import must_have
from privacy.cases.work import lock, lock_all
from privacy.catalogue import NotAllowed, case_kinds
from privacy.catalogue.cases import answered_in_writing
from privacy.evidence import audit, commitments
from privacy.evidence.events import Event
from privacy.fulfilment.letters import facts, rendering
from privacy.fulfilment.letters.addresses import ENGLISH
from privacy.fulfilment.letters.drafting import Wanted, Written, drafted
from privacy.fulfilment.letters.kinds import fitting, kinds
from privacy.fulfilment.reveal import reveal_names
from privacy.models import Case, Job, Lane, Letter, Reply, Staff, State, Step
from privacy.selectors import processors
from privacy.selectors.letters import is_in_doubt

# What a processor is asked, by step; in English, as contracts with them are.
WANTED = {
    "processors.erase": "Please erase everything that you hold of this person on our behalf.",
    processors.RECTIFY: "Please correct what you hold of this person on our behalf; we tell you how on your usual way.",
    processors.RESTRICT: "Please only store what you hold of this person on our behalf, and use it for nothing else.",
    processors.OPT_OUT: "Please leave this person out of what you do on our behalf.",
}
MOST = 500  # letters of one transaction
KEPT_FOR = timedelta(days=90)  # after the case is over: in which the person may still come back to what they were told
CHANGED = "What is recorded has changed since you read it. Read the letter again."


# --- Writing ----------------------------------------------------------------------------------------------------------


def write(
    *, request_id: UUID, actor: Staff, key: str, language: str = "", asked: Mapping[str, str] | None = None,
    to: str = "", shown: str = "",
) -> Letter:  # fmt: skip
    """Writes a letter of this kind, to another address than the one that is known if `to` is given: it goes out, or
    waits for a second person. `shown` is the digest of what the member has read. Raises NotAllowed where it does not
    fit the case or cannot be said, and PermissionDenied."""
    with transaction.atomic():
        case, _ = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        found = facts.of([case])
        if not kinds[key].fits(found[case.pk]):
            raise NotAllowed(f"“{kinds[key].label}” is no letter for this case as it stands.")
        written = drafted({case.pk: (kinds[key], asked or {})}, found, language, to)[case.pk]
        if written.problem:
            raise NotAllowed(written.problem)
        if shown and shown != written.digest:
            raise NotAllowed(CHANGED)
        [letter] = _keep([written], actor)
    return letter


def notify(*, step_id: UUID, actor: Staff, to: str) -> Letter:
    """Writes to a processor what it is to do about the person of an open step, by its own names for them (GDPR art. 19,
    28(3)(e)), which the trail tells as a reveal. Raises NotRevealed and NotAllowed in words for the screen, and
    PermissionDenied."""
    with transaction.atomic():
        names = reveal_names(step_ids=[step_id], actor=actor)[step_id]
        step = Step.objects.select_related("job").get(pk=step_id)
        if step.job.case_id is None:
            raise NotAllowed("Nobody asked for this work.")
        case, _ = lock(step.job.case_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        found = facts.of([case])
        found[case.pk].step = step
        ids = ", ".join(value for values in names.values() for value in values)
        asked = {"ids": ids, "wanted": WANTED.get(step.name, WANTED["processors.erase"])}
        [letter] = _keep([drafted({case.pk: (kinds["notice"], asked)}, found, ENGLISH, to)[case.pk]], actor)
    return letter


def write_all(*, request_ids: Sequence[UUID], actor: Staff) -> tuple[list[Letter], dict[UUID, str]]:
    """Writes to each the letter that answers it, in the person's language: (the letters, {case: why there is none}).
    Raises PermissionDenied."""
    letters: list[Letter] = []
    without: dict[UUID, str] = {}
    for start in range(0, len(request_ids), MOST):
        with transaction.atomic():
            cases = lock_all(request_ids[start : start + MOST])
            for key in sorted({case.kind for case in cases}):
                must_have(actor, case_kinds[key].may.answer)
            written, refused = _answers_to(cases)
            without |= refused
            letters += _keep(written, actor, lane=Lane.BULK)
    return letters, without


def why_none(cases: Sequence[Case]) -> dict[UUID, str]:
    """{case: why no letter answers it now}, of those of which it is so."""
    return _answers_to(cases)[1]


def _answers_to(cases: Sequence[Case]) -> tuple[list[Written], dict[UUID, str]]:
    found = facts.of(cases)
    answers = {
        pk: next((kind for kind in fitting(of_one) if kind.ends == "answered"), None) for pk, of_one in found.items()
    }
    wanted: Wanted = {pk: (kind, {}) for pk, kind in answers.items() if kind}
    written = drafted(wanted, found)
    without = {pk: "It is not to be answered now." for pk in answers if pk not in wanted}
    without |= {pk: one.problem for pk, one in written.items() if one.problem}
    return [one for one in written.values() if not one.problem], without


def _keep(written: Sequence[Written], actor: Staff | None, *, lane: Lane = Lane.PROMPT) -> list[Letter]:
    """Their rows and entries; those that need nobody else are ordered. Raises NotAllowed for one that has a problem or
    is written already."""
    for one in written:
        if one.problem or one.draft is None:
            raise NotAllowed(one.problem)
    open_ones = Letter.objects.filter(state__in=Letter.OPEN, case__in=[one.facts.case.pk for one in written])
    there = set(open_ones.values_list("case", "kind", "step"))
    if any((one.facts.case.pk, one.kind.key, one.facts.step and one.facts.step.pk) in there for one in written):
        raise NotAllowed("Such a letter is about to be sent already.")
    letters = [_row(one, actor) for one in written]
    Letter.objects.bulk_create(letters)
    links = [(x.case_id, {"letter_kind": x.kind, **commitments.of_words(x)}) for x in letters]
    if links:
        audit.append_many(links, Event.LETTER_PREPARED, actor=actor)
    mailing.order([letter for letter in letters if letter.state == Letter.State.ORDERED], lane)
    return letters


def _row(written: Written, actor: Staff | None) -> Letter:
    draft, case = written.draft, written.facts.case
    if draft is None:
        raise NotAllowed(written.problem)
    sealed, salt, digest = rendering.sealed(draft, written.to, written.asked)
    waits = written.kind.deciders(written.facts) > 1
    return Letter(
        case=case, kind=written.kind.key, language=written.language, step=written.facts.step,
        way=Letter.Way.EMAIL if written.is_email else Letter.Way.POST, wording=written.wording.wording,
        claims=draft.claims, sealed=sealed, salt=salt, sha256=digest, prepared_by=actor, made_at=datetime.now(UTC),
        state=Letter.State.PREPARED if waits or not written.is_email else Letter.State.ORDERED,
    )  # fmt: skip


# --- What becomes of one ----------------------------------------------------------------------------------------------


def approve(*, letter_id: UUID, actor: Staff) -> Letter:
    """A second person has read it, and it goes out. Raises NotAllowed for who wrote it, for what has changed since, and
    for one that waits for nobody; PermissionDenied."""
    with transaction.atomic():
        letter, case = locked(letter_id)
        may = case_kinds[case.kind].may
        must_have(actor, may.decide or may.answer)
        if letter.state != Letter.State.PREPARED or kinds[letter.kind].deciders(facts.of_one(case)) < 2:
            raise NotAllowed("It waits for nobody’s approval.")
        if letter.prepared_by_id == actor.pk:
            raise NotAllowed("You wrote it; another person has to approve it.")
        if letter.approved_by_id:
            raise NotAllowed("It was approved already.")
        if mailing.differences(letter, case):
            raise NotAllowed(f"{CHANGED} Withdraw it, and write it anew.")
        letter.approved_by = actor
        by_mail = letter.way == Letter.Way.EMAIL
        letter.state = Letter.State.ORDERED if by_mail else letter.state
        Letter.objects.filter(pk=letter.pk).update(approved_by=actor, approved_at=Now(), state=letter.state)
        audit.append(case.pk, Event.LETTER_APPROVED, actor=actor, letter=letter.pk)
        mailing.order([letter] if by_mail else [])
    return letter


def withdraw(*, letter_id: UUID, actor: Staff) -> Letter:
    """It does not go out. Raises NotAllowed once it may have, and PermissionDenied."""
    with transaction.atomic():
        letter, case = locked(letter_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        if not letter.is_open or is_in_doubt(letter):
            raise NotAllowed("It has gone out, or may have.")
        mailing.put(letter, Letter.State.WITHDRAWN)
        mailing.stop(letter)
        audit.append(case.pk, Event.LETTER_WITHDRAWN, actor=actor, letter=letter.pk)
    return letter


def posted(*, letter_id: UUID, actor: Staff) -> Letter:
    """One on paper was put into the post. Raises NotAllowed for one that is not on paper, not approved, or whose
    sentences are not so any more; PermissionDenied."""
    with transaction.atomic():
        letter, case = locked(letter_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        if letter.way != Letter.Way.POST or letter.state != Letter.State.PREPARED:
            raise NotAllowed("It is no letter on paper that waits to be posted.")
        if kinds[letter.kind].deciders(facts.of_one(case)) > 1 and not letter.approved_by_id:
            raise NotAllowed("A second person has to approve it first.")
        if mailing.differences(letter, case):
            raise NotAllowed(f"{CHANGED} Withdraw it, and write it anew.")
        mailing.note_sent(letter, case, actor)
    return letter


def say_whether_sent(*, letter_id: UUID, actor: Staff, has_gone_out: bool) -> Letter:
    """Of one that may have gone out, because a worker died or the server fell silent just then: a person has looked. It
    is sent anew only on their word. Raises NotAllowed for another, and PermissionDenied."""
    with transaction.atomic():
        letter, case = locked(letter_id)
        must_have(actor, case_kinds[case.kind].may.answer)
        if not letter.is_open or not is_in_doubt(letter):
            raise NotAllowed("There is no doubt about this letter.")
        if has_gone_out:
            mailing.stop(letter)
            mailing.note_sent(letter, case, actor)
        else:
            mailing.try_again(letter)
            audit.append(case.pk, Event.LETTER_TRIED_AGAIN, actor=actor, letter=letter.pk)
    return letter


def locked(letter_id: UUID) -> tuple[Letter, Case]:
    """The letter and its case, after the letter's job, if it has one. Raises NotAllowed."""
    list(Job.objects.select_for_update().filter(pk=letter_id).values_list("pk"))
    of_case = Letter.objects.filter(pk=letter_id).values_list("case", flat=True).first()
    if of_case is None:
        raise NotAllowed("There is no such letter.")
    case = Case.objects.select_for_update().select_related("subject").get(pk=of_case)
    return Letter.objects.select_for_update().get(pk=letter_id), case


def read_reply(*, reply_id: UUID, actor: Staff) -> Reply:
    """Somebody has read what came in. Raises NotAllowed and PermissionDenied."""
    with transaction.atomic():
        of_case = Reply.objects.filter(pk=reply_id).values_list("case", flat=True).first()
        if of_case is None:
            raise NotAllowed("There is no such mail.")
        case, _ = lock(of_case)
        must_have(actor, case_kinds[case.kind].may.answer)
        reply = Reply.objects.select_for_update().get(pk=reply_id)
        if reply.read_at is None:
            Reply.objects.filter(pk=reply.pk).update(read_by=actor, read_at=Now())
            audit.append(case.pk, Event.REPLY_READ, actor=actor, reply=reply.pk)
    return reply


# --- By themselves ----------------------------------------------------------------------------------------------------


def acknowledge_due(most: int = MOST) -> int:
    """Tells people that their cases have come in, where it was not said yet and mail goes out; returns how many. What a
    letter cannot be written to is left to staff, whose list says so."""
    if not settings.EMAIL_URL:
        return 0
    with transaction.atomic():
        written = Letter.objects.filter(case=OuterRef("pk"), kind__in=("acknowledgement", "complaint_receipt"))
        new = Case.objects.filter(
            ~Exists(written), ~Q(state=State.CLOSED), kind__in=answered_in_writing(), acknowledged_at=None,
            silent=False,
            received_at__gte=Now() - timedelta(days=30),
        )  # fmt: skip
        cases = list(
            new.select_for_update(of=("self",), skip_locked=True)
            .select_related("subject")
            .order_by("received_at")[:most]
        )
        found = facts.of(cases)
        receipts = {pk: next((k for k in fitting(one) if k.ends == "acknowledged"), None) for pk, one in found.items()}
        wanted: Wanted = {pk: (kind, {}) for pk, kind in receipts.items() if kind}
        sayable = [one for one in drafted(wanted, found).values() if not one.problem and one.is_email]
        return len(_keep(sayable, None, lane=Lane.BULK))


def forget_due() -> int:
    """Empties what letters and replies keep sealed, of cases that are over for long enough; returns how many."""
    over = Case.objects.filter(state=State.CLOSED, closed_at__lt=Now() - KEPT_FOR)
    over = over.exclude(
        Exists(Job.objects.filter(Q(case=OuterRef("pk")) | Q(joined_cases=OuterRef("pk")), ended_at=None))
    )
    rows: Iterable[int] = (
        Letter.objects.filter(case__in=over).exclude(sealed="").update(sealed="", salt=""),
        Reply.objects.filter(case__in=over).exclude(sealed="").update(sealed=""),
    )
    return sum(rows)
