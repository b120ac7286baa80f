"""What a member of staff says about other people in the texts of a package; and what they read to say it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from privacy.cases.states import must_have
from privacy.cases.work import lock
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment.redaction.texts import texts_of
from privacy.jobs import record
from privacy.jobs.bells import ring
from privacy.models import Case, CaseJob, Job, Redaction, Staff, Step, StepState
from privacy.selectors.redactions import LOOK, PLACES_SHOWN, undecided, undecided_of, waiting_step

AROUND = 80  # characters of the text before and behind
STALE = "What was found has changed meanwhile, so nothing was decided. Look again."
Decision, Ground = Redaction.Decision, Redaction.Ground


@dataclass(frozen=True)
class Place:
    """A place that waits for a decision, with what stands around it; all three empty for who may not read it."""

    found: Redaction
    before: str = ""
    words: str = ""
    behind: str = ""


def read(*, request_id: UUID, actor: Staff) -> list[Place]:
    """The first places that wait for a decision, in context, after an audit entry that they were shown; without the
    texts, and without an entry, for a member who may not decide."""
    case = Case.objects.get(pk=request_id)
    found = list(undecided_of(case)[:PLACES_SHOWN])
    if not found or not may_confirm(case, actor):
        return [Place(row) for row in found]
    wanted = {(row.label, row.field, row.row, row.text_sha256) for row in found}
    texts = {(*t.place, t.sha256): t.text for t in texts_of(case.subject_id) if (*t.place, t.sha256) in wanted}
    with transaction.atomic():
        audit.append(case.pk, Event.REDACTIONS_SHOWN, actor=actor, rows=len(texts))
    return [in_context(row, texts.get((row.label, row.field, row.row, row.text_sha256), "")) for row in found]


def in_context(found: Redaction, text: str) -> Place:
    start, end = found.start, found.start + found.length
    before, behind = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return Place(
        found, f"…{before}" if start > AROUND else before, text[start:end],
        f"{behind}…" if end + AROUND < len(text) else behind,
    )  # fmt: skip


def confirm(*, request_id: UUID, actor: Staff, shown: Collection[UUID], redact: Collection[UUID]) -> int:
    """Decides about the places `shown`: those of `redact` are left out of the package, and whatever may not be sent by
    law; the others stand in it. How many are left to be decided; with the last one the work goes on.

    Raises NotAllowed when they are not those that wait, and PermissionDenied.
    """
    with transaction.atomic():
        case, job = lock(request_id)
        must_have(actor, case_kinds[case.kind].may.confirm)
        if job is None or (step := waiting_step(job)) is None:
            raise NotAllowed(STALE)
        found = list(undecided(job.case_id).filter(pk__in=shown).select_for_update())
        if not found or len(found) != len(set(shown)):
            raise NotAllowed(STALE)
        left_out = [row for row in found if row.pk in redact or row.ground == Ground.LAW]
        decide(found, Decision.SHOW, actor, but={row.pk for row in left_out})
        decide(left_out, Decision.REDACT, actor)
        counts = {"redacted": len(left_out), "shown": len(found) - len(left_out)}
        audit.append(case.pk, Event.REDACTIONS_CONFIRMED, actor=actor, **counts)
        if left := undecided(job.case_id).count():
            return left
        go_on(job, step, actor)
    return 0


def decide(rows: Sequence[Redaction], decision: str, actor: Staff, but: Collection[UUID] = ()) -> None:
    ids = [row.pk for row in rows if row.pk not in but]
    Redaction.objects.filter(pk__in=ids).update(decision=decision, decided_by=actor, decided_at=Now())


def go_on(job: CaseJob, step: Step, actor: Staff) -> None:
    """The step that looked is finished by this word; one that found the texts changed builds the package now."""
    if step.name == LOOK:
        decided = Redaction.objects.filter(case=job.case_id)
        left_out, shown = (decided.filter(decision=d).count() for d in (Decision.REDACT, Decision.SHOW))
        result = {"redacted": left_out, "shown": shown, "confirmed_by": actor.pk}
        record.attest([(job, step, step.result | result)], actor=actor)
    else:
        Step.objects.filter(pk=step.pk).update(state=StepState.STARTED, problem="", not_before=None)
    Job.objects.filter(pk=job.pk).update(not_before=Now(), parked_because="")
    ring([job])


def may_confirm(case: Case, actor: Staff) -> bool:
    permit = case_kinds[case.kind].may.confirm
    return permit is not None and actor.sees_personal_data and actor.has_perm(permit.name)
