"""How a declaration of a right or duty becomes known: to the catalogue, and as a kind of job to the engine."""

from privacy.cases.work import follow
from privacy.catalogue import CaseKind, JobKind, case_kinds
from privacy.catalogue import register as register_job


def register(kind: type[CaseKind]) -> type[CaseKind]:
    """Class decorator, like admin.register."""
    case_kinds[kind.key] = kind
    register_job(
        JobKind(kind.key, steps=kind.steps, plan=kind.plan, set_size=kind.set_size, stops=kind.stops, follow=follow)
    )
    return kind
