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
    Plainly,
    Question,
    Right,
    Risk,
    Stage,
    Words,
    case_kinds,
)
from privacy.catalogue.jobs import JobKind, Planned, Standing, StepKind, job_kinds, register

__all__ = [
    "CaseKind", "Decision", "Duty", "Fact", "Inquiry", "JobKind", "May", "NotAllowed", "Permit", "Plainly", "Planned",
    "Question", "Right", "Risk", "Stage", "Standing", "StepKind", "Words", "case_kinds", "job_kinds", "register",
]  # fmt: skip
