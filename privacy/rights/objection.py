"""The right to object: processing for the purpose stops at once, and whoever would go on has to show why. An objection
to marketing is absolute: nobody decides against it (GDPR art. 21(3))."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from privacy.cases.kinds import register
from privacy.catalogue import Fact, May, Permit, Plainly, Question, Right, Risk, Stage, StepKind, Words
from privacy.datamap import LawfulBasis, Use, registry
from privacy.duties import limits
from privacy.models import Case, Limit, Verification
from privacy.roles import AGENT, APPROVER, MANAGER, VERIFY
from privacy.selectors.cases import sealed_of

OBJECT = Permit("object_processing", "Can take in a person's objection", (AGENT, APPROVER, MANAGER))


def can_be_objected_to(subject_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """Marketing, and what rests on legitimate interests (art. 21(1)): (purpose, words)."""
    bases = [purposes for declared in registry.declarations.values() for purposes in declared.purposes().items()]
    uses = {use for use, basis in bases if basis == LawfulBasis.LEGITIMATE_INTERESTS} | {Use.MARKETING}
    return [(use.value, use.text) for use in Use if use in uses]


PURPOSE = Question(
    "purpose", "To what does the person object?", "choice", offers=can_be_objected_to,
    missing="Choose the purpose. Ask the person which one they mean.",
    help="What rests on a contract or the law is not objected to: it is restricted, or erased.",
)  # fmt: skip


def stop(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    return {case.pk: limits.put_in_force(case, Limit.Ground.OBJECTION, sealed_of(case)["purpose"]) for case in cases}


def absolute(case: Case) -> str:
    is_marketing = sealed_of(case).get("purpose") == Use.MARKETING
    return "An objection to marketing is absolute (GDPR art. 21(3)): nobody decides against it." if is_marketing else ""


@register
class Objection(Right):
    key, label, icon = "objection", "Objection", "front_hand"
    told_by = "answer_limit"
    plainly = Plainly(
        "An objection", "Object to the use of your data",
        "For what we do in our own interest, and not because of a contract or a law. It stops, unless we can show that "
        "our reasons outweigh yours.",
        "limits",
        reason=Words("What in your situation speaks against it? (optional)", "Against news no reason is needed."),
        asks={"purpose": Words("To which use do you object?", wrong="Choose one of the list.")},
    )  # fmt: skip
    cites = ("GDPR art. 21",)
    button, title, submit = "Object", "Take in the objection of {people}", "Stop the processing"
    happens = (
        "It is in force as you confirm, once it is sure who asks: processing for that purpose stops here.",
        "Who holds that compelling grounds override it asks to lift the limit, after telling the person, and another "
        "confirms. Nobody does so for marketing.",
        "Then the person is still to be answered.",
    )
    may = May(ask=OBJECT, decide=OBJECT, deny=OBJECT, cancel=OBJECT, retry=OBJECT, answer=OBJECT, verify=VERIFY)
    risk, proof = Risk.LOW, Verification.proofs(Risk.LOW)
    asks = (Right.asks[0], PURPOSE, *Right.asks[1:])
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    takes_effect, undeniable = stop, absolute
    steps = (StepKind("limits.place", "See that it is in force"), StepKind("receipts.issue", "Write the receipt"))
