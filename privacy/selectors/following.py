"""A case as the person follows it by the link that they were sent: where it stands, and what they can still do."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from privacy.catalogue import case_kinds
from privacy.catalogue.cases import answered_in_writing
from privacy.evidence import sealing
from privacy.evidence.keys import MissingKey
from privacy.models import Case, Job, Outcome, State
from privacy.selectors.cases import APPEAL, owes, with_work

APPEALABLE = (Outcome.DENIED, Outcome.PARTLY)
UNDER_WAY = (State.RECEIVED, State.VERIFYING, State.DECIDING, State.FULFILLING)


class Standing(StrEnum):
    """Where it stands, for the person: neither whom of us it waits for, nor what stops it, such as a hold."""

    VERIFYING = "verifying"
    ASKED = "asked"  # the person was asked what they mean
    DECIDING = "deciding"
    GRACE = "grace"
    FULFILLING = "fulfilling"
    ANSWERING = "answering"
    DONE = "done"
    PARTLY = "partly"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


OF_STATE = {
    State.RECEIVED: Standing.VERIFYING, State.VERIFYING: Standing.VERIFYING, State.DECIDING: Standing.DECIDING,
    State.FULFILLING: Standing.FULFILLING, State.ANSWERING: Standing.ANSWERING,
}  # fmt: skip
OF_OUTCOME = {
    Outcome.FULFILLED: Standing.DONE, Outcome.PARTLY: Standing.PARTLY, Outcome.DENIED: Standing.DENIED,
    Outcome.WITHDRAWN: Standing.WITHDRAWN,
}  # fmt: skip


def case_for(case_id: UUID | None) -> Case | None:
    """The case `with_work` whose page this is; None where there is none for the person to read, such as of a duty of
    ours, or where they must not learn of it."""
    if case_id is None:
        return None
    found = Case.objects.filter(pk=case_id, kind__in=answered_in_writing(), silent=False)
    return with_work(found.select_related("subject")).first()


def standing_of(case: Case) -> Standing:
    if not case.is_open:
        return OF_OUTCOME.get(Outcome(case.outcome), Standing.CLOSED)
    if case.is_paused:  # type: ignore[attr-defined]  # this and the others are annotated by with_work
        return Standing.ASKED
    if case.is_in_grace and begins_at(case):  # type: ignore[attr-defined]
        return Standing.GRACE
    return OF_STATE[State(case.state)]


def begins_at(case: Case) -> datetime | None:
    """When the days are over in which it is not begun."""
    waiting = Job.objects.filter(case.works, ended_at=None, not_before__isnull=False)
    is_waiting = case_kinds[case.kind].has_grace and case.state == State.FULFILLING
    return waiting.values_list("not_before", flat=True).first() if is_waiting else None


def can_withdraw(case: Case) -> bool:
    """Whether there is still something to be taken back; what is in effect is not (cases.work.bound_to)."""
    kind = case_kinds[case.kind]
    is_in_effect = kind.takes_effect and case.state == State.FULFILLING
    return bool(kind.may.cancel) and case.state in UNDER_WAY and not is_in_effect and not case.is_stopping  # type: ignore[attr-defined]


def can_appeal(case: Case) -> bool:
    """Once, against what was not granted, or not in full."""
    kind = case_kinds[case.kind]
    is_over = case.state == State.CLOSED and case.outcome in APPEALABLE
    return is_over and kind.key != APPEAL and not kind.is_report and not appeal_against(case)


def appeal_against(case: Case) -> Case | None:
    return Case.objects.filter(kind=APPEAL, parent=case).order_by("received_at").first()


def is_owing(case: Case) -> bool:
    """Whether the person is owed a second letter, because others have not finished yet."""
    return Case.objects.filter(owes(), pk=case.pk).exists()


def told(case: Case) -> str:
    """What the person was answered in words; empty where nothing was, or where it cannot be opened."""
    try:
        return sealing.unseal(case.answer).get("answer", [""])[0]
    except MissingKey:
        return ""
