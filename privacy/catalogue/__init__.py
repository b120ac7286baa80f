"""What there is to be done, as classes and empty registries. It imports nobody; those who know declare."""

from privacy.catalogue.cases import (
    CaseKind,
    Decision,
    Duty,
    Fact,
    Inquiry,
    May,
    NotAllowed,
    Permit,
    Question,
    Right,
    Risk,
    Stage,
    case_kinds,
)
from privacy.catalogue.jobs import JobKind, Planned, Standing, StepKind, job_kinds, register

__all__ = [
    "CaseKind", "Decision", "Duty", "Fact", "Inquiry", "JobKind", "May", "Permit", "Planned", "Question",
    "NotAllowed", "Right", "Risk", "Stage", "Standing", "StepKind", "case_kinds", "job_kinds", "register",
]  # fmt: skip
