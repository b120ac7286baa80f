"""What the person does about their case by the link that they were sent: takes it back, or appeals."""

from uuid import UUID, uuid5

from django.db import transaction

from privacy.cases.requests import ask, withdraw
from privacy.cases.work import lock
from privacy.catalogue import NotAllowed
from privacy.models import Case, Verification
from privacy.selectors.cases import APPEAL, sealed_of
from privacy.selectors.following import appeal_against, can_appeal, can_withdraw, case_for


def withdraw_by_the_person(*, case_id: UUID) -> Case:
    """Raises NotAllowed once something was done that cannot be taken back, and for what is not theirs to end."""
    with transaction.atomic():
        case, job = lock(case_id)
        if not (shown := case_for(case_id)) or not can_withdraw(shown):
            raise NotAllowed("It cannot be taken back any more.")
        withdraw(case, job, None)
    return case


def appeal_by_the_person(*, case_id: UUID, words: str) -> Case:
    """Opens the appeal against a case that was denied or granted in part, once; the second time it is the same. Raises
    NotAllowed for any other, and ValueError without words."""
    with transaction.atomic():
        case, _ = lock(case_id)
        if there := appeal_against(case):
            return there
        shown = case_for(case_id)
        if shown is None or not can_appeal(shown):
            raise NotAllowed("There is nothing to appeal.")
        where = sealed_of(case).get("reply_to", "")
        opened = ask(
            APPEAL, subject_ids=[case.subject_id], actor=None, verification=Verification.EMAIL_ROUND_TRIP,
            token=uuid5(case.pk, APPEAL), parent_id=str(case.pk), reason=words, reply_to=where,
        )  # fmt: skip
    if not opened:
        raise NotAllowed("There is nothing to appeal.")
    return opened[0]
