"""Tells each processor to erase, and what each calls the person to whoever does something there by hand."""

from collections.abc import Callable

from privacy.connectors.base import Call, connectors
from privacy.connectors.recipients import references_of_all
from privacy.evidence.sealing import unseal
from privacy.jobs.handlers import remote
from privacy.jobs.outcomes import Done, Failed, Outcome
from privacy.models import CaseJob, Job, Step

NOT_KNOWN = {"outcome": "the processor does not know this person"}


def answer_without_a_call(job: Job, step: Step) -> Outcome | None:
    """Where the processor does not know the person, a person has to ask, or what it has goes by a stated day."""
    known = names_at(step)
    if not any(known.values()):
        return Done(NOT_KNOWN)
    connector = connectors.get(step.target)
    if connector is None:
        return Failed(f"No connector for {step.target} any more")
    if connector.mode == "API":
        return None
    return connector.erase(Call(known, step.key, no_lease, step.result))


def names_at(step: Step) -> dict[str, list[str]]:
    """The processor's names for the person; those that this worker has just sealed are not unsealed again."""
    return unseal(step.sealed) if step.names is None else step.names


def seal_names(job: CaseJob, step_name: str) -> None:
    """Seals what each processor calls the person into the open steps of this name, for whoever does them."""
    known = references_of_all([job.subject_id])
    for step in job.open_steps:
        if step.name == step_name:
            step.names = known.get(step.target, {}).get(job.subject_id, {})
            job.changed_steps.append(step)


def no_lease() -> None:
    """Where no call is made there is nothing to renew."""


@remote("processors.erase", known=answer_without_a_call)
def erase_at_processor(job: Job, step: Step, renew: Callable[..., None]) -> Outcome:
    """Calls the step's connector with the sealed references."""
    return connectors[step.target].erase(Call(names_at(step), step.key, renew, step.result))
