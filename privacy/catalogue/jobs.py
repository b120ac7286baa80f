"""Kinds of durable work. The engine sees these and no law: what stops a job is asked of its kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class Standing(StrEnum):
    """Where a job stands when its worker lets go of it."""

    RUNNING = "running"
    WAITING = "waiting"  # nothing but answers from outside is awaited
    STOPPED = "stopped"  # by what its kind asks about
    PARKED = "parked"  # a person has to look
    CANCELLED = "cancelled"
    ENDED = "ended"


@dataclass(frozen=True)
class StepKind:
    """`name` finds the handler; `label` is what staff read, with {target} for the model or processor. What a final
    step has done cannot be taken back."""

    name: str
    label: str
    is_final: bool = False


@dataclass(frozen=True)
class Planned:
    """A step of one job's plan, before it has a row: `units` are rows or files, `target` a model's label or a
    processor's key."""

    name: str
    target: str = ""
    units: int = 0


def nothing_stops(subject_ids: Sequence[UUID | None]) -> set[UUID]:
    return set()


def nobody_follows(standings: Mapping[Standing, Sequence[Any]]) -> None:
    """For work that nobody but the engine keeps an account of."""


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    plan: {job: its steps}, asked when jobs are ordered, and again when one is woken of which nothing is done yet;
        without it each of `steps` once.
    set_size: how many that stand at the same step a worker takes at once, at most.
    stops: of these people, the ids of those for whom no step may be taken now.
    follow: hears in settle's transaction where jobs stand, {standing: jobs}; the jobs' rows are locked.
    """

    key: str
    steps: tuple[StepKind, ...]
    plan: Callable[[Sequence[Any]], Mapping[Any, Sequence[Planned]]] | None = None
    set_size: int = 1
    stops: Callable[[Sequence[UUID]], set[UUID]] = nothing_stops
    follow: Callable[[Mapping[Standing, Sequence[Any]]], None] = nobody_follows

    def plan_for(self, jobs: Sequence[Any]) -> Mapping[Any, Sequence[Planned]]:
        return (
            self.plan(jobs)
            if self.plan
            else {job: [Planned(step.name, units=1) for step in self.steps] for job in jobs}
        )


job_kinds: dict[str, JobKind] = {}


def register(kind: JobKind) -> JobKind:
    job_kinds[kind.key] = kind
    return kind
