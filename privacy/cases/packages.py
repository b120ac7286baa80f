"""Gives access packages, which answers the requests: by links to the people, or to staff who pass one on."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from privacy.cases.requests import answer_all
from privacy.cases.states import must_have
from privacy.cases.work import lock, lock_all
from privacy.catalogue import NotAllowed, case_kinds
from privacy.fulfilment import packages
from privacy.fulfilment.packages import Download
from privacy.models import Answered, Case, Staff, State
from privacy.selectors.packages import answering

NOT_BUILT = "There is no package yet."


def give_link(*, request_id: UUID, actor: Staff) -> str:
    """`give_links` for one."""
    return give_links(request_ids=[request_id], actor=actor)[request_id]


def give_links(*, request_ids: Sequence[UUID], actor: Staff) -> dict[UUID, str]:
    """{case: a new token for its package's download page}, all or none, with as few queries as for one. They are shown
    once; older ones stop working. The requests are answered by them. Raises NotAllowed when a package is not there yet,
    expired or deleted, and PermissionDenied."""
    with transaction.atomic():
        cases = lock_all(request_ids)
        must_all_have(actor, cases)
        package_of = {pk: package.id for pk, package in answering(cases).items()}
        if len(package_of) < len(request_ids) or any(case_kinds[case.kind].answered_in_words for case in cases):
            raise NotAllowed(NOT_BUILT)
        tokens = packages.issue_links(package_ids={*package_of.values()}, actor=actor)
        owed = [case.id for case in cases if case.state == State.ANSWERING]
        answer_all(request_ids=owed, actor=actor, how=Answered.LINK)
    return {pk: tokens[package_id] for pk, package_id in package_of.items()}


def download(*, request_id: UUID, actor: Staff) -> Download:
    """The package for a member of staff; the link of the person stays good, and the request is not answered by it.
    Raises NotAllowed when the package is expired or deleted, or its file is gone, and PermissionDenied."""
    with transaction.atomic():
        case, _ = lock(request_id)
        must_all_have(actor, [case])
        if (package := case.package) is None:
            raise NotAllowed(NOT_BUILT)
        return packages.download(package_id=package.id, actor=actor)


def must_all_have(actor: Staff, cases: Sequence[Case]) -> None:
    for key in sorted({case.kind for case in cases}):
        must_have(actor, case_kinds[key].may.answer)
