"""What is to be done at processors by a person, and what they need for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from privacy.connectors.base import connectors
from privacy.connectors.recipients import references_of_all
from privacy.datamap import registry
from privacy.models import LegalHold, Processor, Step, StepState

OF_A_PROCESSOR = "processors."  # with what names of steps at processors begin
RECTIFY = "processors.rectify"
# Steps of the jobs in OuterRef("pk") that wait for a processor's answer, or for somebody who asks there.
AWAITING = Step.objects.filter(job=OuterRef("pk"), state=StepState.WAITING, name__startswith=OF_A_PROCESSOR)


@dataclass(frozen=True)
class Console:
    """Where a person erases somebody at a processor, and what to do there. Empty where nobody has said it."""

    key: str
    name: str
    url: str
    instructions: str


def consoles(keys: Collection[str]) -> dict[str, Console]:
    """{processor: its console}, in one query; the inventory is believed before the connector."""
    rows = Processor.objects.in_bulk(list(keys)) if keys else {}
    return {key: _console(key, rows.get(key)) for key in keys}


def _console(key: str, row: Processor | None) -> Console:
    connector = connectors.get(key)
    return Console(
        key,
        connector.name if connector else key,
        (row.console if row else "") or (connector.console if connector else ""),
        (row.instructions if row else "") or (connector.instructions if connector else ""),
    )


def what_to_do(step: Step, console: Console) -> Console:
    """The console with what this step asks for there."""
    connector = connectors.get(step.target) if step.name == RECTIFY else None
    return replace(console, instructions=connector.corrections) if connector else console


def manual_steps() -> QuerySet[Step]:
    """Steps of processors that nothing but a person will finish. Of who is held nothing is asked of anybody."""
    held = LegalHold.objects.filter(subject=OuterRef("job__subject"), released_at__isnull=True)
    return Step.objects.filter(
        ~Exists(held), name__startswith=OF_A_PROCESSOR, state=StepState.WAITING, not_before=None, job__ended_at=None,
        job__stopped_at=None, job__case__isnull=False,
    )  # fmt: skip


def manual_counts() -> dict[str, int]:
    """{processor: steps that a person finishes}, by key."""
    counted = manual_steps().order_by().values_list("target").annotate(n=Count("pk")).order_by("target")
    return dict(counted)


def at(processor: str) -> QuerySet[Step]:
    """Those at one processor, the most urgent first."""
    steps = manual_steps().filter(target=processor).select_related("job__case")
    return steps.order_by("job__due_on", "job__ordered_at", "id")


def serving(purposes: Collection[str], subject_ids: Sequence[UUID]) -> list[str]:
    """Names of the processors that have got something of these people for one of these purposes of `Use`; whoever runs
    our servers stores all, whatever it is for, and is left out."""
    wanted = {
        key
        for declared in registry.declarations.values()
        if {*map(str, declared.purposes())} & {*purposes} or "" in purposes
        for key in declared.recipients
    } - {*registry.STORES_ALL}
    known = references_of_all(subject_ids)
    return sorted(connectors[key].name for key in wanted & known.keys() if known[key])


def can_be_attested(step: Step) -> bool:
    """Whether a person's word finishes it: it waits for one, or has failed by API."""
    failed = step.state == StepState.STARTED and bool(step.problem)
    return step.name.startswith(OF_A_PROCESSOR) and (step.state == StepState.WAITING or failed)


def ids_in(names: Mapping[str, Sequence[str]]) -> list[str]:
    """What of a processor's names for a person is to be looked up there; a day on which something was sent is not."""
    return [value for kind, values in names.items() if not kind.endswith("_on") for value in values]
