"""Tells recipients of what was put right, is restricted (GDPR art. 19) or opted out of: a person does there what the
case says, and attests it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from privacy.catalogue import Planned
from privacy.connectors.base import connectors
from privacy.connectors.recipients import references_of_all
from privacy.jobs.handlers import remote
from privacy.jobs.outcomes import Failed, Outcome, Waiting
from privacy.models import Job, Step
from privacy.selectors.processors import OPT_OUT, RECTIFY, RESTRICT

WHAT = {
    RECTIFY: "put it right there",
    RESTRICT: "have it used for nothing but storage there",
    OPT_OUT: "have the person left out there",
}


def steps_at(name: str, recipients: Collection[str], subject_id: UUID) -> list[Planned]:
    """A step for each of these that knows the person. Of a copy that nobody edits, such as a backup, nobody asks."""
    known = references_of_all([subject_id])
    told = [key for key in sorted(recipients) if key in connectors and connectors[key].mode != "expiry"]
    return [Planned(name, key) for key in told if subject_id in known[key]]


def tell(job: Job, step: Step, *_: Any) -> Outcome:
    """No processor is written to by API for this yet."""
    connector = connectors.get(step.target)
    if connector is None:
        return Failed(f"No connector for {step.target} any more")
    return Waiting(f"{connector.name}: {WHAT[step.name]}, then attest it here")


for name in WHAT:
    remote(name, known=tell)(tell)
