"""What an open request is about stays as it is until it was answered: staff and files do not change it meanwhile, and
an erasure that was asked for with a copy waits for the copy. The person's own edits, what is put right at their request
and what the law wants go on."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from privacy.models import Case, Job, State

# A copy that is being made, and what is asked to stand still or is argued about (GDPR arts. 15, 18, 21).
COPIES = ("access", "portability", "parental_review")
SHIELDING = (*COPIES, "restriction", "objection")
IS_OPEN = ~Q(state=State.CLOSED)
SHIELDED = "An open request is about what is stored of the person: it stays as it is until that is answered."


def covering(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people about whom a request is open that shields what is stored."""
    found = Case.objects.filter(IS_OPEN, subject__in=subject_ids, kind__in=SHIELDING)
    return set(found.order_by().values_list("subject_id", flat=True))


def copy_first(subject_ids: Collection[UUID]) -> dict[UUID, Case]:
    """{person: the oldest copy that is still owed to them}."""
    found = Case.objects.filter(IS_OPEN, subject__in=subject_ids, kind__in=COPIES)
    return {case.subject_id: case for case in found.order_by("-received_at", "-id")}


def waiting_for_a_copy(subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people of whom work waits until another case of theirs is answered."""
    jobs = Job.objects.filter(subject__in=subject_ids, ended_at=None, case__after__isnull=False)
    return set(jobs.exclude(case__after__state=State.CLOSED).order_by().values_list("subject_id", flat=True))
