"""The decisions that a request's page offers: what its state allows and the role permits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from privacy.admin.requests.base import has, page
from privacy.cases import clocks, evidence_packs, work
from privacy.catalogue import Right, case_kinds
from privacy.models import Case, Job, Staff, State, Step
from privacy.selectors import cases


@dataclass(frozen=True)
class Button:
    """A decision that the page offers; `not_because` disables it and says why."""

    label: str
    icon: str
    url: str
    is_dangerous: bool = False
    is_main: bool = False
    not_because: str = ""


def buttons_for(
    user: Staff, row: Case, own: str, job: Job | None, steps: Sequence[Step], *, is_plan_new: bool
) -> list[Button]:
    """The decisions that the state allows and the role permits, the main one first. `own` is why this member does not
    decide about it."""
    return [
        *_to_decide(user, row, own),
        *_to_answer(user, row),
        *_to_go_on(user, row, own, job, is_plan_new=is_plan_new),
        *_of_clocks(user, row),
        *_to_end(user, row, steps),
    ]


def _to_decide(user: Staff, row: Case, own: str) -> Iterator[Button]:
    kind = case_kinds[row.kind]
    if row.state == State.VERIFYING and has(user, kind.may.ask):
        if kind.proof:
            yield Button("Make sure who asks…", "badge", "#who", is_main=True)
        else:
            yield Button("It is sure who asks…", "badge", page("prove", row), is_main=True)
    if row.state == State.DECIDING and kind.decision and has(user, kind.may.decide):
        yield Button(
            kind.decision.button, "verified", "#decide", is_dangerous=kind.decision.is_dangerous,
            is_main=True, not_because=own,
        )  # fmt: skip
    if row.state in (State.VERIFYING, State.DECIDING) and has(user, kind.may.deny):
        yield Button("Deny…", "block", page("deny", row), not_because=cases.not_denied_by(row, own))
    if row.state in (State.VERIFYING, State.DECIDING) and issubclass(kind, Right) and has(user, kind.may.ask):
        yield Button("Dossier…", "balance", page("dossier", row))
    is_unsure = row.state == State.RECEIVED or (row.state == State.VERIFYING and kind.proof)
    if is_unsure and has(user, kind.may.deny):
        yield Button("Set aside…", "folder_off", page("set_aside", row))


def _to_answer(user: Staff, row: Case) -> Iterator[Button]:
    kind = case_kinds[row.kind]
    if row.state == State.ANSWERING and has(user, kind.may.answer):
        yield Button("Write the answer…", "outgoing_mail", page("letter", row), is_main=True)
        yield Button("Say how it was answered…", "mark_email_read", page("answer", row))
    if row.state == State.CLOSED and kind.answered_in_writing and has(user, kind.may.decide) and not row.is_working:
        yield Button("Take up again…", "history", page("reopen", row))
    appeal = case_kinds[cases.APPEAL]
    if row.state == State.CLOSED and kind.answered_in_writing and kind is not appeal and has(user, appeal.may.ask):
        url = reverse("admin:privacy_datasubject_act_on", args=[row.subject_id, appeal.key])
        yield Button("Appeal…", appeal.icon, f"{url}?parent_id={row.pk}")


def _to_go_on(user: Staff, row: Case, own: str, job: Job | None, *, is_plan_new: bool) -> Iterator[Button]:
    may = case_kinds[row.kind].may
    if row.is_confirming and has(user, may.confirm):
        yield Button("Look for other people…", "person_search", page("others", row), is_main=True)
    if job and job.is_open and job.parked_because:
        if is_plan_new:
            if has(user, may.decide):
                yield Button("Approve again…", "verified", page("approve_again", row), is_main=True, not_because=own)
        elif has(user, may.retry):
            yield Button("Try again…", "replay", page("retry", row), is_main=True)


def _of_clocks(user: Staff, row: Case) -> Iterator[Button]:
    """What the laws that count for the case allow."""
    if not row.is_open or not has(user, case_kinds[row.kind].may.answer):
        return
    rules = [clock.rule for clock in row.clocks.all()]
    if not row.acknowledged_at and any(rule.acknowledge for rule in rules):
        yield Button("Acknowledged…", "mark_email_read", page("acknowledge", row))
    if not row.extended_at and any(rule.extend for rule in rules):
        yield Button("Extend…", "more_time", page("extend", row), not_because=clocks.not_to_extend(row))
    if row.is_paused:
        yield Button("Let the clock go on…", "play_circle", page("resume", row))
    elif any(rule.pauses for rule in rules):
        yield Button("Stop the clock…", "pause_circle", page("pause", row))


def _to_end(user: Staff, row: Case, steps: Sequence[Step]) -> Iterator[Button]:
    may = case_kinds[row.kind].may
    if row.is_open and not row.is_stopping and has(user, may.cancel):
        yield Button("Cancel…", "cancel", page("cancel", row), not_because=work.bound_to(row, steps))
    if row.is_open and has(user, may.ask):
        yield Button("Assign…", "person_add", page("assign", row))
    if user.has_perm(evidence_packs.MAY):
        yield Button("Evidence pack…", "folder_zip", page("evidence_pack", row))
