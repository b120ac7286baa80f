"""Taking closed cases up again: to be decided anew, for a reason that stands among the comments."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from privacy.cases import comments, dossiers
from privacy.cases.requests import in_effect
from privacy.cases.states import move, move_all
from privacy.cases.work import locked_with_work, once_more_if_overtaken, set_going
from privacy.catalogue import NotAllowed
from privacy.models import Case, Staff, State

MOST = 100  # at once


@once_more_if_overtaken
def reopen(*, request_id: UUID, actor: Staff, why: str) -> Case:
    """Takes a closed case up again, such as a package that expired before it was fetched. What was decided is void: who
    approved, why it was refused, and the dossier that a refusal rested on; a case of two is decided by another than who
    asked, like the first time. Raises NotAllowed, PermissionDenied, and ValueError in words for the screen."""
    with transaction.atomic():
        case, kind, running = locked_with_work(request_id)
        if not kind.answered_in_writing:
            raise NotAllowed("Only what somebody asked for is taken up again.")
        move(case, "reopened", actor)
        comments.write(case, actor, why)
        dossiers.withdraw(case)
        Case.objects.filter(pk=case.pk).update(approved_by=None, approved_at=None, denial_reason="")
        case.approved_by = case.approved_at = None
        if kind.deciders == 1 and case.state == State.DECIDING:
            move_all([case], "granted", None, in_effect(kind, [case]))
            set_going([case], running)
    return case


def reopen_all(*, request_ids: Sequence[UUID], actor: Staff, why: str) -> list[Case]:
    """`reopen` for MOST at most, all or none."""
    if len(request_ids) > MOST:
        raise ValueError(f"At most {MOST} at once.")
    with transaction.atomic():
        return [reopen(request_id=request_id, actor=actor, why=why) for request_id in sorted(request_ids)]
