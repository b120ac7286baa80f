"""The right to restriction of processing: what is there stays and nothing new is done with it, until it is lifted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from privacy.cases.kinds import register
from privacy.catalogue import Fact, May, Permit, Plainly, Question, Right, Risk, Stage, StepKind, Words
from privacy.datamap import Use
from privacy.duties import limits
from privacy.models import Case, Limit, Verification
from privacy.roles import AGENT, APPROVER, MANAGER, VERIFY
from privacy.selectors.cases import sealed_of

RESTRICT = Permit("restrict_processing", "Can restrict processing at a person's request", (AGENT, APPROVER, MANAGER))
PURPOSE = Question(
    "purpose", "Which processing?", "choice", required=False, help="Empty: all processing.",
    choices=tuple((use.value, use.text) for use in Use if use != Use.LEGAL_OBLIGATION),
)  # fmt: skip


def restrict(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    return {
        case.pk: limits.put_in_force(case, Limit.Ground.RESTRICTION, sealed_of(case).get("purpose", ""))
        for case in cases
    }


@register
class Restriction(Right):
    key, label, icon = "restriction", "Restriction of processing", "pause_circle"
    told_by = "answer_limit"
    plainly = Plainly(
        "A pause in the use of your data", "Have the use of your data paused",
        "We go on storing it and use it for nothing else, such as while a mistake in it is being looked into.",
        "limits",
        reason=Words("Why do you ask for it?", "Such as: something in it is wrong, or you need it for a legal claim."),
        must_say=True, asks={"purpose": Words("Which use? (optional)", "Leave this open to pause every use.")},
    )  # fmt: skip
    cites = ("GDPR art. 18", "GDPR art. 19")
    button, title, submit = "Restrict", "Restrict the processing of {people}", "Restrict it"
    happens = (
        "It is in force as you confirm, once it is sure who asks: this database takes nothing new for it.",
        "What is stored stays, and can be put right and erased. The processors that have got it are asked by a person.",
        "It stays until one member of staff asks to lift it, after the person was told, and another confirms.",
        "Then the person is still to be answered.",
    )
    may = May(
        ask=RESTRICT,
        decide=RESTRICT,
        deny=RESTRICT,
        cancel=RESTRICT,
        retry=RESTRICT,
        answer=RESTRICT,
        attest=RESTRICT,
        verify=VERIFY,
    )
    risk, proof = Risk.LOW, Verification.proofs(Risk.LOW)
    asks = (Right.asks[0], PURPOSE, *Right.asks[1:])
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    takes_effect, plan = restrict, limits.plan_telling
    steps = (
        StepKind("limits.place", "See that it is in force"),
        StepKind("processors.restrict", "Restriction at {target}"),
        StepKind("receipts.issue", "Write the receipt"),
    )
