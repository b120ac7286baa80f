"""Refusing a case: for a reason that fits it, that the law behind it carries, and that the person is told."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from privacy import regimes
from privacy.cases import dossiers
from privacy.cases.deciders import must_be_deniable
from privacy.cases.states import move_all, must_be_allowed
from privacy.cases.work import lock_all
from privacy.catalogue import CaseKind, NotAllowed, case_kinds
from privacy.models import Case, Refusal, Staff, State


def deny(*, request_id: UUID, actor: Staff, denial_reason: str) -> Case:
    """`deny_all` for one."""
    return deny_all(request_ids=[request_id], actor=actor, denial_reason=denial_reason)[0]


def deny_all(*, request_ids: Sequence[UUID], actor: Staff, denial_reason: str) -> list[Case]:
    """Refuses them, all or none, for a `Refusal`; the people are still to be told it, and where they may complain (GDPR
    art. 12(4)). Raises NotAllowed, PermissionDenied, and ValueError for what is no reason."""
    reason = Refusal(denial_reason)
    with transaction.atomic():
        cases = lock_all(request_ids)
        must_be_deniable(cases, actor)
        for case in cases:
            must_be_allowed(case, event_of(case), actor)
            must_carry(reason, case)
        Case.objects.filter(pk__in=[case.pk for case in cases]).update(denial_reason=reason)
        for case in cases:
            case.denial_reason = reason
        because = {case.pk: {"because": reason} for case in cases}
        for event in ("refused", "unproved"):
            move_all([case for case in cases if event_of(case) == event], event, actor, because)
    return cases


def event_of(case: Case) -> str:
    return "unproved" if case.state == State.VERIFYING else "refused"


def reasons_for(kind: type[CaseKind]) -> list[Refusal]:
    """Those that fit: of a right what the law knows; of a duty of our own, that the second person does not agree."""
    if not kind.answered_in_writing:
        return [Refusal.NOT_AGREED]
    return [reason for reason in Refusal if reason.ground.is_for(kind.key)]


def offered(case: Case) -> list[Refusal]:
    """Those that carry a refusal of this case now."""
    return [reason for reason in reasons_for(case_kinds[case.kind]) if not _why_not(reason, case)]


def offered_to_all(cases: Sequence[Case]) -> list[Refusal]:
    """Those that fit each of many; nobody is refused for how they ask together with others."""
    kinds = [case_kinds[key] for key in {case.kind for case in cases}]
    fitting = [reason for reason in Refusal if kinds and all(reason in reasons_for(kind) for kind in kinds)]
    return [r for r in fitting if not r.ground.takes_dossier and all(may_rest_on(r, case) for case in cases)]


def must_carry(reason: Refusal, case: Case) -> None:
    """Raises NotAllowed where the reason does not fit the case, or nothing carries it."""
    if reason not in reasons_for(case_kinds[case.kind]):
        raise NotAllowed(f"“{reason.label}” is no reason to refuse this.")
    if why_not := _why_not(reason, case):
        raise NotAllowed(f"“{reason.label}” {why_not}")


def _why_not(reason: Refusal, case: Case) -> str:
    """Why a reason that fits does not carry; empty when it does."""
    if reason.ground.laws and case.regime not in reason.ground.laws:
        return f"is a reason of {' and '.join(map(regimes.name_of, reason.ground.laws))} alone, not of the law here."
    if not may_rest_on(reason, case):
        return "says what a law asks, and no rule for this residence has been verified."
    if reason.ground.takes_dossier and not dossiers.is_confirmed(case):
        return "is ours to prove: it takes a dossier of both sides that a second person has confirmed."
    return ""


def may_rest_on(reason: Refusal, case: Case) -> bool:
    """Whether the law behind the reason is one that somebody has verified: a rule nobody has read is no ground."""
    return not reason.ground.rests_on_law or case.regime != regimes.NONE_VERIFIED
