"""Gives an access package, which answers the request: by a link to the person, or to staff who pass it on."""

from uuid import UUID

from django.db import transaction

from privacy.cases.requests import answer
from privacy.cases.states import must_have
from privacy.cases.work import lock
from privacy.catalogue import NotAllowed, case_kinds
from privacy.fulfilment import packages
from privacy.fulfilment.packages import Download
from privacy.models import AccessPackage, Answered, Case, Staff, State


def give_link(*, request_id: UUID, actor: Staff) -> str:
    """A new token for the package's download page, shown once; an older one stops working. The request is answered by
    it. Raises NotAllowed when the package is expired or deleted, and PermissionDenied."""
    with transaction.atomic():
        case, package = _package(request_id, actor)
        token = packages.issue_link(package_id=package.id, actor=actor)
        if case.state == State.ANSWERING:
            answer(request_id=case.id, actor=actor, how=Answered.LINK)
    return token


def download(*, request_id: UUID, actor: Staff) -> Download:
    """The package for a member of staff; the link of the person stays good, and the request is not answered by it.
    Raises NotAllowed when the package is expired or deleted, or its file is gone, and PermissionDenied."""
    with transaction.atomic():
        _, package = _package(request_id, actor)
        return packages.download(package_id=package.id, actor=actor)


def _package(request_id: UUID, actor: Staff) -> tuple[Case, AccessPackage]:
    case, _ = lock(request_id)
    must_have(actor, case_kinds[case.kind].may.answer)
    package = case.package
    if package is None:
        raise NotAllowed("There is no package yet.")
    return case, package
