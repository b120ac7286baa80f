"""Who may not decide about a case, and what nobody may decide."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied

from privacy.catalogue import NotAllowed
from privacy.models import Case, Staff
from privacy.selectors.cases import not_by, not_denied_by, undeniable


def must_be_another(case: Case, actor: Staff) -> None:
    """Raises PermissionDenied for who has had to do with it."""
    if because := not_by(case, actor):
        raise PermissionDenied(because)


def must_be_deniable(cases: Sequence[Case], actor: Staff) -> None:
    """Raises NotAllowed where the law lets nobody decide against one of them, and PermissionDenied for who has had to
    do with what is appealed."""
    for case in cases:
        if because := undeniable(case):
            raise NotAllowed(because)
        if because := not_denied_by(case, not_by(case, actor)):
            raise PermissionDenied(because)
