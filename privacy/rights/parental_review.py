"""What a parent may ask for (16 CFR 312.6): to see the child's data, and to refuse that it is used further. Their
deletion is an erasure."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from privacy.cases.kinds import register
from privacy.catalogue import Fact, Plainly, Question, Right, Stage
from privacy.duties import limits
from privacy.fulfilment.access import plan_package
from privacy.models import Case, Limit, Verification
from privacy.rights.access import RECIPIENT_KEY, Access
from privacy.selectors import plans, standing
from privacy.selectors.cases import sealed_of

NO_FURTHER_USE = Question(
    "no_further_use", "The parent refuses further collection and use", "switch", required=False,
    help="The account is then frozen here as it is sure that it is the parent, until they take it back.",
)  # fmt: skip


def refuse(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    refusing = [case for case in cases if sealed_of(case).get("no_further_use")]
    return {case.pk: limits.put_in_force(case, Limit.Ground.PARENT, "") for case in refusing}


@register
class ParentalReview(Right):
    key, label, icon = "parental_review", "Parental review", "family_restroom"
    plainly = Plainly("A parent’s look at a child’s data")
    cites = ("16 CFR 312.6",)
    button, title, submit = "Parental review", "Give a parent the data of {people}", "Start the review"
    happens = (
        "It takes that the parent was checked: anybody else gets nothing.",
        "A worker collects the child’s data into a package, which you hand to the parent.",
        "If the parent refuses further use, this database takes nothing new of the account from then on.",
    )
    may = Access.may
    proof = (Verification.GUARDIAN,)
    alone = True
    told_by = "answer_copy"
    asks = (Right.asks[0], NO_FURTHER_USE, *Right.asks[1:], RECIPIENT_KEY)
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    takes_effect = refuse
    plan, dry_run, warns = plan_package, plans.access_plan, standing.alike_in_words
    steps = Access.steps
