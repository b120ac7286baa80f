"""What an erasure writes into the suppression ledger."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from privacy.datamap.scope import Scope
from privacy.evidence import commitments
from privacy.models import CaseJob, Identifier, Suppression, sets
from privacy.selectors.suppression import hashes

# What else a new entry says.
NOT_LIFTED = {"is_exact": True, "lifted_because": ""}


def suppress(jobs: Sequence[CaseJob], identifiers: Sequence[Identifier], scope: Scope) -> dict[UUID, dict[str, Any]]:
    """Writes the keyed hashes of the identifiers that are nobody else's, in the transaction that deletes them.

    Returns {request id: what the audit trail commits to}.
    """
    requests = {job.subject_id: job.case_id for job in jobs}
    now = jobs[0].step.now
    entries = [
        {
            "id": uuid4(),
            "request_id": requests[scope.person(i.subject_id)],
            "created_at": now,
            **NOT_LIFTED,
            **hashes(i),
        }
        for i in identifiers
    ]
    if entries:
        columns = {name: [entry[name] for entry in entries] for name in entries[0]}
        sets.insert(Suppression, columns, ignore_conflicts=True)
    return commitments.of_suppressions_by_request(requests.values())
