"""What there is to be done, as classes and empty registries. It imports nobody; those who know declare."""

from privacy.catalogue.jobs import JobKind, Planned, Standing, StepKind, job_kinds, register

__all__ = ["JobKind", "Planned", "Standing", "StepKind", "job_kinds", "register"]
