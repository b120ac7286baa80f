"""What is to be done at processors by a person, and what they need for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Exists, Model, OuterRef, QuerySet

from privacy.connectors.base import connectors
from privacy.datamap import Use, registry
from privacy.models import LegalHold, Processor, Step, StepState

OF_A_PROCESSOR = "processors."  # with what names of steps at processors begin
RECTIFY, RESTRICT, OPT_OUT = "processors.rectify", "processors.restrict", "processors.opt_out"
# For these a processor does nothing but with what it is sent, which ends here.
ONLY_WHEN_SENT = frozenset({Use.MARKETING, Use.AI})
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
    return {key: console(key, rows.get(key)) for key in keys}


def console(key: str, row: Processor | None) -> Console:
    connector = connectors.get(key)
    return Console(
        key,
        connector.name if connector else key,
        (row.console if row else "") or (connector.console if connector else ""),
        (row.instructions if row else "") or (connector.instructions if connector else ""),
    )


def what_to_do(step: Step, console: Console) -> Console:
    """The console with what this step asks for there."""
    words = words_for(step)
    return replace(console, instructions=words) if words else console


def words_for(step: Step) -> str:
    """What is to be done there where it is not to erase; empty where it is."""
    connector = connectors.get(step.target)
    if connector is None:
        return ""
    words = {RECTIFY: connector.corrections, RESTRICT: connector.restrictions, OPT_OUT: connector.opt_outs}
    return words.get(step.name, "")


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


def going_on_with(purposes: Collection[str], models: Collection[type[Model]] = ()) -> set[str]:
    """Processors that have got something for these purposes of `Use`, or rows of these models, and go on with it by
    themselves. Whoever runs our servers does nothing by themselves."""
    wanted = {*purposes} - ONLY_WHEN_SENT
    having = [
        declared
        for model, declared in registry.declarations.items()
        if wanted.intersection(declared.purposes()) or model in models
    ]
    told = {key for declared in having for key in declared.recipients if not declared.evidence}
    return told - {*registry.STORES_ALL}


def can_be_attested(step: Step) -> bool:
    """Whether a person's word finishes it: it waits for one, or has failed by API."""
    failed = step.state == StepState.STARTED and bool(step.problem)
    return step.name.startswith(OF_A_PROCESSOR) and (step.state == StepState.WAITING or failed)


def ids_in(names: Mapping[str, Sequence[str]]) -> list[str]:
    """What of a processor's names for a person is to be looked up there; a day on which something was sent is not."""
    return [value for kind, values in names.items() if not kind.endswith("_on") for value in values]
