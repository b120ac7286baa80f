"""Where a case may go from where it stands: `move` is the one function that changes a state."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet

from privacy import roles
from privacy.catalogue import CaseKind, Duty, NotAllowed, Permit, Right, case_kinds
from privacy.evidence import audit
from privacy.evidence.events import OF_MOVE
from privacy.fulfilment import identity_checks
from privacy.jobs import order
from privacy.models import Case, Job, Outcome, Staff, State, Verification

S = State
MOVES: dict[tuple[str, str], str] = {
    (S.RECEIVED, "matched"): S.VERIFYING,
    (S.VERIFYING, "proved"): S.DECIDING,
    (S.VERIFYING, "unproved"): S.ANSWERING,
    (S.DECIDING, "granted"): S.FULFILLING,
    (S.DECIDING, "refused"): S.ANSWERING,
    (S.FULFILLING, "job_ended"): S.ANSWERING,
    (S.FULFILLING, "due_soon"): S.ANSWERING,  # answer what is so; the job goes on
    (S.ANSWERING, "answered"): S.CLOSED,
    (S.ANSWERING, "job_ended"): S.ANSWERING,
    (S.CLOSED, "job_ended"): S.ANSWERING,  # the owed second letter
    (S.CLOSED, "reopened"): S.DECIDING,
    (S.CLOSED, "bounced"): S.ANSWERING,  # the answer did not reach the person
    **{(state, "withdrawn"): S.CLOSED for state in S if state != S.CLOSED},
    **{
        (state, event): S.CLOSED
        for state in (S.RECEIVED, S.VERIFYING)
        for event in ("duplicate", "not_a_request", "expired")
    },
    (S.VERIFYING, "lapsed"): S.CLOSED,  # by itself: nobody proved it in time
}
# The permission of `May` that an event takes when a member of staff brings it about; the others are the engine's.
TAKES = {
    "proved": "ask", "unproved": "deny", "granted": "decide", "refused": "deny", "answered": "answer",
    "reopened": "decide", "withdrawn": "cancel", "duplicate": "deny", "not_a_request": "deny", "expired": "deny",
    "lapsed": "deny",
}  # fmt: skip
# What an event makes of the case; what is not named leaves it as it is.
OUTCOMES = {
    "unproved": Outcome.DENIED,
    "refused": Outcome.DENIED,
    "job_ended": Outcome.FULFILLED,
    "due_soon": Outcome.PARTLY,
    "reopened": "",
    "withdrawn": Outcome.WITHDRAWN,
    "duplicate": Outcome.DUPLICATE,
    "not_a_request": Outcome.NOT_A_REQUEST,
    "expired": Outcome.EXPIRED,
    "lapsed": Outcome.EXPIRED,
}


def move(case: Case, event: str, actor: Staff | None, **facts: Any) -> None:
    """Moves the case, whose row the caller has locked, by what has happened, and appends the audit entry.

    `facts` are counts, ids and names of rules for the entry. Raises NotAllowed, and PermissionDenied by the kind's
    `may`.
    """
    move_all([case], event, actor, {case.pk: facts})


def move_all(
    cases: Sequence[Case], event: str, actor: Staff | None, facts: Mapping[UUID, dict[str, Any]] | None = None
) -> None:
    """`move` for many with the same few queries; `facts` by the case's id. Raises like it, and then moves none."""
    if not cases:
        return
    to = {case.pk: destination(case, event) for case in cases}
    for case in cases:
        must_be_allowed(case, event, actor)
    links = [
        (c.pk, {"before": c.state, "after": to[c.pk], "outcome": OUTCOMES.get(event, c.outcome)}
         | (facts or {}).get(c.pk, {}))
        for c in cases
    ]  # fmt: skip
    were_unsure = [case.pk for case in cases if case.state in (S.RECEIVED, S.VERIFYING)]
    for state in sorted(set(to.values())):
        _write([case for case in cases if to[case.pk] == state], state, event)
    audit.append_many(links, OF_MOVE[event], actor=actor)
    if were_unsure:
        identity_checks.over(were_unsure)


def destination(case: Case, event: str) -> str:
    """Where the event leads. A duty is answered to nobody, so what would be answered is closed; what was refused before
    it was sure who asks begins there again. Raises NotAllowed."""
    to = MOVES.get((case.state, event))
    if event == "reopened" and not case.verification:
        to = to and S.VERIFYING
    if to is None:
        raise NotAllowed(f"A case that is {case.get_state_display().lower()} cannot be {event.replace('_', ' ')}.")
    is_answered = case_kinds[case.kind].answered_in_writing
    return S.CLOSED if to == S.ANSWERING and not is_answered else to


def must_be_allowed(case: Case, event: str, actor: Staff | None) -> None:
    if actor is not None and event in TAKES:
        must_have(actor, getattr(case_kinds[case.kind].may, TAKES[event]))


# How people prove by themselves who they are.
BY_THEMSELVES = frozenset({Verification.EMAIL_ROUND_TRIP})


def must_be_able_to_ask(kind: type[CaseKind], actor: Staff | None, verification: str = "") -> None:
    """Staff ask by the kind's `may`. People ask by themselves for the rights that are taken without proof, and for what
    is not when they have proved who they are, in a way that the kind accepts. Raises PermissionDenied."""
    if actor:
        must_have(actor, kind.may.ask)
    elif not may_ask_alone(kind, verification):
        raise PermissionDenied("Somebody has to make sure who asks.")


def may_ask_alone(kind: type[CaseKind], verification: str) -> bool:
    if issubclass(kind, Right) and not kind.proof:
        return True
    accepted = kind.proof if issubclass(kind, Right) else BY_THEMSELVES
    return not issubclass(kind, Duty) and verification in BY_THEMSELVES.intersection(accepted)


def must_have(actor: Staff, permit: Permit | None) -> None:
    """Raises PermissionDenied, also where nobody may."""
    if permit is None:
        raise PermissionDenied("Nobody may do this.")
    roles.must_have(actor, permit.name)


def _write(cases: Sequence[Case], to: str, event: str) -> None:
    columns: dict[str, Any] = {"state": to, "closed_at": datetime.now(UTC) if to == S.CLOSED else None}
    if event in OUTCOMES:
        columns["outcome"] = OUTCOMES[event]
    for case in cases:
        for name, value in columns.items():
            setattr(case, name, value)
    rows = Case.objects.filter(pk__in=[case.pk for case in cases])
    rows.update(**columns)
    if to == S.CLOSED:
        _forget(rows, cases)
        transaction.on_commit(partial(wake_what_comes_after, [case.pk for case in cases]))


def wake_what_comes_after(case_ids: Sequence[UUID]) -> None:
    """Lets work go on that waited for these cases; in a transaction of its own, because jobs are locked before
    cases."""
    waiting = Job.objects.filter(case__after__in=case_ids, ended_at=None)
    if waiting.exists():
        with transaction.atomic():
            order.wake(waiting)


def _forget(rows: QuerySet[Case], cases: Sequence[Case]) -> None:
    """Empties what was kept sealed to carry out and to answer, of those of which nothing is owed any more."""
    if not any(case.sealed for case in cases):
        return
    ids = [case.pk for case in cases]
    owing = Job.objects.filter(Q(case__in=ids) | Q(joined_cases__in=ids), ended_at=None)
    owed = {pk for pair in owing.values_list("case_id", "joined_cases") for pk in pair if pk}
    owed -= {case.pk for case in cases if case.outcome in Outcome.nothing_done()}
    rows.exclude(pk__in=owed).update(sealed="")
    for case in cases:
        case.sealed = case.sealed if case.pk in owed else ""
