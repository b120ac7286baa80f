"""What takes two members of staff, in one call."""

from collections.abc import Sequence
from uuid import UUID

from privacy.cases.requests import ask, grant_all
from privacy.models import Case, Staff
from tests import factories as f


def agreed(key: str, *, subject_ids: Sequence[UUID], actor: Staff, by: Staff | None = None, **given) -> list[Case]:
    """Cases of this kind that `actor` asked for and another has decided."""
    opened = ask(key, subject_ids=subject_ids, actor=actor, **given)
    return grant_all(request_ids=[case.id for case in opened], actor=by or f.StaffFactory())
